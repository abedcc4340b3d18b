"""Flows that a suite exercised and no longer does: a `Rate` over its complete runs."""

from math import inf
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
SELDOM, RARELY = 1 / 100, 1 / 1300
"""How often a flow that comes by chance may look as if it were lost: to be suspect, and to page. A page takes
7 runs without a flow after 5 in a row with it, 11 after 4, 26 after 3; what one run had is never lost."""
YOUNG = 5
"""After so many runs with a flow it has been missed once is no sign that it comes by chance."""
MAY_MISS = 1
"""Runs in a row that may lack a flow that was there always: a test broke, or its spans got lost."""
MOST_SUITES = 64
"""Suites followed per flow: the ones that ran last."""


class Habit(NamedTuple):
    """How often a suite exercised a flow in the runs up to the last one that did, since the first.

    Shards of a suite, and tests chosen by what changed, exercise a flow now and then: that is no loss.
    longest: most runs in a row without it before it came back. since: log time of the first run without it
    after the last one with it; 0 for none.
    """

    present: int = 0
    until: int = 0
    runs: int = 0
    longest: int = 0
    since: LogTime = LogTime(0)

    def after(self, *, seen: bool, at: LogTime) -> "Habit":
        """The habit with one more run, which began at a log time."""
        runs = self.runs + 1
        if seen:
            return Habit(self.present + 1, runs, runs, max(self.longest, self.gap))
        return self._replace(runs=runs, since=self.since or at)

    @property
    def gap(self) -> int:
        """Runs without the flow since the last one with it."""
        return self.runs - self.until

    @property
    def chance(self) -> float:
        """How often a flow that each run has with one probability, whichever, looks like this at most.

        Of a steady one: in all runs but the last ones. The first run is no evidence: counting begins there.
        """
        again = self.present - 1
        runs = again + self.gap
        return (again / runs) ** again * (self.gap / runs) ** self.gap if runs else 1.0

    @property
    def absent_since(self) -> LogTime | None:
        """Since when the suite lacks the flow for longer than ever before; None: it does not."""
        return self.since if self.since and self.gap > max(self.longest, MAY_MISS) else None

    @property
    def steady(self) -> bool:
        """Whether the flow never came back after it was missed."""
        return self.present == self.until

    @property
    def expected(self) -> Expected:
        """PRESENT of a steady flow, else how often runs had it."""
        if not self.until:
            return Expected(0.0, PRESENT.high, PRESENT.prior)
        if self.steady:
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
                self._feed(suite, stream, whole, at, page, seen=seen)
            self.suites[suite] = stream
            if len(self.suites) > MOST_SUITES:
                oldest = next(iter(self.suites))
                del self.suites[oldest], self.habits[oldest]

    def _feed(
        self, suite: str, stream: RateStream, run: Origin, at: LogTime, page: float, *, seen: bool
    ) -> None:
        habit = self.habits.get(suite, Habit())
        after = self.habits[suite] = habit.after(seen=seen, at=at)
        if seen and habit.gap and habit.steady and habit.present < YOUNG and not stream.firing:
            stream.begin_anew()  # it comes by chance, and that it was missed proves nothing
        may_page = not after.steady or after.chance <= RARELY
        stream.feed([float(seen)], habit.expected, run, at, page if may_page else inf)

    @property
    def absent_since(self) -> LogTime | None:
        """Since when no suite that ever exercised the flow has it; None where one has, or none ever had."""
        absent = [habit.absent_since for habit in self.habits.values()]
        known = [since for since in absent if since is not None]
        return max(known) if known and len(known) == len(absent) else None

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
    proves = not habit.steady or habit.chance <= SELDOM
    return Signal(
        outcome="",
        dimension=NAME,
        severity=SEVERITY,
        subject=f"suite {suite}",
        service="",
        effect=1.0 - mean,
        noise_floor=noise_floor(2, stream.units),
        evidence=stream.detector.evidence if proves else 0.0,
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
