"""What `Rate`, `Mix` and `Mean` share: the books of a Shiryaev-Roberts e-detector.

A bet S >= 0 is fixed before its unit is seen and has E[S | past] <= 1 for every law inside the null.

    M <- S (M + 1)          evidence: the mean of the bettors' M, over all times when a drift may have begun
    C <- S max(C, 1)        onset: S is the mean of the bettors' S; evidence from the likeliest beginning

Guarantee: M - units is a supermartingale, so n updates of any number of streams, however dependent, bring
at most n / A expected alarms at threshold A (each followed by a restart). The same holds for C, which is
smaller than an M of its own. Source: Shin, Ramdas and Rinaldo, 'E-detectors' (arXiv 2203.03532).

Which of the two to compare with a threshold: M sums over beginnings, so it grows by one with every unit
even when nobody bets: for a threshold of 1e6 and more that is a small head start; a threshold of 1e3 it
passes by itself after a thousand clean units. C stays at 1 without bets, and counts only what
the units of one beginning have proven: so pages go by M, and low thresholds (warnings, resolving) by C.
"""

from collections.abc import Iterable, Sequence

MAX_EVIDENCE = 1e300
"""Beyond it evidence stays where it is: finite, so that it fits JSON."""

HEAD = 4
"""So many numbers of a packed detector come before those of its kind."""


class Detector:
    """The evidence of some bettors and the time since which they have been winning.

    `evidence` is M, from 0 to MAX_EVIDENCE; `units` the number of units folded; `bet` the mean S of the
    last one (1.0 before the first and after `unpack`): its product over the units of a run is an e-value.
    """

    __slots__ = ("_onset_evidence", "_unit_before_onset", "_wealth", "bet", "evidence", "units")

    def __init__(self, bettors: int) -> None:
        self.units = 0
        self.evidence = 0.0
        self.bet = 1.0
        self._unit_before_onset = 0
        self._onset_evidence = 0.0
        self._wealth = [0.0] * bettors

    @property
    def onset_units(self) -> int:
        """Units since C last stood at or below 1, where drift most likely began; 0: nothing hints at it."""
        return self.units - self._unit_before_onset

    @property
    def onset_evidence(self) -> float:
        """C: the evidence of the units since the onset alone, at most 1 where there is none."""
        return self._onset_evidence

    def _settle(self, bets: Sequence[float]) -> None:
        """Let every bettor win or lose its S of one unit."""
        self._wealth = [s * (m + 1.0) for s, m in zip(bets, self._wealth, strict=True)]
        self.evidence = sum(self._wealth) / len(bets)
        if self.evidence > MAX_EVIDENCE / len(bets):
            self._cap()
        self._note_onset(sum(bets) / len(bets))

    def _cap(self) -> None:
        self._wealth = [min(m, MAX_EVIDENCE) for m in self._wealth]
        self.evidence = min(self.evidence, MAX_EVIDENCE)

    def _note_onset(self, bet: float) -> None:
        """The CUSUM twin C: where it starts anew, a drift would have begun."""
        self.units += 1
        self.bet = bet
        c = self._onset_evidence
        c = bet * c if c > 1.0 else bet
        if c <= 1.0:
            self._unit_before_onset = self.units
        self._onset_evidence = min(c, MAX_EVIDENCE)

    def _pack_head(self) -> list[float]:
        return [self.evidence, float(self.units), float(self._unit_before_onset), self._onset_evidence]

    def _unpack_head(self, head: Iterable[float]) -> None:
        self.evidence, units, unit_before_onset, self._onset_evidence = head
        self.units, self._unit_before_onset = int(units), int(unit_before_onset)
