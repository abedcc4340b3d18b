"""Intervals for shares, against scipy and against their definitions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import beta as beta_distribution
from scipy.stats import binom

from monitor.stats.interval import clopper_pearson, widened, wilson

SHARES = st.floats(0.0, 1.0)
COUNTS = st.integers(1, 200_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


def scipy_interval(k: int, n: int, beta: float) -> tuple[float, float]:
    low = beta_distribution.ppf(beta, k, n - k + 1) if k else 0.0
    high = beta_distribution.isf(beta, k + 1, n - k) if k < n else 1.0
    return float(low), float(high)


@given(COUNTS, st.sampled_from([1e-6, 1e-4, 1e-3, 0.05, 0.3]))
def test_the_exact_interval_agrees_with_scipy(counts: tuple[int, int], beta: float) -> None:
    """Both ends agree with scipy's beta quantiles to 1e-9 of their value."""
    assert clopper_pearson(*counts, beta) == pytest.approx(scipy_interval(*counts, beta), rel=1e-9, abs=1e-15)


@pytest.mark.parametrize("counts", [(1, 2), (1, 1_000_000), (500_000, 1_000_000), (999_999, 1_000_000)])
def test_large_counts_lose_no_digits(counts: tuple[int, int]) -> None:
    """A reference of a million traces has an interval as exact as one of ten."""
    assert clopper_pearson(*counts) == pytest.approx(scipy_interval(*counts, 1e-4), rel=1e-9)


@given(COUNTS)
def test_the_ends_are_what_the_definition_says(counts: tuple[int, int]) -> None:
    """At the lower end k or more, at the upper end k or fewer, are seen with probability beta."""
    k, n = counts
    low, high = clopper_pearson(k, n)
    assert k == 0 or binom.sf(k - 1, n, low) == pytest.approx(1e-4, rel=1e-5)
    assert k == n or binom.cdf(k, n, high) == pytest.approx(1e-4, rel=1e-5)


def test_all_and_none_have_a_closed_form() -> None:
    """N of N leaves beta ** (1 / N) at the lower end, none of N the mirror image."""
    assert clopper_pearson(1000, 1000, 1e-4) == pytest.approx((1e-4**0.001, 1.0), rel=1e-15)
    assert clopper_pearson(0, 1000, 1e-4) == pytest.approx((0.0, 1.0 - 1e-4**0.001), rel=1e-12)


def test_nothing_seen_says_nothing() -> None:
    """Without a trace every share is possible."""
    assert clopper_pearson(0, 0) == (0.0, 1.0)
    assert wilson(0.5, 0.0) == (0.0, 1.0)


@pytest.mark.parametrize(("k", "n", "beta"), [(2, 1, 0.1), (-1, 1, 0.1), (0, 1, 0.0), (0, 1, 1.0)])
def test_impossible_counts_are_refused(k: int, n: int, beta: float) -> None:
    """More hits than units, or a probability that is none, is a mistake of the caller."""
    with pytest.raises(ValueError, match="give 0 <= k <= n"):
        clopper_pearson(k, n, beta)


@given(SHARES, SHARES, st.floats(1.0, 100.0))
def test_tolerance_only_widens(one: float, other: float, rho: float) -> None:
    """With a tolerance of at least 1 the interval holds the one without, and stays within [0, 1]."""
    low, high = sorted((one, other))
    lo, hi = widened(low, high, rho)
    assert 0.0 <= lo <= low + 1e-12
    assert high - 1e-12 <= hi <= 1.0


def test_tolerance_is_a_ratio_of_odds() -> None:
    """With rho 3, even odds become one to three and three to one."""
    assert widened(0.5, 0.5, 3.0) == pytest.approx((0.25, 0.75))


def test_tolerance_leaves_certainty_alone() -> None:
    """Odds of 0 and of infinity stay what they are."""
    assert widened(0.0, 1.0, 3.0) == (0.0, 1.0)


@given(SHARES, st.floats(0.1, 1e9))
def test_wilson_holds_the_rate(rate: float, n_eff: float) -> None:
    """The interval holds the rate it was made from."""
    low, high = wilson(rate, n_eff)
    assert 0.0 <= low <= rate + 1e-12
    assert rate - 1e-12 <= high <= 1.0


def test_wilson_matches_its_formula() -> None:
    """One half of 16 units at z = 4 gives .5 minus and plus .5 / sqrt(2)."""
    assert wilson(0.5, 16.0) == pytest.approx((0.5 - 0.5 / 2**0.5, 0.5 + 0.5 / 2**0.5))
