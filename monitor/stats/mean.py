"""`Mean`: an e-detector for 'the mean of x lies within the tolerance', x in [0, 1] of any law.

Null: given the past, the expected x of every unit lies in [low, high]. Bettors of three half lives each
follow the mean m and the variance v of the past, and where m is above `high` bet

    S(x) = 1 + b (x - high),    b = min((m - high) / (v + (m - high)^2), .95 / high)

and mirrored where m is below `low`; no bet in between. E[S] <= 1 since S is linear in x and is 1 at the
violated end; b is close to the fastest growing choice. Source: Waudby-Smith and Ramdas, 'Estimating means
of bounded random variables by betting' (JRSSB 86, 2024; arXiv 2010.09686), aGRAPA with the prior of its
section 5: one unit of mean 1/2 and variance 1/4.
"""

from collections.abc import Sequence
from functools import lru_cache
from math import ceil, copysign, floor, isnan
from typing import Self

from monitor.stats.detector import MAX_EVIDENCE, Detector

HALF_LIVES = (16, 64, 256)
"""In units."""

_BETTORS = tuple((i, 0.5 ** (1.0 / half_life)) for i, half_life in enumerate(HALF_LIVES))
_COUNT = len(HALF_LIVES)
_ROUNDING = 1e-9
_AT_STAKE = 0.95  # of the wealth is at stake, so one unit never ruins a bettor


class Mean(Detector):
    """One stream's detector: 152 characters when packed."""

    __slots__ = ("_squares", "_sums", "_weights")

    def __init__(self) -> None:
        super().__init__(_COUNT)
        self._weights = [1.0] * _COUNT
        self._sums = [0.5] * _COUNT
        self._squares = [0.5] * _COUNT

    def update(self, x: float, low: float, high: float) -> float:
        """Fold one unit, x in [0, 1], and return the evidence against every mean within [low, high].

        The interval must be known before the unit is. x outside [0, 1] is clamped; with a NaN, or low above
        high, the unit is ignored.
        """
        return self.update_run((x,), low, high)

    def update_run(self, xs: Sequence[float], low: float, high: float) -> float:
        """Fold the units of one run, all with the bets as they were before it, and return the evidence.

        `bet` is then the product over the run (see `Rate.update_run`). What `update` ignores is ignored.
        """
        if not low <= high:
            return self.evidence
        known = [x if 0.0 <= x <= 1.0 else min(max(x, 0.0), 1.0) for x in xs if not isnan(x)]
        bet = 1.0
        for x in known:
            self._settle(self._bets(x, low, high))
            bet = min(bet * self.bet, MAX_EVIDENCE)
        self.bet = bet
        for x in known:
            self._learn(x)
        return self.evidence

    def _bets(self, x: float, low: float, high: float) -> list[float]:
        """S of every bettor."""
        bets = []
        for n, total, squares in zip(self._weights, self._sums, self._squares, strict=True):
            mean = total / n
            bets.append(1.0 if low <= mean <= high else bet_on_mean(x, low, high, mean, squares / n))
        return bets

    def _learn(self, x: float) -> None:
        weights, sums, squares = self._weights, self._sums, self._squares
        for i, decay in _BETTORS:
            weights[i] = weights[i] * decay + 1.0
            sums[i] = sums[i] * decay + x
            squares[i] = squares[i] * decay + x * x

    @property
    def level(self) -> float:
        """The mean of the past as the slowest bettor remembers it; .5 before the first unit."""
        return self._sums[-1] / self._weights[-1]

    def pack(self) -> str:
        """The whole state as text, fit for JSON: `unpack` gives back exactly this detector."""
        return self._packed(self._weights + self._sums + self._squares)

    @classmethod
    def unpack(cls, packed: str) -> Self:
        """The inverse of `pack`; ValueError if it is no packed detector of this kind."""
        mean = cls()
        memory = mean._restore(packed)
        if len(memory) != 3 * _COUNT:
            raise ValueError(f"a packed Mean remembers {3 * _COUNT} numbers, not {len(memory)}")
        mean._weights, mean._sums, mean._squares = (memory[i : i + _COUNT] for i in (0, _COUNT, 2 * _COUNT))
        return mean


def bet_on_mean(x: float, low: float, high: float, mean: float, square: float) -> float:
    """S of a bettor that has seen this `mean`, outside [low, high], and this mean of squares, `square`."""
    variance = max(square - mean * mean, 0.0)
    if mean > high:
        excess, room, gain = mean - high, high, x - high
    else:
        excess, room, gain = low - mean, 1.0 - low, low - x
    if room <= 0.0:
        return 1.0
    return 1.0 + min(excess / (variance + excess * excess), _AT_STAKE / room) * gain


def units_to_tell(
    low: float, high: float, mean: float, variance: float, threshold: float, limit: int = 4096
) -> int:
    """How many units a fresh detector needs to reach `threshold` if x has this mean and variance.

    This is the power behind `ok`: with fewer units the verdict is `insufficient`. `limit` + 1 if `limit`
    units do not reach the threshold. The units take two values as evenly as they can: the end of [0, 1] on
    the mean's side of 1/2, and one on its other side; a larger variance than that allows is cut. The
    tolerance is taken to the next hundredth outwards, so that few questions are asked anew.
    """
    coarse = floor(100.0 * low + _ROUNDING) / 100.0, ceil(100.0 * high - _ROUNDING) / 100.0
    return _units_to_tell(*coarse, mean, variance, threshold, limit)


@lru_cache(maxsize=4096)
def _units_to_tell(
    low: float, high: float, mean: float, variance: float, threshold: float, limit: int
) -> int:
    end = 1.0 if mean >= 0.5 else 0.0
    room = abs(end - mean)
    spread = min(variance, mean * (1.0 - mean))
    other = mean - copysign(spread / room, end - mean) if room else end
    share = spread / (spread + room * room) if room else 1.0
    detector, due = Mean(), 0.5
    for unit in range(1, limit + 1):
        due += share
        x = end if due >= 1.0 else other
        due -= due >= 1.0
        if detector.update(x, low, high) >= threshold:
            return unit
    return limit + 1
