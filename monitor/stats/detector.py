"""What `Rate`, `Mix` and `Mean` share: the books of a Shiryaev-Roberts e-detector.

A bet S >= 0 is fixed before its unit is seen and has E[S | past] <= 1 for every law inside the null.

    M <- S (M + 1) if it bets (S is not 1), else M      evidence: the mean of the bettors' M
    C <- S max(C, 1)                                    onset: S is the mean of the bettors' S

Guarantee: n updates of any number of streams, however dependent, bring at most n / A expected alarms at
threshold A, each followed by a restart. For R <- S (R + 1) at every unit, R - units is a supermartingale
(Shin, Ramdas and Rinaldo, 'E-detectors', arXiv 2203.03532), and M is never above R.

Why M and not R: R sums over every unit at which a drift may have begun, so while nobody bets it grows by
one a unit, and after a thousand clean units passes a threshold of 1e3 by itself. Beginnings between two
bets all have the same evidence; M counts them once. So it stands still without bets, serves low
thresholds (warnings, resolving) as well as high ones, and gives away nothing where bets are placed: an
edge that vanishes is found in the same number of units. C, the evidence of the likeliest single beginning,
is slower by a third and more, so it only finds the onset.
"""

from collections.abc import Sequence

from monitor.stats.packed import packed, unpacked

MAX_EVIDENCE = 1e300
"""Beyond it evidence stays where it is: finite, so that it fits JSON."""


class Detector:
    """The evidence of some bettors and the time since which they have been winning.

    `evidence` is M, from 0 to MAX_EVIDENCE; as the mean of `_wealth` it is not stored. `units`: the number of
    units folded; `bet`: the mean S of the last one, 1.0 before the first and after `unpack`, whose product
    over the units of a run is an e-value.
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

    def _settle(self, bets: Sequence[float]) -> None:
        """Let every bettor win or lose its S of one unit; S is exactly 1.0 where it does not bet."""
        wealth = self._wealth
        evidence = total = 0.0
        for i, s in enumerate(bets):
            if s != 1.0:
                wealth[i] = s * (wealth[i] + 1.0)
            evidence += wealth[i]
            total += s
        self.evidence = evidence / len(bets)
        if evidence > MAX_EVIDENCE:
            self._cap()
        self._note_onset(total / len(bets))

    def _cap(self) -> None:
        self._wealth = [min(m, MAX_EVIDENCE) for m in self._wealth]
        self._weigh()

    def _weigh(self) -> None:
        """The evidence from the wealth, added up in the order in which a unit does it, to the last bit."""
        total = 0.0
        for m in self._wealth:
            total += m
        self.evidence = min(total / len(self._wealth), MAX_EVIDENCE)

    def _note_onset(self, bet: float) -> None:
        """The CUSUM twin C: where it starts anew, a drift would have begun."""
        self.units += 1
        self.bet = bet
        c = self._onset_evidence
        c = bet * c if c > 1.0 else bet
        if c <= 1.0:
            self._unit_before_onset = self.units
        self._onset_evidence = min(c, MAX_EVIDENCE)

    def _packed(self, memory: Sequence[float]) -> str:
        """The state as text: the books, then what the bettors of this kind remember."""
        counts = [self.units, self._unit_before_onset]
        return packed(counts, [self._onset_evidence, *self._wealth, *memory])

    def _restore(self, text: str) -> list[float]:
        """Take over the books of `_packed` and return the memory; ValueError if the text was cut off."""
        (self.units, self._unit_before_onset), numbers = unpacked(text, 2)
        books = 1 + len(self._wealth)
        if len(numbers) < books:
            raise ValueError(f"a packed detector has at least {books} numbers, not {len(numbers)}")
        self._onset_evidence, *self._wealth = numbers[:books]
        self._weigh()
        return numbers[books:]
