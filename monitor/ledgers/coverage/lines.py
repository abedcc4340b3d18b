"""Flows of one side only, as lines of the report: none of them pages."""

from collections.abc import Iterable

from monitor.base.moments import rfc3339
from monitor.base.units import LogTime
from monitor.dimensions.words import share
from monitor.drift.records.coverage import Sums
from monitor.drift.signal import STILL
from monitor.drift.verdict import Examples, State, Verdict
from monitor.ledgers.coverage.about import NAME, SEVERITY

LEAST_SHARE = 0.001
"""Share of production's traffic from which a flow without any test is reported."""
NEVER_TESTED = "never tested"
DEAD = "dead in the reference"


def never_tested(
    missing: Iterable[tuple[str, int]], reference: str, candidate: str, sums: Sums
) -> list[Verdict]:
    """A line per flow with a noticeable share of the reference that no test exercises: never a page.

    missing: (flow, weight). Without any unit of the candidate it is not yet suspect.
    """
    total = sums.reference_weight
    return [
        _line(
            flow,
            State.SUSPECT if sums.units else State.INSUFFICIENT,
            NEVER_TESTED,
            f"{share(part / total)} of the traffic of {reference} goes here and nothing in {candidate} has "
            "exercised it.",
            sums,
        )
        for flow, part in missing
        if part >= LEAST_SHARE * total
    ]


def no_longer(
    dead: Iterable[tuple[str, LogTime | None]], reference: str, candidate: str, sums: Sums
) -> list[Verdict]:
    """A line per flow that tests exercise and the reference does not have; dead: (flow, last seen in ms)."""
    return [
        _line(flow, State.SUSPECT, DEAD, f"{candidate} exercises it and {reference} {_seen(last)}.", sums)
        for flow, last in dead
    ]


def _seen(last: int | None) -> str:
    return "never had it" if last is None else f"had it last at {rfc3339(last)}"


def _line(flow: str, state: State, subject: str, reason: str, sums: Sums) -> Verdict:
    return Verdict(
        flow=flow,
        outcome="",
        dimension=NAME,
        severity=SEVERITY,
        subject=subject,
        service="",
        state=state,
        effect=1.0,
        noise_floor=0.0,
        lower_bound=0.0,
        evidence_log10=0.0,
        reference_n=sums.reference_traces,
        candidate_n=0,
        onset=None,
        moved=STILL.who,
        began_with=STILL.began_with,
        reason=reason,
        examples=Examples(),
    )
