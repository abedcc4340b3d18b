"""When a drift is over: the same detectors, against 'it is still more like the drift'.

What fired is frozen as a witness: the side of a `Rate` or `Mean`, or the categories of a `Mix` that tests
have too often (fed as their share to a `Rate`). From then on a fresh detector is fed with an interval of
this module as its null; at RESOLVED of evidence the drift is over. A drift that goes on lies inside
that null, where nobody bets, so it does not come to an end by waiting.

The null reaches from the drift halfway to the tolerance, not to its end: that a rate is back above
99.8 % takes some thousand units to prove, and nobody waits for them.
"""

from collections.abc import Sequence
from math import sqrt

RESOLVED = 1e3
"""Evidence that a drift is over: at most one in a thousand units of a going drift says so by chance."""

Interval = tuple[float, float]


def still_like(above: bool, low: float, high: float, seen: float) -> Interval:
    """The means that are nearer to the drift than to the tolerated [low, high]: for `Rate` and `Mean`.

    `above` is the side that fired, `seen` the mean since the onset when it fired; the limit is halfway in
    log odds between it and the violated end.
    """
    odds = sqrt(_odds(high if above else low) * _odds(seen))
    limit = odds / (1.0 + odds)
    return (limit, 1.0) if above else (0.0, limit)


def still_excess(production: Sequence[float], witness: Sequence[int], delta: float, seen: float) -> Interval:
    """The shares of the witness categories that are nearer to `seen` than to `delta` above production's.

    For a `Rate` that is fed `share_of` each unit. As production moves the interval does, the witness not.
    """
    return still_like(True, 0.0, share_of(production, witness) + delta, seen)


def share_of(unit: Sequence[float], witness: Sequence[int]) -> float:
    """The share of a unit (or of production) that lies in the witness categories, at most 1.0."""
    return min(1.0, sum(unit[y] for y in witness))


def _odds(rate: float) -> float:
    """Odds between 1 and 99 in 100: what a few units have seen as never or always is known no better."""
    rate = min(max(rate, 0.01), 0.99)
    return rate / (1.0 - rate)
