"""How often a trace makes a call, where spans get lost: runs of tests, folded as the auditor folds them."""

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from monitor.base.units import DAY_MS, LogTime
from monitor.dimensions.dimension import SLOTS
from monitor.dimensions.fanout import FANOUT
from monitor.drift.detectors.presence import PresenceDetector
from monitor.fingerprints.days import Days
from monitor.fingerprints.snapshot import Snapshot
from monitor.fingerprints.tally import Tally
from monitor.fingerprints.units import Origin, Unit
from monitor.flows.flow import Flow
from tests.evaluation.streams import NEVER
from tests.rows import row

CALL = "db SELECT items"
LOST = 0.05
"""The share of spans that gets lost."""


class Loop(NamedTuple):
    """Calls of a trace in production and in the tests, and whose spans get lost."""

    production: int
    tests: int
    by_production: bool = False
    by_tests: bool = True

    def __str__(self) -> str:
        losing = [
            name for name, loses in (("production", self.by_production), ("tests", self.by_tests)) if loses
        ]
        return f"{self.production} -> {self.tests}, lost by {' and '.join(losing) or 'nobody'}"


ALIKE = (1, 2, 3, 4, 7, 8, 11, 16, 31)
FAITHFUL = [Loop(n, n, *who) for n in ALIKE for who in ((False, True), (True, False), (True, True))]
"""Tests that make a call as often as production: whatever is found is false."""
DIFFERENT = [Loop(*calls) for calls in ((11, 1), (2, 1), (8, 4), (16, 8), (1, 2), (1, 16))]
"""Tests that make it half as often, once, or in a loop: what loss must not hide."""


@lru_cache(maxsize=64)
def _flow(shown: int) -> Flow:
    return row(0, calls=[CALL] * shown)


def _shown(rng: np.random.Generator, calls: int, loses: bool, traces: int) -> Iterator[Flow]:
    """Traces with so many calls, of which some get lost."""
    return (_flow(int(n)) for n in rng.binomial(calls, 1.0 - LOST * loses, traces))


def production(rng: np.random.Generator, loop: Loop, traces: int) -> Snapshot:
    """What is known of so many traces."""
    days = Days()
    for flow in _shown(rng, loop.production, loop.by_production, traces):
        days.observe(flow)
    return Snapshot.take(days, 7 * DAY_MS, LogTime(0))


def units_until_told(
    rng: np.random.Generator, loop: Loop, most: int, allowed: float = LOST, page: float = 1e6
) -> float:
    """Evidence units (of one trace, four a run) until any level fires; NEVER within `most` units.

    allowed: the share of lost spans that the auditor knows of, where the tests lose some.
    """
    known, detector = production(rng, loop, 20_000), PresenceDetector(FANOUT)
    lost = {"": allowed} if loop.by_tests else {}
    for number in range(most // SLOTS):
        units = [_unit(flow) for flow in _shown(rng, loop.tests, loop.by_tests, SLOTS)]
        detector.feed(units, known, Origin(f"ci-{number}", 0), LogTime(number), page, lost=lost)
        if any(stream.firing for stream in detector.streams.values()):
            return SLOTS * (number + 1.0)
    return NEVER


def _unit(flow: Flow) -> Unit:
    tally = Tally()
    tally.observe(flow)
    return Unit((tally,))
