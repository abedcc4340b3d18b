"""`Mix`: an e-detector for 'the categories come in production's proportions', within a tolerance.

Null: given the past, the expected distribution of every unit over K categories is within total variation
`delta` of production's. A unit is a distribution itself, so the mean over a cluster of traces is one unit.
Bettors of three half lives each predict the unit from the past, q_hat = (c + a p) / (n + a), and place
`huber.robust_bet` on it. Bets are reconsidered at every unit at first, later at every eighth, and at once
when production has moved; in between they stay as they are, so they are always known before the unit is.
The units in between are learnt then too, and forgotten together.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from math import ceil, floor, inf
from operator import add, mul
from typing import Self

from monitor.stats.detector import MAX_EVIDENCE, Detector
from monitor.stats.huber import robust_bet

HALF_LIVES = (16, 64, 256)
"""In units."""

MAX_CATEGORIES = 16

LEAN_UNITS = 6.0
"""Units that production's proportions are worth in a prediction: a."""

_EAGER_UNITS = 16
_LAZY_UNITS = 8
_ROUNDING = 1e-9  # shares whose sum is so near 1 are taken as they are
_BETTORS = len(HALF_LIVES)

Bet = list[float] | None
"""S per category; None is no bet, S = 1."""


class Mix(Detector):
    """One stream's detector of up to MAX_CATEGORIES categories; about 60 K characters when packed."""

    __slots__ = ("_bets", "_counts", "_delta", "_production", "_unlearnt", "_waiting")

    def __init__(self, categories: int) -> None:
        """Number and order of the categories hold for good; ValueError unless 2 to MAX_CATEGORIES."""
        if not 2 <= categories <= MAX_CATEGORIES:
            raise ValueError(f"{categories} categories: give 2 to {MAX_CATEGORIES}, the rare ones as one")
        super().__init__(_BETTORS)
        self._counts = [[0.0] * categories for _ in HALF_LIVES]
        self._unlearnt = [0.0] * categories
        self._waiting = 0
        self._bets: list[Bet] = [None] * _BETTORS
        self._production: tuple[float, ...] = (0.0,) * categories
        self._delta = 0.0

    def update(self, unit: Sequence[float], production: tuple[float, ...], delta: float) -> float:
        """Fold one unit and return the evidence that units differ from `production` by more than `delta`.

        `unit` and `production` are shares of the categories; what does not sum to 1 is scaled to it.
        `production` and `delta` (tolerance and `huber.reference_error` together) must be known before the
        unit is. A unit is ignored where a share of either is negative or NaN, nothing is in one of them,
        or `delta` is negative or NaN. ValueError if a number of categories is another than at the start.
        """
        return self.update_run((unit,), production, delta)

    def update_run(
        self, units: Iterable[Sequence[float]], production: tuple[float, ...], delta: float
    ) -> float:
        """Fold the units of one run, all with the bets as they were before it, and return the evidence.

        `bet` is then the product over the run (see `Rate.update_run`). What `update` ignores is ignored.
        """
        if delta > 1.0:
            delta = 1.0
        bet, ready = 1.0, False
        for unit in units:
            if not len(unit) == len(production) == len(self._production):
                raise ValueError(f"{len(unit)} and {len(production)} categories, not {len(self._production)}")
            only = unit.index(1.0) if 1.0 in unit and unit.count(0.0) == len(unit) - 1 else None
            if only is None:
                total = sum(unit)
                if not (0.0 < total < inf and min(unit) >= 0.0):
                    continue
                if abs(total - 1.0) > _ROUNDING:
                    unit = [share / total for share in unit]
            ready = ready or self._has_bets(production, delta)
            if not ready:
                break
            self._fold(unit, only)
            bet = min(bet * self.bet, MAX_EVIDENCE)
        self.bet = bet
        return self.evidence

    def _fold(self, unit: Sequence[float], only: int | None) -> None:
        """Let every bettor win or lose, and note the unit; one of a single category needs no sums."""
        wealth = self._wealth
        evidence = bets = 0.0
        for i, bet in enumerate(self._bets):
            s = 1.0 if bet is None else sum(map(mul, unit, bet)) if only is None else bet[only]
            if s != 1.0:
                wealth[i] = s * (wealth[i] + 1.0)
            evidence += wealth[i]
            bets += s
        self.evidence = evidence / _BETTORS
        if evidence > MAX_EVIDENCE:
            self._cap()
        self._note_onset(bets / _BETTORS)
        self._waiting += 1
        if only is None:
            self._unlearnt = list(map(add, self._unlearnt, unit))
        else:
            self._unlearnt[only] += 1.0

    def _has_bets(self, production: tuple[float, ...], delta: float) -> bool:
        """Reconsider the bets where due; False where this production allows none."""
        moved = delta != self._delta or (
            production is not self._production and production != self._production
        )
        units = self.units
        # Another _LAZY_UNITS are full since the bets were last reconsidered.
        stale = units < _EAGER_UNITS or units // _LAZY_UNITS != (units - self._waiting) // _LAZY_UNITS
        if not (moved or stale):
            return True
        total = sum(production)
        if not (0.0 < total < inf and min(production) >= 0.0 and delta >= 0.0):
            return False
        self._production, self._delta = production, delta
        self._learn()
        self._bets = self._reconsidered()
        return True

    def _learn(self) -> None:
        """Forget as much as the units since last time weigh, and count them."""
        units, self._unlearnt, self._waiting = self._unlearnt, [0.0] * len(self._unlearnt), 0
        weight = sum(units)
        for i, half_life in enumerate(HALF_LIVES):
            kept = 0.5 ** (weight / half_life)
            self._counts[i] = list(map(add, map(kept.__mul__, self._counts[i]), units))

    def _reconsidered(self) -> list[Bet]:
        """The bets that follow from counts, production and tolerance alone; none before the first unit."""
        total = sum(self._production)
        if not total:
            return [None] * _BETTORS
        reference = [p / total for p in self._production]
        lean = [LEAN_UNITS * p for p in reference]
        return [robust_bet(predicted(counts, lean), reference, self._delta) for counts in self._counts]

    @property
    def level(self) -> list[float]:
        """The shares of the past as the slowest bettor remembers them; nothing before the first unit."""
        seen = list(map(add, self._counts[-1], self._unlearnt))
        total = sum(seen)
        return [count / total for count in seen] if total else seen

    def witness(self) -> tuple[int, ...]:
        """The categories of which the most successful bettor has seen more than production has, in order."""
        best = max(range(_BETTORS), key=self._wealth.__getitem__)
        total = sum(self._production) or 1.0
        reference = [p / total for p in self._production]
        seen = predicted(self._counts[best], [LEAN_UNITS * p for p in reference])
        return tuple([y for y, (q, p) in enumerate(zip(seen, reference, strict=True)) if q > p])

    def pack(self) -> str:
        """The whole state as text, fit for JSON: `unpack` gives back exactly this detector."""
        memory = [self._delta, *self._production, *self._unlearnt]
        for counts in self._counts:
            memory += counts
        return self._packed(memory)

    @classmethod
    def unpack(cls, packed: str) -> Self:
        """The inverse of `pack`; ValueError if it is no packed detector of this kind."""
        mix = cls(2)
        memory = mix._restore(packed)
        k, rest = divmod(len(memory) - 1, 2 + _BETTORS)
        if rest or not 2 <= k <= MAX_CATEGORIES:
            raise ValueError(f"a packed Mix remembers 1 number and 5 per category, not {len(memory)}")
        rows = [memory[start : start + k] for start in range(1, len(memory), k)]
        mix._delta, mix._production, mix._unlearnt, mix._counts = memory[0], tuple(rows[0]), rows[1], rows[2:]
        mix._waiting = round(sum(mix._unlearnt))
        mix._bets = mix._reconsidered()
        return mix


def predicted(counts: Sequence[float], lean: Sequence[float]) -> list[float]:
    """What a bettor expects of the next unit: its decayed counts, and `lean`: LEAN_UNITS like production."""
    whole = sum(counts) + LEAN_UNITS
    return list(map(whole.__rtruediv__, map(add, counts, lean)))


def units_to_tell(categories: int, delta: float, effect: float, threshold: float, limit: int = 4096) -> int:
    """How many units a fresh detector needs to reach `threshold` if tests are `effect` away from production.

    This is the power behind `ok`: with fewer units the verdict is `insufficient`. `delta` is the tolerance
    with the reference's error, `effect` a total variation. `limit` + 1 if `limit` units do not reach the
    threshold.

    Assumed is the pair of production and tests that is hardest to distinguish at this distance: half of the
    categories gain, and their share goes from below 1/2 to as much above it. Units are of one category
    each and come as evenly as they can. Both distances are taken to the hundredth, to the safe side, so
    that few questions are asked anew.
    """
    least, most = ceil(100.0 * delta - _ROUNDING), floor(100.0 * min(effect, 1.0) + _ROUNDING)
    return _units_to_tell(categories, least / 100.0, most / 100.0, threshold, limit)


@lru_cache(maxsize=4096)
def _units_to_tell(categories: int, delta: float, effect: float, threshold: float, limit: int) -> int:
    before = max(0.0, 0.5 - (delta + effect) / 2.0)
    production, law = _halves(categories, before), _halves(categories, before + effect)
    mix, due = Mix(categories), [0.0] * categories
    for unit in range(1, limit + 1) if effect > delta else ():
        due = list(map(add, due, law))
        y = due.index(max(due))
        due[y] -= 1.0
        if mix.update([float(y == other) for other in range(categories)], production, delta) >= threshold:
            return unit
    return limit + 1


def _halves(categories: int, share: float) -> tuple[float, ...]:
    """Proportions in which the first half of the categories has `share`, each the same."""
    first = categories // 2
    return (share / first,) * first + ((1.0 - share) / (categories - first),) * (categories - first)
