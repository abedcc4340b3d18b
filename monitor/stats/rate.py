"""`Rate`: a Shiryaev-Roberts e-detector for 'this happens as often as production allows'.

Null: given the past, the expected x of every unit (the share of its flows in which the edge or field
is present) lies in [low, high]. Bettors of four half lives each predict x from the past, q_hat, and bet
against the rate q* in [low, high] that is nearest to it:

    S(x) = x q_hat / q* + (1 - x) (1 - q_hat) / (1 - q*)        no bet, S = 1, while q_hat is inside

Guarantee: S is linear in x and E[S] <= 1 for every law inside the null (q* is the reverse information
projection onto an interval), so `detector` bounds the false alarms. Only the bets forget, never the
evidence.
"""

from collections.abc import Sequence
from functools import lru_cache
from math import isnan
from typing import Self

from monitor.stats.detector import MAX_EVIDENCE, Detector

HALF_LIVES = (2, 16, 64, 256)
"""In units; without the short one a sudden absence after a long history needs twice the units."""

MAX_SKIPPED = 512
"""At most this many of the units before a stream was first looked at are folded."""

_A = 2.0  # units that the prior prediction is worth
_MARGIN = 1e-12  # an end at 0 or 1 moves so far outwards: a slightly wider null, no division by zero
_BETTORS = tuple((i, 0.5 ** (1.0 / half_life)) for i, half_life in enumerate(HALF_LIVES))
_SHARE = 1.0 / len(HALF_LIVES)


class Rate(Detector):
    """One stream's detector: about 600 bytes, 152 characters when packed."""

    __slots__ = ("_hits", "_weights")

    def __init__(self) -> None:
        super().__init__(len(HALF_LIVES))
        self._hits = [0.0] * len(HALF_LIVES)
        self._weights = [0.0] * len(HALF_LIVES)

    def update(self, x: float, low: float, high: float, prior: float) -> float:
        """Fold one unit, x in [0, 1], and return the evidence against every rate within [low, high].

        The interval and `prior`, production's rate that a bettor without a past leans to, must be known
        before the unit is. Numbers outside [0, 1] are clamped; with a NaN, or low above high, the unit is
        ignored.
        """
        if not (0.0 <= x <= 1.0 and 0.0 <= prior <= 1.0 and low <= high and low < 1.0 and high > 0.0):
            if isnan(x) or isnan(prior) or not low <= high:
                return self.evidence
            x, prior = _clamped(x), _clamped(prior)
            low, high = min(low, 1.0 - _MARGIN), max(high, _MARGIN)
        self._note_onset(self._bet(x, low, high, _A * (0.75 * prior + 0.125)))
        return self.evidence

    def _bet(self, x: float, low: float, high: float, lean: float) -> float:
        """Let every bettor win or lose on x, then learn it; returns the mean S."""
        hits, weights, wealth = self._hits, self._weights, self._wealth
        miss = 1.0 - x
        bets = evidence = 0.0
        for i, decay in _BETTORS:
            c = hits[i]
            n = weights[i]
            q = (c + lean) / (n + _A)
            if low <= q <= high:
                bets += 1.0
            else:
                nearest = low if q < low else high
                bet = x * q / nearest + miss * (1.0 - q) / (1.0 - nearest)
                bets += bet
                wealth[i] = bet * (wealth[i] + 1.0)
            evidence += wealth[i]
            hits[i] = c * decay + x
            weights[i] = n * decay + 1.0
        self.evidence = evidence * _SHARE
        if evidence > MAX_EVIDENCE:
            self._cap()
        return bets * _SHARE

    def update_run(self, xs: Sequence[float], low: float, high: float, prior: float) -> float:
        """Fold the units of one run, all with the bets as they were before it, and return the evidence.

        `bet` is then the product over the run, its e-value. Units of a run share causes that nobody sees: a
        bettor of half life 2 that learnt from the first would win on the others. With four units a run
        that takes false alarms from none to a third of the streams (simulated, 200 runs), while what
        differs in every run is found in as many runs. What `update` ignores is ignored.
        """
        if isnan(prior) or not low <= high:
            return self.evidence
        known = [x for x in xs if not isnan(x)]
        hits, weights, bet = self._hits, self._weights, 1.0
        for x in known:
            self._hits, self._weights = hits.copy(), weights.copy()
            self.update(x, low, high, prior)
            bet = min(bet * self.bet, MAX_EVIDENCE)
        self._hits, self._weights, self.bet = hits, weights, bet
        for x in known:
            self._learn(_clamped(x))
        return self.evidence

    def _learn(self, x: float) -> None:
        for i, decay in _BETTORS:
            self._hits[i] = self._hits[i] * decay + x
            self._weights[i] = self._weights[i] * decay + 1.0

    def skipped(self, n: int, x: float, low: float, high: float, prior: float) -> None:
        """Fold the `n` units before the stream was first looked at (at most MAX_SKIPPED), each with `x`."""
        for _ in range(min(n, MAX_SKIPPED)):
            self.update(x, low, high, prior)

    def pack(self) -> str:
        """The whole state as text, fit for JSON: `unpack` gives back exactly this detector."""
        return self._packed(self._hits + self._weights)

    @classmethod
    def unpack(cls, packed: str) -> Self:
        """The inverse of `pack`; ValueError if it is no packed detector of this kind."""
        rate = cls()
        memory, bettors = rate._restore(packed), len(HALF_LIVES)
        if len(memory) != 2 * bettors:
            raise ValueError(f"a packed Rate remembers {2 * bettors} numbers, not {len(memory)}")
        rate._hits, rate._weights = memory[:bettors], memory[bettors:]
        return rate


@lru_cache(maxsize=65536)
def units_to_tell(
    present: bool, low: float, high: float, prior: float, threshold: float, limit: int = 4096
) -> int:
    """How many units a fresh detector needs to reach `threshold` if every one is the same.

    `present` False: an edge that vanished (every x = 0); True: one that appeared (every x = 1). This is
    the power behind `ok`: with fewer units the verdict is `insufficient`. `limit` + 1 if `limit` units
    do not reach the threshold, so that no number of units up to the limit passes for enough.
    """
    rate = Rate()
    x = 1.0 if present else 0.0
    for unit in range(1, limit + 1):
        if rate.update(x, low, high, prior) >= threshold:
            return unit
    return limit + 1


def _clamped(share: float) -> float:
    return min(max(share, 0.0), 1.0)
