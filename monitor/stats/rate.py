"""`Rate`: a Shiryaev-Roberts e-detector for 'this happens as often as production allows'.

Null: given the past, the expected x of every unit (the share of its flows in which the edge or field
is present) lies in [low, high]. Bettors of four half lives each predict x from the past, q_hat, and bet
against the rate q* in [low, high] that is nearest to it:

    S(x) = x q_hat / q* + (1 - x) (1 - q_hat) / (1 - q*)        no bet, S = 1, while q_hat is inside
    M <- S (M + 1)                                              evidence: the mean of the bettors' M
    C <- S max(C, 1)                                            onset: S is the mean of the bettors' S

Guarantee: S is linear in x and E[S] <= 1 for every law inside the null, so M - units is a
supermartingale, and n updates of any number of streams, however dependent, bring at most n / A
expected alarms at threshold A. Only the bets forget, never the evidence. Sources: Shin, Ramdas and
Rinaldo, 'E-detectors' (arXiv 2203.03532); q* is the reverse information projection onto an interval.
"""

from collections.abc import Sequence
from functools import lru_cache
from math import isnan
from typing import Self

HALF_LIVES = (2, 16, 64, 256)
"""In units; without the short one a sudden absence after a long history needs twice the units."""

MAX_SKIPPED = 512
"""So many of the units before a stream was first seen are folded, as absences."""

MAX_EVIDENCE = 1e300
"""Beyond it evidence stays where it is: finite, so that it fits JSON."""

_A = 2.0  # units that the prior prediction is worth
_MARGIN = 1e-12  # an end at 0 or 1 moves so far outwards: a slightly wider null, no division by zero
_PACKED = 4 + 3 * len(HALF_LIVES)
_BETTORS = tuple((i, 0.5 ** (1.0 / half_life)) for i, half_life in enumerate(HALF_LIVES))
_SHARE = 1.0 / len(HALF_LIVES)


class Rate:
    """One stream's detector: about 600 bytes, 16 floats when packed.

    `evidence` is M, from 0 to MAX_EVIDENCE; `units` the number of units folded.
    """

    __slots__ = ("_hits", "_onset_evidence", "_unit_before_onset", "_wealth", "_weights", "evidence", "units")

    def __init__(self) -> None:
        self.units = 0
        self.evidence = 0.0
        self._unit_before_onset = 0
        self._onset_evidence = 0.0
        self._hits = [0.0] * len(HALF_LIVES)
        self._weights = [0.0] * len(HALF_LIVES)
        self._wealth = [0.0] * len(HALF_LIVES)

    @property
    def onset_units(self) -> int:
        """Units since C last stood at or below 1, where drift most likely began; 0: nothing hints at it."""
        return self.units - self._unit_before_onset

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
            m = wealth[i] + 1.0
            if low <= q <= high:
                bets += 1.0
            else:
                nearest = low if q < low else high
                bet = x * q / nearest + miss * (1.0 - q) / (1.0 - nearest)
                bets += bet
                m *= bet
            evidence += m
            wealth[i] = m
            hits[i] = c * decay + x
            weights[i] = n * decay + 1.0
        self.evidence = evidence * _SHARE
        if evidence > MAX_EVIDENCE:
            self._cap()
        return bets * _SHARE

    def _cap(self) -> None:
        self._wealth = [min(m, MAX_EVIDENCE) for m in self._wealth]
        self.evidence = min(self.evidence, MAX_EVIDENCE)

    def _note_onset(self, bet: float) -> None:
        """The CUSUM twin C: where it starts anew, a drift would have begun."""
        self.units += 1
        c = self._onset_evidence
        c = bet * c if c > 1.0 else bet
        if c <= 1.0:
            self._unit_before_onset = self.units
        self._onset_evidence = min(c, MAX_EVIDENCE)

    def skipped(self, n: int, low: float, high: float, prior: float) -> None:
        """Fold the `n` units before the stream was first seen (at most MAX_SKIPPED): all absences."""
        for _ in range(min(n, MAX_SKIPPED)):
            self.update(0.0, low, high, prior)

    def pack(self) -> list[float]:
        """The whole state as finite floats, fit for JSON: `unpack` gives back exactly this detector."""
        head = [self.evidence, float(self.units), float(self._unit_before_onset), self._onset_evidence]
        return head + self._hits + self._weights + self._wealth

    @classmethod
    def unpack(cls, packed: Sequence[float]) -> Self:
        """The inverse of `pack`; ValueError if the length is not that of a packed detector."""
        if len(packed) != _PACKED:
            raise ValueError(f"a packed Rate has {_PACKED} numbers, not {len(packed)}")
        rate = cls()
        rate.evidence, units, unit_before_onset, rate._onset_evidence = packed[:4]
        rate.units, rate._unit_before_onset = int(units), int(unit_before_onset)
        rate._hits, rate._weights, rate._wealth = list(packed[4:8]), list(packed[8:12]), list(packed[12:])
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
