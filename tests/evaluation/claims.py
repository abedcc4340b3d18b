"""The claims that carry the design, each a function that fails where it does not hold.

Every claim takes the part of the design that it depends on as an argument: `test_claims.py` calls it with
the design, `test_controls.py` with that part broken.
"""

from collections.abc import Callable

import numpy as np

from monitor.stats.huber import reference_error
from tests.evaluation.fleet import MeanFleet, MixFleet, RateFleet
from tests.evaluation.streams import FalseAlarms, Restart, Update, false_alarms, first_alarms, rate_nulls
from tests.evaluation.traffic import Array, categories, coins, moved, references, zipf

TRACES = 20_000
DELTA = 0.1
RUN_UNITS = 4
"""Evidence units of one run and path, at most."""


def null_mix(
    rng: np.random.Generator,
    streams: int,
    units: int,
    thresholds: list[float],
    delta: float = DELTA,
    tv: float = 0.08,
) -> FalseAlarms:
    """Half of the streams like production, half at a tolerated difference; own references."""
    p = zipf()
    production = references(rng, p, TRACES, streams)
    laws = np.where(np.arange(streams)[:, None] % 2, p, moved(p, tv))
    tolerance = np.full(streams, delta + (reference_error(8, TRACES) if delta else 0.0))

    def make() -> tuple[Update, Restart]:
        fleet = MixFleet(production, tolerance)
        return fleet.update, fleet.restart

    return false_alarms(make, lambda _: categories(rng, laws, streams), units, thresholds)


def null_rate(
    rng: np.random.Generator, streams: int, units: int, thresholds: list[float], rho: float = 3.0
) -> FalseAlarms:
    """Edges of all rates, counted in production and then seen in tests at twice or half the odds."""
    truth = rng.choice([0.0, 0.0005, 0.005, 0.05, 0.4, 0.9, 0.995, 1.0], streams)
    low, high, prior = rate_nulls([int(k) for k in rng.binomial(TRACES, truth)], TRACES, rho)
    factor = rng.choice([0.5, 1.0, 2.0], streams)
    rates = factor * truth / (1.0 - truth + factor * truth)

    def make() -> tuple[Update, Restart]:
        fleet = RateFleet(low, high, prior)
        return fleet.update, fleet.restart

    return false_alarms(make, lambda _: coins(rng, rates, streams), units, thresholds)


def null_mean(
    rng: np.random.Generator, streams: int, units: int, thresholds: list[float], tau: float = 0.1
) -> FalseAlarms:
    """Operations whose mean PIT is off by up to .08, either way."""
    means = rng.uniform(0.42, 0.58, streams)

    def make() -> tuple[Update, Restart]:
        fleet = MeanFleet(streams, 0.5 - tau, 0.5 + tau)
        return fleet.update, fleet.restart

    return false_alarms(make, lambda _: rng.beta(3 * means, 3 * (1 - means)), units, thresholds)


Null = Callable[[np.random.Generator, int, int, list[float]], FalseAlarms]

NULLS: dict[str, Null] = {"rate": null_rate, "mix": null_mix, "mean": null_mean}


def quiet_fleet(streams: int = 700, units: int = 1000, per_stream: bool = False) -> None:
    """One threshold, from all updates of the fleet: at most three false pages where one is budgeted."""
    rng = np.random.default_rng(11)
    updates = 3 * streams * units
    threshold = 100.0 if per_stream else max(1e6, float(updates))
    pages = sum(null(rng, streams, units, [threshold]).alarms[0] for null in NULLS.values())
    assert pages <= 3, f"{pages} false pages in {updates:,} updates"


def tolerated_differences(delta: float = DELTA, rho: float = 3.0, tau: float = 0.1) -> None:
    """No page in fleets whose tests differ by less than the tolerance."""
    rng, streams, units = np.random.default_rng(12), 300, 2000
    found = {
        "mix": null_mix(rng, streams, units, [1e6], delta).alarms[0],
        "rate": null_rate(rng, streams, units, [1e6], rho).alarms[0],
        "mean": null_mean(rng, streams, units, [1e6], tau).alarms[0],
    }
    assert sum(found.values()) <= 1, f"tolerated differences were paged: {found}"


def repeats(
    rng: np.random.Generator, streams: int, runs: int, averaged: bool, cases: int = 4, times: int = 10
) -> Array:
    """Runs until a false alarm at 1e6, where every case of a run is repeated and does the same again."""
    p = zipf()
    production = np.broadcast_to(p, (streams, 8))
    fleet = MixFleet(production, np.full(streams, DELTA + reference_error(8, TRACES)))

    def run(_: int) -> Array:
        drawn = [categories(rng, p, streams) for _ in range(cases)]
        fed = [unit for unit in drawn for _ in range(1 if averaged else times)]
        return np.asarray(np.max([fleet.update(unit) for unit in fed], axis=0))

    first: Array = first_alarms(lambda x: x, run, runs, [1e6])[0]
    return first


def repeated_traces(averaged: bool = True) -> None:
    """Repeats of a case are one unit: no false alarm in 100 runs of 40 traces at production's own mix."""
    alarms = np.isfinite(repeats(np.random.default_rng(13), 200, 100, averaged)).mean()
    assert alarms <= 0.005, f"{100 * alarms:.0f} % of the streams alarm falsely"


def common_cause(
    rng: np.random.Generator, streams: int, runs: int, units: int, rate: float, frozen: bool = True
) -> Array:
    """Runs until a false alarm at 3e7, where all units of a run are the same, at production's rate.

    `frozen`: bets are those before the run, else they learn from each of its units.
    """
    fleet = RateFleet(*rate_nulls([round(rate * TRACES)] * streams, TRACES))

    def run(_: int) -> Array:
        x = coins(rng, rate, streams)
        if frozen:
            return fleet.update_run(x, units)
        return np.asarray(np.max([fleet.update(x) for _ in range(units)], axis=0))

    first: Array = first_alarms(lambda x: x, run, runs, [3e7])[0]
    return first


def capped_runs(units: int = RUN_UNITS, frozen: bool = True) -> None:
    """Cases of a run that share a cause are at most four units: no false alarm in 200 runs."""
    rng = np.random.default_rng(14)
    for rate in (0.95, 0.5, 0.01):
        alarms = np.isfinite(common_cause(rng, 200, 200, units, rate, frozen)).mean()
        assert alarms <= 0.01, f"{100 * alarms:.1f} % of the streams alarm falsely at rate {rate}"


def bound_at_the_boundary(streams: int = 200, units: int = 1500) -> dict[str, FalseAlarms]:
    """At the very end of every null, n updates bring at most n / A alarms (three standard errors more)."""
    rng, thresholds = np.random.default_rng(15), [1e3, 1e4, 1e5]
    found = {name: null(rng, streams, units, thresholds) for name, null in BOUNDARIES.items()}
    for name, (updates, alarms) in found.items():
        for threshold, n in zip(thresholds, alarms, strict=True):
            bound = updates / threshold
            assert n <= bound + 3.0 * bound**0.5, f"{name}: {n} alarms at {threshold:g}, bound {bound:g}"
    return found


def boundary_rate(rng: np.random.Generator, streams: int, units: int, thresholds: list[float]) -> FalseAlarms:
    """Tests exactly at an end of the tolerated interval."""
    low, high, prior = rate_nulls([500] * streams, 1000)
    rates = np.where(np.arange(streams) % 2, low, high)

    def make() -> tuple[Update, Restart]:
        fleet = RateFleet(low, high, prior)
        return fleet.update, fleet.restart

    return false_alarms(make, lambda _: coins(rng, rates, streams), units, thresholds)


def boundary_mix(rng: np.random.Generator, streams: int, units: int, thresholds: list[float]) -> FalseAlarms:
    """Tests at exactly delta from a production that is known exactly."""
    production, law = np.broadcast_to(zipf(), (streams, 8)), moved(zipf(), DELTA)

    def make() -> tuple[Update, Restart]:
        fleet = MixFleet(production, np.full(streams, DELTA))
        return fleet.update, fleet.restart

    return false_alarms(make, lambda _: categories(rng, law, streams), units, thresholds)


def boundary_mean(rng: np.random.Generator, streams: int, units: int, thresholds: list[float]) -> FalseAlarms:
    """Tests at exactly .5 + tau, of the widest law: 0 or 1."""

    def make() -> tuple[Update, Restart]:
        fleet = MeanFleet(streams, 0.4, 0.6)
        return fleet.update, fleet.restart

    return false_alarms(make, lambda _: coins(rng, 0.6, streams), units, thresholds)


BOUNDARIES: dict[str, Null] = {"rate": boundary_rate, "mix": boundary_mix, "mean": boundary_mean}
