"""Running many streams side by side until a threshold: delays and false alarms."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from monitor.stats.interval import clopper_pearson, widened
from tests.evaluation.traffic import Array, Bools

NEVER = np.inf

Update = Callable[[Array], Array]
Restart = Callable[[Bools], None]
Source = Callable[[int], Array]
"""The units of all streams at a time t from 0."""


def first_alarms(update: Update, source: Source, units: int, thresholds: Sequence[float]) -> Array:
    """The unit, from 1, at which each stream reaches each threshold, or NEVER: (thresholds, streams)."""
    levels = np.array(thresholds)[:, None]
    evidence = update(source(0))
    first = np.where(evidence >= levels, 1.0, NEVER)
    for t in range(1, units):
        reached = update(source(t)) >= levels
        first = np.where(reached & (first == NEVER), t + 1.0, first)
    return first


class FalseAlarms(NamedTuple):
    """Alarms at each threshold among so many updates; a stream starts anew after each."""

    updates: int
    alarms: list[int]


def false_alarms(
    make: Callable[[], tuple[Update, Restart]],
    source: Source,
    units: int,
    thresholds: Sequence[float],
) -> FalseAlarms:
    """Alarms of a fleet per threshold; `make` gives its update and its restart, once for each threshold."""
    fleets = [make() for _ in thresholds]
    alarms, updates = [0] * len(thresholds), 0
    for t in range(units):
        x = source(t)
        updates += len(x)
        for i, (update, restart) in enumerate(fleets):
            over = update(x) >= thresholds[i]
            alarms[i] += int(over.sum())
            if over.any():
                restart(over)
    return FalseAlarms(updates, alarms)


def rate_nulls(present: Sequence[int], traces: int, rho: float = 3.0) -> tuple[Array, Array, Array]:
    """low, high and prior of streams whose edge is in so many of the production traces."""
    nulls = {k: widened(*clopper_pearson(k, traces), rho) for k in set(present)}
    low, high = np.array([nulls[k] for k in present]).T
    # Ends at exactly 0 or 1 move outwards, as in the product.
    return np.minimum(low, 1.0 - 1e-12), np.maximum(high, 1e-12), np.array(present) / traces


def told(first: Array) -> str:
    """Median delay in units, with the share of streams that were reported where it is not all."""
    share = float(np.isfinite(first).mean())
    if share == 0.0:
        return "none"
    middle = float(np.median(first[np.isfinite(first)]))
    return f"{middle:.0f}" if share == 1.0 else f"{middle:.0f} ({100 * share:.0f} %)"
