"""Intervals for a share: exact from whole counts, Wilson's for weighted ones; tolerance in odds."""

from functools import lru_cache
from math import exp, expm1, lgamma, log, log1p, pi, sqrt


@lru_cache(maxsize=65536)
def clopper_pearson(k: int, n: int, beta: float = 1e-4) -> tuple[float, float]:
    """The share behind `k` of `n`: each end is on the wrong side with probability at most `beta`.

    (0, 1) where nothing was counted; ValueError unless 0 <= k <= n and 0 < beta < 1. Source: Clopper and
    Pearson, Biometrika 26 (1934).
    """
    if not (0 <= k <= n and 0.0 < beta < 1.0):
        raise ValueError(f"no interval for {k} of {n} at beta {beta}: give 0 <= k <= n and 0 < beta < 1")
    return _lower_end(k, n, beta), _upper_end(k, n, beta)


def widened(low: float, high: float, rho: float) -> tuple[float, float]:
    """The interval with tolerance: odds down to 1/`rho` of `low`'s and up to `rho` times `high`'s.

    Odds, since an absolute tolerance cannot serve shares of 99.9 % and of .1 % alike.
    """
    return low / (low + rho * (1.0 - low)), rho * high / (1.0 - high + rho * high)


def wilson(rate: float, n_eff: float, z: float = 4.0) -> tuple[float, float]:
    """The share behind `rate` seen in `n_eff` effective units (Kish), z standard errors to each side.

    (0, 1) where `n_eff` is 0. Source: Wilson, JASA 22 (1927).
    """
    if n_eff <= 0.0:
        return 0.0, 1.0
    shrink = 1.0 + z * z / n_eff
    middle = (rate + z * z / (2.0 * n_eff)) / shrink
    reach = z * sqrt(rate * (1.0 - rate) / n_eff + (z / (2.0 * n_eff)) ** 2) / shrink
    return max(0.0, middle - reach), min(1.0, middle + reach)


def _upper_end(k: int, n: int, beta: float) -> float:
    if k == 0 and n > 0:
        return -expm1(log(beta) / n)
    return 1.0 - _lower_end(n - k, n, beta)


def _lower_end(k: int, n: int, beta: float) -> float:
    """The share p at which k or more of n are seen with probability beta.

    Newton's method on ln P(X >= k) over ln p. The function is increasing and concave, its tangents
    lie above it, so after one step the iterates climb to the root from below and never pass it.
    """
    if k == 0:
        return 0.0
    if k == n:
        return exp(log(beta) / n)
    p = wilson(k / n, n)[0]
    step = 1.0
    while abs(step) > 1e-11:
        tail = _tail(k, n, p)
        step = (log(beta / tail) - _log_pmf(k, n, p)) * tail / k
        p *= exp(step)
    return p


def _tail(k: int, n: int, p: float) -> float:
    """P(X >= k) / P(X = k) for X binomial: a sum of positive terms, falling fast since p < k / n."""
    odds = p / (1.0 - p)
    total = term = 1.0
    for j in range(k + 1, n + 1):
        term *= (n - j + 1) / j * odds
        total += term
        if term < 1e-17 * total:
            break
    return total


def _log_pmf(k: int, n: int, p: float) -> float:
    """Log of P(X = k), X binomial, 0 < k < n, without cancellation at large n (Loader's saddle point)."""
    m = n - k
    stirling = _stirling_error(n) - _stirling_error(k) - _stirling_error(m)
    # Misses exceed m where p < k / n; log1p of that excess keeps the digits that 1 - p has lost.
    deviance = k * log(n * p / k) + m * log1p((k - n * p) / m)
    return stirling + 0.5 * log(n / (2.0 * pi * k * m)) + deviance


def _stirling_error(n: int) -> float:
    """Log of n! less Stirling's formula for it; four terms of its series are exact from 16 on."""
    if n < 16:
        return lgamma(n + 1.0) - (n + 0.5) * log(n) + n - 0.5 * log(2.0 * pi)
    return (1 / 12 - (1 / 360 - (1 / 1260 - 1 / 1680 / n**2) / n**2) / n**2) / n
