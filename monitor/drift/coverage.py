"""Coverage: which flows of production the tests exercise, and which flows of the tests production has.

Three answers: never exercised, and dead in production, are facts read from counts; lost (tests had it and
no longer do) is a `Rate` over complete runs of one suite with the null 'missed in at most 5 % of runs'.
"""

from typing import Any, Self

from monitor.base.units import LogTime
from monitor.drift.signal import Dimension, Signal
from monitor.drift.stream import Expected, RateStream
from monitor.stats.effects import noise_floor
from monitor.stats.rate import units_to_tell

PRESENT = Expected(low=0.95, high=1.0, prior=1.0)
"""A flow that a suite has may be missing in 5 % of its complete runs."""
LEAST_SHARE = 0.001
"""Share of production's traffic from which a flow without any test is reported."""
DEAD_AFTER = 1000
"""Production traces without a flow before it counts as dead: its share is then under 0.5 % at 99 %."""


MOST_SUITES = 64
"""Suites followed per flow: the ones that ran last."""


class Coverage:
    """Per suite: in which complete runs a flow was seen."""

    __slots__ = ("suites",)

    def __init__(self) -> None:
        self.suites: dict[str, RateStream] = {}

    def feed(self, suite: str, run: str, *, seen: bool, at: LogTime, page: float) -> None:
        """Fold one complete run of `suite`; a suite counts from the first run that had the flow.

        A run that is said to be complete twice in a row counts once. page: evidence at which it fires.
        """
        if seen or suite in self.suites:
            stream = self.suites.pop(suite, RateStream())
            if stream.batch != run:
                stream.feed([float(seen)], PRESENT, run, at, page)
            self.suites[suite] = stream
            if len(self.suites) > MOST_SUITES:
                del self.suites[next(iter(self.suites))]

    def signals(self, warn: float) -> list[Signal]:
        """One signal per suite that ever exercised the flow."""
        return [_signal(suite, stream, warn) for suite, stream in self.suites.items()]

    def pack(self) -> list[Any]:
        """Plain lists for JSON."""
        return [[suite, stream.pack()] for suite, stream in self.suites.items()]

    @classmethod
    def unpack(cls, plain: list[Any]) -> Self:
        """The coverage that `pack` packed."""
        coverage = cls()
        coverage.suites = {suite: RateStream.unpack(stream) for suite, stream in plain}
        return coverage


def _signal(suite: str, stream: RateStream, warn: float) -> Signal:
    mean = stream.mean if stream.mean is not None else 1.0
    runs = stream.detector.units
    return Signal(
        outcome="",
        dimension=Dimension.COVERAGE,
        subject=f"suite {suite}",
        service="",
        effect=1.0 - mean,
        noise_floor=noise_floor(2, stream.units),
        evidence=stream.detector.evidence,
        beyond=mean < PRESENT.low,
        reference_n=0,
        candidate_n=runs,
        missing=max(0, units_to_tell(False, *PRESENT.null, warn) - runs),
        firing=stream.firing,
        lower_bound=stream.lower_bound,
        onset=stream.onset,
        says=_says(suite, stream),
    )


def _says(suite: str, stream: RateStream) -> str:
    missed = stream.units - round(stream.total)
    if missed == 0:
        return f"The last complete run of suite {suite} exercised this flow."
    of = "complete run" if stream.units == 1 else f"{stream.units:,} complete runs"
    return f"Suite {suite} exercised this flow before; {missed:,} of its last {of} did not."
