"""The robust bet: fair for the worst law within the tolerance, and a bet where there is one to make."""

from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linprog

from monitor.stats.huber import reference_error, robust_bet


class Case(NamedTuple):
    """A prediction and production's proportions."""

    predicted: list[float]
    production: list[float]


def scaled(weights: list[float]) -> list[float]:
    return [w / sum(weights) for w in weights]


def proportions(k: int) -> st.SearchStrategy[list[float]]:
    weight = st.floats(1e-6, 1.0) | st.sampled_from([0.0, 1.0])
    return st.lists(weight, min_size=k, max_size=k).filter(lambda ws: sum(ws) > 0.0).map(scaled)


CASES = st.integers(2, 16).flatmap(lambda k: st.builds(Case, proportions(k), proportions(k)))
DELTAS = st.floats(0.0, 1.0)


def distance(one: list[float], other: list[float]) -> float:
    return sum(abs(q - p) for q, p in zip(one, other, strict=True)) / 2


def worst_mean(bet: list[float], production: list[float], delta: float) -> float:
    """The largest E[S] over the ball: delta moves from the smallest S to the largest."""
    mean, left = sum(s * p for s, p in zip(bet, production, strict=True)), delta
    for s, p in sorted(zip(bet, production, strict=True)):
        moved = min(p, left)
        mean, left = mean + moved * (max(bet) - s), left - moved
    return mean


@given(CASES, DELTAS)
def test_no_law_within_the_tolerance_is_expected_to_gain(case: Case, delta: float) -> None:
    """E[S] <= 1 for the worst law of the ball."""
    bet = robust_bet(*case, delta)
    if bet is not None:
        assert min(bet) >= 0.0
        assert worst_mean(bet, case.production, delta) <= 1.0 + 1e-9


@pytest.mark.parametrize("seed", range(20))
def test_the_worst_law_is_the_worst(seed: int) -> None:
    """A linear programme over all laws of the ball finds none that gains more, and E[S] = 1 for one."""
    rng = np.random.default_rng(seed)
    p, q = rng.dirichlet([1.0] * 6), rng.dirichlet([0.3] * 6)
    bet = robust_bet(q.tolist(), p.tolist(), 0.05)
    assert bet is not None
    ones, zeros = np.ones((1, 6)), np.zeros((1, 6))
    # Laws p + up - down, with as much added as taken, at most .05 of it, and no more taken than there is.
    best = linprog(
        c=np.concatenate([-np.array(bet), bet]),
        A_ub=np.hstack([zeros, ones]),
        b_ub=[0.05],
        A_eq=np.hstack([ones, -ones]),
        b_eq=[0.0],
        bounds=[(0.0, 1.0)] * 6 + [(0.0, share) for share in p],
    )
    assert float(p @ np.array(bet) - best.fun) == pytest.approx(1.0, abs=1e-7)


@given(CASES, DELTAS)
def test_there_is_a_bet_where_the_prediction_is_outside(case: Case, delta: float) -> None:
    """No bet inside the ball; outside, the prediction itself is expected to gain."""
    apart = distance(*case)
    bet = robust_bet(*case, delta)
    if apart < delta - 1e-9:
        assert bet is None
    if apart > delta + 1e-6:
        assert bet is not None
        assert sum(s * q for s, q in zip(bet, case.predicted, strict=True)) > 1.0


@pytest.mark.parametrize(
    ("n", "error"),
    [(0.0, 1.0), (100.0, 0.291), (1e3, 0.0922), (1e4, 0.0292), (1e5, 0.0092), (float("nan"), 1.0)],
)
def test_a_small_reference_widens_the_tolerance(n: float, error: float) -> None:
    """The error of a reference of n traces over eight categories, wrong once in a thousand."""
    assert reference_error(8, n) == pytest.approx(error, rel=0.01)
