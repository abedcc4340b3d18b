"""What is proven of an effect is never above the truth, and not far below it."""

import numpy as np
import pytest

from monitor.stats.lower_bound import MeanLowerBound, MixLowerBound
from tests.evaluation.traffic import Array, moved, zipf

pytestmark = pytest.mark.slow

STREAMS, RUN, UNITS = 250, 4, 300


def proven(rng: np.random.Generator, p: Array, law: Array, streams: int) -> Array:
    """What is proven after every run of units with this law (streams, runs)."""
    rows, production, one_hot = [], p.tolist(), np.eye(len(p))
    for _ in range(streams):
        bound = MixLowerBound(len(p))
        units = one_hot[rng.choice(len(p), UNITS, p=law)].tolist()
        rows.append([bound.update(units[i : i + RUN], production, 0.0) for i in range(0, UNITS, RUN)])
    return np.array(rows)


@pytest.mark.parametrize(("k", "truth"), [(2, 0.1), (2, 0.3), (4, 0.3)])
def test_a_mix_is_never_farther_than_it_is(k: int, truth: float) -> None:
    """What is proven of a mix exceeds its true distance in at most one stream of 100."""
    found = proven(np.random.default_rng(k), zipf(k), moved(zipf(k), truth), STREAMS)
    assert found.max() <= truth
    assert (found >= truth).any(axis=1).mean() <= 0.01


@pytest.mark.parametrize("sides", [(0.0, 1.0), (0.35, 0.95)])
def test_a_mean_is_never_farther_than_it_is(sides: tuple[float, float]) -> None:
    """What is proven of a mean exceeds its true distance in at most one stream of 100."""
    rng, truth = np.random.default_rng(5), 0.3
    share = (0.5 + truth / 2.0 - sides[0]) / (sides[1] - sides[0])
    passed = 0
    for _ in range(STREAMS):
        xs, bound = np.where(rng.random(UNITS) < share, sides[1], sides[0]).tolist(), MeanLowerBound()
        found = [bound.update(xs[i : i + RUN], 0.0) for i in range(0, UNITS, RUN)]
        assert max(found) <= truth
        passed += max(found) >= truth
    assert passed <= 0.01 * STREAMS


@pytest.mark.parametrize(("truth", "after_100", "after_300"), [(0.3, 0.15, 0.2), (0.5, 0.3, 0.4)])
def test_most_of_the_truth_is_proven(truth: float, after_100: float, after_300: float) -> None:
    """Of a mix .3 away .2 is proven after 300 units, of one .5 away .4 (medians)."""
    found = proven(np.random.default_rng(6), zipf(), moved(zipf(), truth), 60)
    assert np.median(found[:, 100 // RUN - 1]) == after_100
    assert np.median(found[:, -1]) == after_300


def test_a_slow_operation_is_proven_slow() -> None:
    """Of an operation twice as slow (Cliff's delta .57) .4 is proven after 100 units (median)."""
    rng, found = np.random.default_rng(7), []
    for _ in range(60):
        bound, xs = MeanLowerBound(), np.clip(rng.normal(0.78, 0.18, 100), 0.0, 1.0).tolist()
        found.append([bound.update(xs[i : i + RUN], 0.0) for i in range(0, 100, RUN)][-1])
    assert np.median(found) == 0.4
