"""How large a difference is at least: the effect that is proven, next to the one that is seen.

For every distance of DISTANCES one bettor plays against 'tests are no farther than this from production'. Its
wealth W is an e-process: it starts at 1 and W <- S W with E[S | past] <= 1 while that is true, so it ever
reaches PROOF with a probability of at most 1 / PROOF (Ville). A distance is proven while its W and those of
all smaller ones have reached PROOF; so what is proven lies above the truth with that probability too, since
the smallest distance that is not below the truth would have to be proven with it.

It takes nine bets per run: to be created for a stream that is suspect, at any time, and fed from then on.
What went before may have made it suspect, but is no part of this evidence.
"""

from collections.abc import Iterable, Sequence
from math import inf, isnan, prod
from operator import add, mul
from typing import Self

from monitor.stats.detector import MAX_EVIDENCE
from monitor.stats.huber import robust_bet
from monitor.stats.mean import bet_on_mean
from monitor.stats.mix import LEAN_UNITS, MAX_CATEGORIES, predicted
from monitor.stats.packed import packed, unpacked

DISTANCES = (0.02, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5)

PROOF = 100.0
"""Wealth that proves a distance: chance brings it to one in a hundred."""

_KEPT = 0.5 ** (1.0 / 256)  # of what was learnt, per unit: a drift that changes slowly is followed


class MixLowerBound:
    """The total variation between tests and production, at least; about 11 (9 + K) characters when packed.

    A rate is a mix of two categories, units (1 - x, x), and its total variation the difference of the rates.
    """

    __slots__ = ("_counts", "_wealth")

    def __init__(self, categories: int) -> None:
        """Number and order of the categories hold for good; ValueError unless 2 to MAX_CATEGORIES."""
        if not 2 <= categories <= MAX_CATEGORIES:
            raise ValueError(f"{categories} categories: give 2 to {MAX_CATEGORIES}, the rare ones as one")
        self._wealth = [1.0] * len(DISTANCES)
        self._counts = [0.0] * categories

    @property
    def proven(self) -> float:
        """The distance that is proven, 0.0 if none is."""
        return _proven(self._wealth)

    def update(self, run: Iterable[Sequence[float]], production: Sequence[float], error: float) -> float:
        """Fold the units of a run, none of which teaches the bet on the next, and return what is proven.

        Units and `production` are shares of the categories; what does not sum to 1 is scaled to it. `error`:
        how far the reference may be from the truth (`huber.reference_error`). A unit is ignored where a share
        is negative or NaN, or nothing is in it; the run, where that is so of production or the error.
        ValueError if a number of categories is another than at the start.
        """
        run = list(run)
        if any(len(shares) != len(self._counts) for shares in (production, *run)):
            raise ValueError(
                f"a unit, or production, has another number of categories than {len(self._counts)}"
            )
        reference = _proportions(production)
        units = [unit for unit in map(_proportions, run) if unit]
        if not (reference and error >= 0.0):
            return self.proven
        expected = predicted(self._counts, [LEAN_UNITS * p for p in reference])
        for i, distance in enumerate(DISTANCES):
            bet = robust_bet(expected, reference, distance + error)
            if bet is None:
                break
            self._wealth[i] = _after(self._wealth[i], [sum(map(mul, unit, bet)) for unit in units])
        for unit in units:
            self._counts = list(map(add, map(_KEPT.__mul__, self._counts), unit))
        return self.proven

    def pack(self) -> str:
        """The whole state as text, fit for JSON: `unpack` gives back exactly this bound."""
        return packed([], self._wealth + self._counts)

    @classmethod
    def unpack(cls, text: str) -> Self:
        """The inverse of `pack`; ValueError if it is no packed bound of this kind."""
        _, numbers = unpacked(text, 0)
        bound = cls(len(numbers) - len(DISTANCES))
        bound._wealth, bound._counts = numbers[: len(DISTANCES)], numbers[len(DISTANCES) :]
        return bound


class MeanLowerBound:
    """Cliff's delta of x, |2 E[x] - 1|, at least: 0.0 as fast as production, 1.0 always slower or faster."""

    __slots__ = ("_moments", "_wealth")

    def __init__(self) -> None:
        self._wealth = [1.0] * len(DISTANCES)
        self._moments = [1.0, 0.5, 0.5]

    @property
    def proven(self) -> float:
        """The distance that is proven, 0.0 if none is."""
        return _proven(self._wealth)

    def update(self, run: Iterable[float], error: float) -> float:
        """Fold the x in [0, 1] of a run, none of which teaches the bet on the next; returns what is proven.

        `error`: how far production's own mean may be from 1/2 (`Spread.floor`). x outside [0, 1]
        is clamped; a NaN is ignored, and the run if the error is negative or NaN.
        """
        if not error >= 0.0:
            return self.proven
        xs = [min(max(x, 0.0), 1.0) for x in run if not isnan(x)]
        weight, total, squares = self._moments
        mean = total / weight
        for i, distance in enumerate(DISTANCES):
            reach = distance / 2.0 + error
            if abs(mean - 0.5) <= reach:
                break
            bets = [bet_on_mean(x, 0.5 - reach, 0.5 + reach, mean, squares / weight) for x in xs]
            self._wealth[i] = _after(self._wealth[i], bets)
        for x in xs:
            self._moments = [m * _KEPT + new for m, new in zip(self._moments, (1.0, x, x * x), strict=True)]
        return self.proven

    def pack(self) -> str:
        """The whole state as text, fit for JSON: `unpack` gives back exactly this bound."""
        return packed([], self._wealth + self._moments)

    @classmethod
    def unpack(cls, text: str) -> Self:
        """The inverse of `pack`; ValueError if it is no packed bound of this kind."""
        _, numbers = unpacked(text, 0)
        bound, distances = cls(), len(DISTANCES)
        if len(numbers) != distances + 3:
            raise ValueError(f"a packed MeanLowerBound has {distances + 3} numbers, not {len(numbers)}")
        bound._wealth, bound._moments = numbers[:distances], numbers[distances:]
        return bound


def _proven(wealth: Sequence[float]) -> float:
    proven = 0.0
    for distance, reached in zip(DISTANCES, wealth, strict=True):
        if reached < PROOF:
            break
        proven = distance
    return proven


def _after(wealth: float, bets: Sequence[float]) -> float:
    return min(wealth * min(prod(bets), MAX_EVIDENCE), MAX_EVIDENCE)


def _proportions(shares: Sequence[float]) -> list[float] | None:
    total = sum(shares)
    if not (0.0 < total < inf and min(shares) >= 0.0):
        return None
    return [share / total for share in shares]
