"""The verdict `ok` has the power that it claims: units_to_tell against simulated streams."""

import numpy as np
import pytest

from monitor.stats import mean, mix
from monitor.stats.timing import TWICE_AS_SLOW
from tests.evaluation.fleet import MeanFleet, MixFleet
from tests.evaluation.slowness import CHANGED, Machine, production, units
from tests.evaluation.streams import first_alarms
from tests.evaluation.traffic import Array, categories, moved, zipf

pytestmark = pytest.mark.slow

STREAMS, UNITS = 100, 700
FACTOR = 1.35
"""Predicted units and the median of simulated ones differ by at most this factor in the hardest case."""


def hardest(k: int, delta: float, effect: float) -> tuple[Array, Array]:
    """Half of the categories gain, from below 1/2 to above it."""
    below = max(0.0, 0.5 - (delta + effect) / 2.0)
    half = np.arange(k) < k // 2
    p, law = (
        np.where(half, share / half.sum(), (1.0 - share) / (~half).sum()) for share in (below, below + effect)
    )
    return p, law


def median_units(p: Array, law: Array, delta: float, threshold: float) -> float:
    rng = np.random.default_rng(1)
    fleet = MixFleet(np.broadcast_to(p, (STREAMS, len(p))), np.full(STREAMS, delta))
    first = first_alarms(fleet.update, lambda _: categories(rng, law, STREAMS), UNITS, [threshold])
    return float(np.median(first))


@pytest.mark.parametrize("k", [2, 4, 8, 16])
@pytest.mark.parametrize("delta", [0.05, 0.1, 0.25])
def test_the_hardest_mix_takes_as_many_units_as_predicted(k: int, delta: float) -> None:
    """The hardest mix takes the predicted units within a factor of 1.35 (median)."""
    predicted = mix.units_to_tell(k, delta, delta + 0.2, 1e3)
    simulated = median_units(*hardest(k, delta, delta + 0.2), delta, 1e3)
    assert predicted / FACTOR <= simulated <= predicted * FACTOR


@pytest.mark.parametrize("receivers", [1, 4])
@pytest.mark.parametrize("delta", [0.1, 0.25])
def test_other_mixes_are_told_no_later(receivers: int, delta: float) -> None:
    """What has enough units for the hardest case has enough for the others: most are reported by then."""
    predicted = mix.units_to_tell(8, delta, delta + 0.2, 1e3)
    assert median_units(zipf(), moved(zipf(), delta + 0.2, receivers), delta, 1e3) <= predicted


@pytest.mark.parametrize("tau", [0.1])
@pytest.mark.parametrize("threshold", [1e3, 1e6])
def test_an_operation_twice_as_slow_takes_as_many_units_as_predicted(tau: float, threshold: float) -> None:
    """An operation twice as slow takes the predicted units within a factor of 1.4 (median): more, if any."""
    rng = np.random.default_rng(2)
    known = production(rng, 2000)
    x = np.array([units(rng, known, 2.0, Machine(), 200, 1)[:, CHANGED] for _ in range(15)])
    assert x.mean() == pytest.approx(TWICE_AS_SLOW[0], abs=0.02)
    assert x.var() == pytest.approx(TWICE_AS_SLOW[1], abs=0.01)
    fleet = MeanFleet(len(x), 0.5 - tau, 0.5 + tau)
    simulated = np.median(first_alarms(fleet.update, lambda t: x[:, t], x.shape[1], [threshold]))
    predicted = mean.units_to_tell(0.5 - tau, 0.5 + tau, *TWICE_AS_SLOW, threshold)
    assert predicted / 1.4 <= simulated <= predicted
