"""When a drift is over: soon after it ended, never by waiting."""

import random

import pytest

from monitor.stats.interval import clopper_pearson, widened
from monitor.stats.mean import Mean
from monitor.stats.mix import Mix
from monitor.stats.rate import Rate
from monitor.stats.resolve import RESOLVED, share_of, still_excess, still_like


@pytest.mark.parametrize("traces", [1000, 20_000])
@pytest.mark.parametrize(("always", "drift"), [(True, 0.0), (False, 1.0)])
def test_structure_that_is_back_resolves_in_a_few_units(traces: int, always: bool, drift: float) -> None:
    """An edge that was missing (or new) in every unit of the drift is over within 15 units without it."""
    production = float(always)
    low, high = widened(*clopper_pearson(traces * always, traces), 3.0)
    null = still_like(not always, low, high, drift)
    rate = Rate()
    for _ in range(3000):
        assert rate.update(drift, *null, production) < RESOLVED
    while rate.evidence < RESOLVED:
        rate.update(production, *null, production)
    assert rate.units - 3000 <= 15


def test_a_drift_that_only_weakens_goes_on() -> None:
    """An edge that is back in a third of the units, not in all, does not resolve."""
    low, high = widened(*clopper_pearson(1000, 1000), 3.0)
    null, rng, rate = still_like(False, low, high, 0.0), random.Random(1), Rate()
    assert all(rate.update(float(rng.random() < 0.3), *null, 1.0) < RESOLVED for _ in range(1000))


def test_the_limit_lies_between_drift_and_tolerance() -> None:
    """The limit of resolving lies halfway between drift and tolerance in log odds."""
    assert still_like(False, 0.9986, 1.0, 0.0) == pytest.approx((0.0, 0.5))
    assert still_like(True, 0.0, 0.0014, 1.0) == pytest.approx((0.5, 1.0))
    assert still_like(True, 0.1, 0.2, 0.8) == pytest.approx((0.5, 1.0))


def test_a_mix_that_is_back_resolves() -> None:
    """The categories that were too many are watched: while they stay so nothing, soon after they went."""
    p, shifted, rng = (0.4, 0.3, 0.2, 0.1), (0.1, 0.3, 0.2, 0.4), random.Random(5)
    mix = Mix(4)
    while mix.evidence < 1e6:
        mix.update((0.0, 0.0, 1.0, 0.0), p, 0.1)
    witness, rate = mix.witness(), Rate()
    assert witness == (2,)
    null, prior = still_excess(p, (3,), 0.1, 0.4), share_of(p, (3,))
    assert null == pytest.approx((0.29, 1.0), abs=0.01)
    for y in rng.choices(range(4), shifted, k=1000):
        assert rate.update(float(y == 3), *null, prior) < RESOLVED
    for y in rng.choices(range(4), p, k=400):
        rate.update(float(y == 3), *null, prior)
    assert rate.evidence >= RESOLVED


@pytest.mark.parametrize(("above", "drift"), [(True, 0.83), (False, 0.17)])
def test_timing_that_is_back_resolves(above: bool, drift: float) -> None:
    """Timing that is back at production's resolves, whether it was slower or faster."""
    null, mean = still_like(above, 0.4, 0.6, drift), Mean()
    assert all(mean.update(drift, *null) < RESOLVED for _ in range(2000))
    assert any(mean.update(0.5, *null) >= RESOLVED for _ in range(200))


def test_everything_is_at_most_everything() -> None:
    """Shares and their limits stay within 1."""
    assert share_of((0.5, 0.3, 0.2 + 1e-12), (0, 1, 2)) == 1.0
    assert still_excess((0.6, 0.4), (0,), 0.9, 1.0) == pytest.approx((0.99, 1.0))
