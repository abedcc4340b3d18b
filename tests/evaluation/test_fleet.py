"""The vectorised detectors are those of the product, stream by stream."""

import numpy as np
import pytest

from monitor.stats.interval import clopper_pearson, widened
from monitor.stats.mean import Mean
from monitor.stats.mix import Mix
from monitor.stats.rate import Rate
from tests.evaluation.fleet import MeanFleet, MixFleet, RateFleet
from tests.evaluation.traffic import categories, coins

STREAMS, UNITS = 200, 120


def test_rates_are_equal() -> None:
    """The fleet of rates has the product's evidence on 200 streams of all rates."""
    rng = np.random.default_rng(1)
    priors, rates = rng.integers(0, 1001, STREAMS) / 1000, rng.random(STREAMS)
    nulls = [widened(*clopper_pearson(round(p * 1000), 1000), 3.0) for p in priors]
    low, high = np.array(nulls).T
    fleet, scalars = RateFleet(low, high, priors), [Rate() for _ in priors]
    for _ in range(UNITS):
        x = coins(rng, rates, STREAMS)
        evidence = fleet.update(x)
        scalar = [rate.update(float(x[n]), *nulls[n], float(priors[n])) for n, rate in enumerate(scalars)]
        assert evidence == pytest.approx(scalar, rel=1e-9)
    assert evidence.max() > 1e6


def test_rates_of_whole_runs_are_equal() -> None:
    """The fleet of rates has the product's evidence on 200 streams of runs of three units."""
    rng = np.random.default_rng(4)
    null = widened(*clopper_pearson(990, 1000), 3.0)
    fleet = RateFleet(np.full(STREAMS, null[0]), np.full(STREAMS, null[1]), np.full(STREAMS, 0.99))
    scalars, rates = [Rate() for _ in range(STREAMS)], rng.random(STREAMS)
    for _ in range(20):
        x = coins(rng, rates, STREAMS)
        fleet.update_run(x, 3)
        scalar = [rate.update_run([float(x[n])] * 3, *null, 0.99) for n, rate in enumerate(scalars)]
        assert fleet.wealth.mean(axis=1) == pytest.approx(scalar, rel=1e-9)


def test_mixes_are_equal() -> None:
    """The fleet of mixes has the product's evidence on 200 streams of eight categories."""
    rng = np.random.default_rng(2)
    production = rng.dirichlet(np.full(8, 0.7), STREAMS)
    production[:50, 7] = 0.0
    production /= production.sum(axis=1, keepdims=True)
    delta = rng.choice([0.02, 0.05, 0.1, 0.3], STREAMS)
    laws = np.where(np.arange(STREAMS)[:, None] % 2, production, rng.dirichlet(np.ones(8), STREAMS))
    fleet, scalars = MixFleet(production, delta), [Mix(8) for _ in delta]
    plain = [tuple(row) for row in production.tolist()]
    for _ in range(UNITS):
        units = (categories(rng, laws, STREAMS) + categories(rng, laws, STREAMS)) / 2.0
        evidence = fleet.update(units)
        rows = units.tolist()
        scalar = [mix.update(rows[n], plain[n], float(delta[n])) for n, mix in enumerate(scalars)]
        assert evidence == pytest.approx(scalar, rel=1e-6)
    assert np.median(evidence[::2]) > 1e3


def test_means_are_equal() -> None:
    """The fleet of means has the product's evidence on 200 streams on both sides of the tolerance."""
    rng = np.random.default_rng(3)
    fleet, scalars = MeanFleet(STREAMS, 0.4, 0.6), [Mean() for _ in range(STREAMS)]
    means = rng.uniform(0.2, 0.8, STREAMS)
    for _ in range(UNITS):
        x = rng.beta(3.0 * means, 3.0 * (1.0 - means))
        evidence = fleet.update(x)
        scalar = [mean.update(float(x[n]), 0.4, 0.6) for n, mean in enumerate(scalars)]
        assert evidence == pytest.approx(scalar, rel=1e-9)
    assert evidence.max() > 1e6
