"""Flows that a suite exercised and no longer does: a `Rate` over its complete runs."""

from typing import Any, NamedTuple, Self

from monitor.base.units import LogTime
from monitor.drift.detectors.stream import Expected, RateStream
from monitor.drift.signal import Signal
from monitor.fingerprints.units import Origin
from monitor.ledgers.coverage.about import NAME, SEVERITY
from monitor.stats.effects import noise_floor
from monitor.stats.interval import clopper_pearson
from monitor.stats.rate import units_to_tell

PRESENT = Expected(low=0.95, high=1.0, prior=1.0)
"""A flow that a suite has may be missing in 5 % of its complete runs."""
HABITUAL = 5
"""Runs in a row, from the first one with a flow, after which a suite is taken to have it always. A flow that
comes by chance, in three runs of ten, is in that many and then in none of seven once in 1,500 times."""
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
    def steady(self) -> bool:
        """Whether the flow never came back after it was missed."""
        return self.present == self.until

    @property
    def expected(self) -> Expected:
        """PRESENT of a steady flow that is habitual, else how often runs had it."""
        if self.steady and self.until >= HABITUAL:
            return PRESENT
        if not self.until:
            return Expected(0.0, PRESENT.high, PRESENT.prior)
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
        return [_signal(suite, stream, self.habits[suite], warn) for suite, stream in self.suites.items()]

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


def _signal(suite: str, stream: RateStream, habit: Habit, warn: float) -> Signal:
    mean = stream.mean if stream.mean is not None else 1.0
    runs = stream.detector.units
    expected = habit.expected
    always = PRESENT if habit.steady else expected
    missing = max(0, units_to_tell(False, *always.null, warn) - runs)
    return Signal(
        outcome="",
        dimension=NAME,
        severity=SEVERITY,
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
    before = f"Suite {suite} exercised this flow before"
    if stream.units == 1:
        return f"{before}; its last complete run did not."
    return f"{before}; {missed:,} of its last {stream.units:,} complete runs did not."
