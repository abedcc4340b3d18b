"""When a drift is over: the same detectors, against 'it is still beyond the tolerance'.

What fired is frozen as a witness: the side of a `Rate` or `Mean`, or the categories of a `Mix` that tests
have too often. From then on a fresh `Rate` (or `Mean`) of the witness is fed, with one of the intervals of
this module as its null; at RESOLVED of evidence the drift is over. A drift that goes on lies inside
that null, where nobody bets, so it does not come to an end by waiting.
"""

from collections.abc import Sequence
from math import sqrt

RESOLVED = 1e3
"""Evidence that a drift is over: at most one in a thousand units of a going drift says so by chance."""

Interval = tuple[float, float]


def still_beyond(above: bool, low: float, high: float) -> Interval:
    """The means that are still beyond the tolerance [low, high], on the side that fired: for `Mean`."""
    return (high, 1.0) if above else (0.0, low)


def still_like(above: bool, low: float, high: float, seen: float) -> Interval:
    """The rates that are still nearer to the drift than to the tolerance: for `Rate`.

    `seen` is the mean since the onset when it fired; the limit is halfway, in log odds, between it and the
    violated end of [low, high]. 'Back inside the tolerance' itself is no null for structure: to prove that
    a rate is above 99.8 % takes some thousand units, and nobody waits for them.
    """
    end = high if above else low
    odds = sqrt(_odds(end) * _odds(seen))
    limit = odds / (1.0 + odds)
    return (limit, 1.0) if above else (0.0, limit)


def still_excess(production: Sequence[float], witness: Sequence[int], delta: float) -> Interval:
    """The shares of the witness categories that are still `delta` above production's: for `Mix`.

    Feed a `Rate` with `share_of` each unit. As production moves, the interval does; the witness does not.
    """
    return min(1.0, share_of(production, witness) + delta), 1.0


def share_of(unit: Sequence[float], witness: Sequence[int]) -> float:
    """The share of a unit (or of production) that lies in the witness categories, at most 1.0."""
    return min(1.0, sum(unit[y] for y in witness))


def _odds(rate: float) -> float:
    """Odds between 1 and 99 in 100: what a few units have seen as never or always is known no better."""
    rate = min(max(rate, 0.01), 0.99)
    return rate / (1.0 - rate)
