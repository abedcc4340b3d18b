"""How soon differences are reported, for every primitive, as streams side by side."""

from collections.abc import Callable

import numpy as np

from monitor.stats.rate import Rate
from monitor.stats.resolve import RESOLVED, still_excess, still_like
from tests.evaluation.fleet import MixFleet, RateFleet
from tests.evaluation.streams import Update, first_alarms, rate_nulls
from tests.evaluation.traffic import CATEGORIES, Array, categories, coins, moved, references, zipf

Make = Callable[[Array], Update]
"""A detector or gate for streams of this production (streams, K)."""


def mix(delta: float) -> Make:
    """`Mix` at a fixed tolerance, production known exactly."""
    return lambda production: MixFleet(production, np.full(len(production), delta)).update


def mix_delays(
    rng: np.random.Generator,
    make: Make,
    law: Array,
    thresholds: list[float],
    streams: int = 200,
    history: int = 0,
    units: int = 1500,
) -> Array:
    """Units until `law` is distinguished from production, after `history` units like production."""
    p = zipf(len(law))
    update = make(np.broadcast_to(p, (streams, len(p))))
    for _ in range(history):
        update(categories(rng, p, streams))
    return first_alarms(update, lambda _: categories(rng, law, streams), units, thresholds)


def rate_delays(
    rng: np.random.Generator,
    production: float,
    test: float,
    thresholds: list[float],
    traces: int,
    streams: int = 100,
) -> Array:
    """Units until an edge that production has at one rate and tests at another is reported."""
    fleet = RateFleet(*rate_nulls([round(production * traces)] * streams, traces))
    return first_alarms(fleet.update, lambda _: coins(rng, test, streams), 1500, thresholds)


def structure_units(traces: int, appears: bool, history: int, threshold: float) -> int:
    """Units until an edge that appears or vanishes is reported, after a history of its contrary."""
    low, high, prior = (float(each[0]) for each in rate_nulls([0 if appears else traces], traces))
    rate, x = Rate(), float(appears)
    for _ in range(history):
        rate.update(1.0 - x, low, high, prior)
    while rate.update(x, low, high, prior) < threshold:
        pass
    return rate.units - history


def small_reference(rng: np.random.Generator, traces: int, delta: float, streams: int = 200) -> float:
    """Share of streams that alarm at 3e5 within 3,000 units like production, known from few traces."""
    p = zipf()
    fleet = MixFleet(references(rng, p, traces, streams), np.full(streams, delta))
    first = first_alarms(fleet.update, lambda _: categories(rng, p, streams), 3000, [3e5])
    return float(np.isfinite(first).mean())


def daily_cycle(
    rng: np.random.Generator, delta: float, amplitude: float, nightly: bool = False, streams: int = 100
) -> float:
    """Share of streams that alarm at 1e6 in 21 days, when the mix swings around production's by the hour.

    Ten units an hour all day; `nightly`: only in the hour in which it is farthest off.
    """
    production = moved(zipf(), amplitude)
    swing, days, hours = production - zipf(), 21, [6] if nightly else range(24)
    sines = np.repeat(np.tile(np.sin(2.0 * np.pi * np.array(hours) / 24.0), days), 10)
    fleet = MixFleet(np.broadcast_to(production, (streams, CATEGORIES)), np.full(streams, delta))

    def unit(t: int) -> Array:
        return categories(rng, production + swing * sines[t], streams)

    return float(np.isfinite(first_alarms(fleet.update, unit, len(sines), [1e6])).mean())


def mix_resolved(rng: np.random.Generator, tv: float, back: float, streams: int = 200) -> tuple[float, Array]:
    """Share closed within 1,000 units while still at `tv`, and units to close after going back to `back`."""
    p, delta = zipf(), 0.1
    law = moved(p, tv)
    witness = [int(y) for y in np.flatnonzero(law > p)]
    low, high = still_excess(p.tolist(), witness, delta, float(law[witness].sum()))
    fleet = RateFleet(np.full(streams, low), np.full(streams, high), np.full(streams, p[witness].sum()))
    going = first_alarms(fleet.update, lambda _: coins(rng, law[witness].sum(), streams), 1000, [RESOLVED])
    rate = moved(p, back)[witness].sum()
    over = first_alarms(fleet.update, lambda _: coins(rng, rate, streams), 1000, [RESOLVED])
    return float(np.isfinite(going).mean()), over[0]


def structure_resolved(traces: int, drift: float) -> int:
    """Units to close after an edge that all production has, gone in all but `drift` of tests, is back."""
    low, high, prior = (float(each[0]) for each in rate_nulls([traces], traces))
    null, rate = still_like(False, low, high, drift), Rate()
    for _ in range(200):
        rate.update(drift, *null, prior)
    while rate.update(1.0, *null, prior) < RESOLVED:
        pass
    return rate.units - 200
