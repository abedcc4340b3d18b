"""The best bet against 'within total variation delta of p': a likelihood ratio, clipped at both ends.

Huber's least favourable pair (Ann. Math. Statist. 36, 1965): between the prediction q and the ball around p
the robust bet is S(y) = clip(q(y) / p(y), c1, c2), where

    c2 = max over A of Q(A) / (P(A) + delta)
    c1 = min over A with P(A) > delta of Q(A) / (P(A) - delta)

and A runs over the categories with the largest (smallest) ratios. The worst law of the ball moves delta
from where S is c1 to where it is c2, and even then E[S] = 1. As an e-process, also when every
conditional law lies somewhere else in the ball: Saha and Ramdas (arXiv 2408.14015).
"""

from collections.abc import Sequence
from math import inf, log, pi, sqrt
from operator import truediv

Shares = Sequence[float]

Order = Sequence[int]
"""Categories by rising ratio q / p."""

_MARGIN = 1e-12  # keeps bets finite where delta and a probability are 0: a slightly wider null


def robust_bet(predicted: Sequence[float], production: Sequence[float], delta: float) -> list[float] | None:
    """S(y) per category, or None for no bet: the prediction lies within `delta` of production, so c2 <= 1.

    Both are probabilities of the same categories, each with sum 1.
    """
    ratios = _ratios(predicted, production)
    rising = sorted(range(len(ratios)), key=ratios.__getitem__)
    high = _ceiling(rising, ratios, predicted, production, delta + _MARGIN)
    if high <= 1.0:
        return None
    low = _floor(rising, ratios, predicted, production, delta + _MARGIN)
    return [low if ratio < low else high if ratio > high else ratio for ratio in ratios]


def _ratios(predicted: Shares, production: Shares) -> list[float]:
    try:
        return list(map(truediv, predicted, production))
    except ZeroDivisionError:
        pairs = zip(predicted, production, strict=True)
        return [q / p if p > 0.0 else inf if q > 0.0 else 1.0 for q, p in pairs]


def _ceiling(rising: Order, ratios: Shares, predicted: Shares, production: Shares, delta: float) -> float:
    """c2: from the largest ratio down, it rises with every category to the best set, then falls."""
    q_sum, p_sum = 0.0, delta
    best = 0.0
    for y in reversed(rising):
        if ratios[y] <= best:
            break
        q_sum += predicted[y]
        p_sum += production[y]
        best = q_sum / p_sum
    return best


def _floor(rising: Order, ratios: Shares, predicted: Shares, production: Shares, delta: float) -> float:
    """c1: from the smallest ratio up, it falls from the first set with more than delta, then rises."""
    q_sum, p_sum = 0.0, -delta
    best = inf
    for y in rising:
        if ratios[y] >= best:
            break
        q_sum += predicted[y]
        p_sum += production[y]
        if p_sum > 0.0:
            best = q_sum / p_sum
    return best


def reference_error(categories: int, n_eff: float, beta: float = 1e-3) -> float:
    """The distance that a reference of `n_eff` effective units (Kish) keeps from the truth, but for `beta`.

    sqrt((K - 1) / (2 pi N)) + sqrt(ln(1 / beta) / (2 N)), at most 1.0: the mean of the total variation and
    McDiarmid's bound on its excess. To be added to the tolerance.
    """
    if not n_eff > 0.0:
        return 1.0
    return min(1.0, sqrt((categories - 1) / (2.0 * pi * n_eff)) + sqrt(log(1.0 / beta) / (2.0 * n_eff)))
