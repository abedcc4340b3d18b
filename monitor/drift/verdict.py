"""The verdict: what people see of a signal, with the reason."""

from collections.abc import Iterable
from enum import StrEnum
from math import log10

import msgspec

from monitor.base.units import LogTime
from monitor.dimensions.dimension import Severity
from monitor.drift.policy import Policy
from monitor.drift.signal import STILL, Movement, Mover, Signal


class State(StrEnum):
    """From best to worst known: what a reader may conclude."""

    OK = "ok"
    ACCEPTED = "accepted"
    INSUFFICIENT = "insufficient"
    SUSPECT = "suspect"
    DRIFT = "drift"

    @property
    def rank(self) -> int:
        """Larger is worse."""
        return _RANKS[self]


_RANKS = {state: rank for rank, state in enumerate(State)}


class Examples(msgspec.Struct, frozen=True):
    """Ids (hex) of traces of each side that had the path."""

    reference: tuple[str, ...] = ()
    candidate: tuple[str, ...] = ()

    def sides(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Those of each side, with its name."""
        return (("reference", self.reference), ("candidate", self.candidate))


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the report, and of the records of the verdicts topic.

    What each field means stands in `Signal` and (who moved) in `Movement`; onset: log time in ms.
    missing_units: how many more evidence units it needs before silence means `ok`.
    """

    flow: str
    outcome: str
    dimension: str
    severity: Severity = Severity.WARNS
    subject: str
    service: str
    state: State
    effect: float
    noise_floor: float
    lower_bound: float
    evidence_log10: float
    reference_n: int
    candidate_n: int
    onset: LogTime | None
    moved: Mover
    began_with: str = ""
    reason: str
    examples: Examples
    missing_units: int = 0
    seen_by: str = ""


def strength(verdict: Verdict) -> tuple[int, float, str]:
    """Of several lines the one with the greatest speaks: in an event, and in the metric beside it."""
    return verdict.state.rank, verdict.evidence_log10, verdict.subject


def state_of(signal: Signal, policy: Policy) -> State:
    """The state that one signal supports (statistics 1.8).

    Rule 1: what fired drifts until it is over (`drift.detectors.stream`); where a dimension only reports, it
    is suspect at most. Rule 2: the warn threshold and an effect beyond the tolerance make it suspect. Rule 3:
    'ok' is a claim: it needs power, and no effect beyond the tolerance, proven or not.
    """
    if signal.firing:
        return State.SUSPECT if signal.severity is Severity.REPORTS else State.DRIFT
    if signal.beyond and signal.evidence >= policy.warn:
        return State.SUSPECT
    return State.INSUFFICIENT if signal.missing or signal.beyond else State.OK


def _reason(signal: Signal, state: State) -> str:
    """What the signal says, and for an effect that is seen but not proven, that it is not."""
    if signal.beyond and state is State.INSUFFICIENT:
        return f"{signal.says} That is not proven yet: more test runs of this flow would decide."
    return signal.says


def verdict(
    signal: Signal, flow: str, policy: Policy, examples: Examples, movement: Movement = STILL
) -> Verdict:
    """The signal as a line of the report; what moved is named where it is suspect or drifts."""
    state = state_of(signal, policy)
    if state not in (State.SUSPECT, State.DRIFT):
        movement = STILL
    return Verdict(
        flow=flow,
        outcome=signal.outcome,
        dimension=signal.dimension,
        severity=signal.severity,
        subject=signal.subject,
        service=signal.service,
        state=state,
        effect=round(signal.effect, 6),
        noise_floor=round(signal.noise_floor, 6),
        lower_bound=signal.lower_bound,
        evidence_log10=round(log10(signal.evidence), 3) if signal.evidence > 1 else 0.0,
        reference_n=signal.reference_n,
        candidate_n=signal.candidate_n,
        onset=signal.onset,
        moved=movement.who,
        began_with=movement.began_with,
        reason=" ".join(filter(None, (_reason(signal, state), movement.says))),
        examples=examples,
        missing_units=signal.missing,
        seen_by=signal.seen_by,
    )


def score(verdicts: Iterable[Verdict]) -> float:
    """Drift score of a flow, 0..1: the largest effect of what is suspect or drifts and can page."""
    found = (v for v in verdicts if v.state in (State.SUSPECT, State.DRIFT))
    return max((v.effect for v in found if v.severity is Severity.PAGES), default=0.0)


def shown(verdicts: list[Verdict]) -> list[Verdict]:
    """What a report shows of one path and dimension: every finding, else the line for the path."""
    findings = [v for v in verdicts if v.subject and v.state.rank >= State.INSUFFICIENT.rank]
    return sorted(findings, key=lambda v: (-v.state.rank, v.subject)) or [
        v for v in verdicts if not v.subject
    ]
