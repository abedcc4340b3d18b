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
from math import isnan
from typing import Self

from monitor.stats.detector import HEAD, MAX_EVIDENCE, Detector

HALF_LIVES = (16, 64, 256)
"""In units."""

_BETTORS = tuple((i, 0.5 ** (1.0 / half_life)) for i, half_life in enumerate(HALF_LIVES))
_COUNT = len(HALF_LIVES)
_PACKED = HEAD + 4 * _COUNT
_MOST = 0.95  # of the wealth is at stake, so one unit never ruins a bettor


class Mean(Detector):
    """One stream's detector: 16 floats when packed."""

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
            bets.append(1.0 if low <= mean <= high else _bet(x, low, high, mean, squares / n))
        return bets

    def _learn(self, x: float) -> None:
        weights, sums, squares = self._weights, self._sums, self._squares
        for i, decay in _BETTORS:
            weights[i] = weights[i] * decay + 1.0
            sums[i] = sums[i] * decay + x
            squares[i] = squares[i] * decay + x * x

    def pack(self) -> list[float]:
        """The whole state as finite floats, fit for JSON: `unpack` gives back exactly this detector."""
        return self._pack_head() + self._weights + self._sums + self._squares + self._wealth

    @classmethod
    def unpack(cls, packed: Sequence[float]) -> Self:
        """The inverse of `pack`; ValueError if the length is not that of a packed detector."""
        if len(packed) != _PACKED:
            raise ValueError(f"a packed Mean has {_PACKED} numbers, not {len(packed)}")
        mean = cls()
        mean._unpack_head(packed[:HEAD])
        rows = [list(packed[start : start + _COUNT]) for start in range(HEAD, _PACKED, _COUNT)]
        mean._weights, mean._sums, mean._squares, mean._wealth = rows
        return mean


def _bet(x: float, low: float, high: float, mean: float, square: float) -> float:
    """S of one bettor that has seen this mean and this mean of squares; outside [low, high]."""
    variance = max(square - mean * mean, 0.0)
    if mean > high:
        excess, room, gain = mean - high, high, x - high
    else:
        excess, room, gain = low - mean, 1.0 - low, low - x
    if room <= 0.0:
        return 1.0
    return 1.0 + min(excess / (variance + excess * excess), _MOST / room) * gain
