"""Coverage: which flows of production the tests exercise, and which flows of the tests production has.

Three answers: never exercised, and dead in production, are facts read from counts; lost (tests had it and
no longer do) is a `Rate` over complete runs of one suite with the null 'missed in at most 5 % of runs'.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Self

from monitor.base.moments import rfc3339
from monitor.base.units import LogTime
from monitor.dimensions.dimension import Headlines, Severity
from monitor.dimensions.words import share
from monitor.drift.detectors.stream import Expected, RateStream
from monitor.drift.signal import STILL, Signal
from monitor.drift.verdict import State, Verdict
from monitor.fingerprints.units import Origin
from monitor.ledgers.ledger import Fleet, Ledger, ratio
from monitor.stats.effects import noise_floor
from monitor.stats.interval import clopper_pearson
from monitor.stats.missing_mass import missing_mass_upper
from monitor.stats.rate import units_to_tell

PRESENT = Expected(low=0.95, high=1.0, prior=1.0)
"""A flow that a suite has may be missing in 5 % of its complete runs."""
LEAST_SHARE = 0.001
"""Share of production's traffic from which a flow without any test is reported."""
DEAD_AFTER = 1000
"""Production traces without a flow before it counts as dead: its share is then under 0.5 % at 99 %."""
NEVER_TESTED = "never tested"
DEAD = "dead in the reference"
Sums = Mapping[str, Any]
"""Sums over the flows of a comparison."""
MOST_SUITES = 64
"""Suites followed per flow: the ones that ran last."""


class Habit(NamedTuple):
    """How often a suite exercised a flow in the runs up to the last one that did, since the first.

    Shards of a suite, and tests chosen by what changed, exercise a flow now and then: that is no loss.
    """

    present: int = 0
    until: int = 0
    runs: int = 0

    def after(self, *, seen: bool) -> "Habit":
        """The habit with one more run."""
        runs = self.runs + 1
        return Habit(self.present + 1, runs, runs) if seen else self._replace(runs=runs)

    @property
    def expected(self) -> Expected:
        """PRESENT of a flow that was never missed and came back, else what it was missed."""
        if self.present == self.until:
            return PRESENT
        low = clopper_pearson(self.present, self.until)[0]
        return Expected(min(low, PRESENT.low), PRESENT.high, self.present / self.until)


class Account:
    """What is known of one flow, per suite: in which complete runs it was seen."""

    __slots__ = ("habits", "suites")

    def __init__(self) -> None:
        self.suites: dict[str, RateStream] = {}
        self.habits: dict[str, Habit] = {}

    def feed(self, suite: str, run: str, *, seen: bool, at: LogTime, page: float) -> None:
        """Fold one complete run of `suite`; a suite counts from the first run that had the flow.

        A run that is said to be complete twice in a row counts once. page: evidence at which it fires.
        """
        if seen or suite in self.suites:
            stream = self.suites.pop(suite, RateStream())
            whole = Origin(run, 0)
            if stream.batch != whole:
                habit = self.habits.get(suite, Habit())
                stream.feed([float(seen)], habit.expected, whole, at, page)
                self.habits[suite] = habit.after(seen=seen)
            self.suites[suite] = stream
            if len(self.suites) > MOST_SUITES:
                oldest = next(iter(self.suites))
                del self.suites[oldest], self.habits[oldest]

    def updates(self, suite: str) -> int:
        """How many detector updates a complete run of this suite makes."""
        return int(suite in self.suites)

    def exercised(self, suite: str) -> bool:
        """Whether the last complete runs of a suite exercised this flow."""
        stream = self.suites.get(suite)
        return stream is not None and stream.mean != 0.0

    def signals(self, warn: float) -> list[Signal]:
        """One signal per suite that ever exercised the flow."""
        return [
            _signal(suite, stream, self.habits[suite].expected, warn) for suite, stream in self.suites.items()
        ]

    def pack(self) -> list[Any]:
        """Plain lists for JSON."""
        return [[suite, stream.pack(), list(self.habits[suite])] for suite, stream in self.suites.items()]

    @classmethod
    def unpack(cls, plain: list[Any]) -> Self:
        """The account that `pack` packed."""
        account = cls()
        account.suites = {suite: RateStream.unpack(stream) for suite, stream, _ in plain}
        account.habits = {suite: Habit(*habit) for suite, _, habit in plain}
        return account


def _signal(suite: str, stream: RateStream, expected: Expected, warn: float) -> Signal:
    mean = stream.mean if stream.mean is not None else 1.0
    runs = stream.detector.units
    missing = max(0, units_to_tell(False, *expected.null, warn) - runs)
    return Signal(
        outcome="",
        dimension=COVERAGE.name,
        severity=COVERAGE.severity,
        subject=f"suite {suite}",
        service="",
        effect=1.0 - mean,
        noise_floor=noise_floor(2, stream.units),
        evidence=stream.detector.evidence,
        beyond=not expected.allows(mean),
        reference_n=0,
        candidate_n=runs,
        missing=missing,
        firing=stream.firing,
        lower_bound=stream.lower_bound,
        onset=stream.onset,
        says=_says(suite, stream, missing),
    )


def _says(suite: str, stream: RateStream, missing: int) -> str:
    missed = stream.units - round(stream.total)
    if missed == 0:
        claim = f"The last complete run of suite {suite} exercised this flow"
        return f"{claim}; {missing:,} more would show that it always does." if missing else f"{claim}."
    of = "complete run" if stream.units == 1 else f"{stream.units:,} complete runs"
    return f"Suite {suite} exercised this flow before; {missed:,} of its last {of} did not."


def _section(fleet: Fleet) -> dict[str, Any]:
    """Ratios are None where their denominator is 0."""
    sums = fleet.sums
    weight = sums.get("reference_weight", 0)
    return {
        "flows": ratio(sums.get("covered_flows", 0), sums.get("reference_flows", 0)),
        "traffic": ratio(sums.get("covered_weight", 0), weight),
        "failures": ratio(sums.get("covered_failing_weight", 0), sums.get("failing_weight", 0)),
        "faithful": ratio(sums.get("faithful_weight", 0), weight),
        "unknown_mass": missing_mass_upper(
            sums.get("paths_seen_once", 0), sums.get("paths_seen_twice", 0), sums.get("reference_traces", 0)
        ),
        "missing": [[flow, ratio(part, weight)] for flow, part in fleet.missing],
        "dead": list(_dead(fleet)),
        "out_of_scope": [
            [flow, ratio(part, weight + sums.get("out_of_scope_weight", 0)), *decision]
            for flow, part, *decision in fleet.out_of_scope
        ],
    }


def _dead(fleet: Fleet) -> Sequence[Sequence[Any]]:
    """Flows without production count as dead only once production has shown enough of itself."""
    return fleet.dead if fleet.sums.get("reference_traces", 0) >= DEAD_AFTER else ()


def _lines(fleet: Fleet) -> Iterator[Verdict]:
    yield from _never_tested(fleet)
    for flow, last in _dead(fleet):
        reason = f"{fleet.candidate} exercises it and {fleet.reference} {_seen(last)}."
        yield _line(flow, State.SUSPECT, DEAD, reason, fleet.sums)


def _never_tested(fleet: Fleet) -> Iterator[Verdict]:
    """A line per flow with a noticeable share of the reference that no test exercises: never a page.

    Without any unit of the candidate it is not yet suspect.
    """
    total = fleet.sums.get("reference_weight", 0)
    state = State.SUSPECT if fleet.sums.get("units", 0) > 0 else State.INSUFFICIENT
    for flow, part in fleet.missing:
        if part >= LEAST_SHARE * total:
            reason = (
                f"{share(part / total)} of the traffic of {fleet.reference} goes here and nothing in "
                f"{fleet.candidate} has exercised it."
            )
            yield _line(flow, state, NEVER_TESTED, reason, fleet.sums)


def _seen(last: int | None) -> str:
    return "never had it" if last is None else f"had it last at {rfc3339(last)}"


def _line(flow: str, state: State, subject: str, reason: str, sums: Sums) -> Verdict:
    return Verdict(
        flow=flow,
        outcome="",
        dimension=COVERAGE.name,
        severity=COVERAGE.severity,
        subject=subject,
        service="",
        state=state,
        effect=1.0,
        noise_floor=0.0,
        lower_bound=0.0,
        evidence_log10=0.0,
        reference_n=sums.get("reference_traces", 0),
        candidate_n=0,
        onset=None,
        moved=STILL.who,
        began_with=STILL.began_with,
        reason=reason,
        examples={"reference": [], "candidate": []},
    )


COVERAGE = Ledger(
    name="coverage",
    asks="do tests exercise the flow, and still do where they did?",
    remedy="Run the tests that exercised the flow, or write one; see the flow's example traces.",
    severity=Severity.PAGES,
    alert="FlowCoverageLost",
    headlines=Headlines(
        pending="Tests may no longer exercise {flow}",
        firing="Tests no longer exercise {flow}",
        resolved="Tests exercise {flow} again",
    ),
    account=Account,
    section=_section,
    lines=_lines,
    listed={"missing": NEVER_TESTED, "dead": DEAD},
    blind="Whether a test that exercises a flow also checks what it does.",
)
