"""A snapshot of a reference: days with their decay, frozen, so that a bet is placed before its unit is seen.

Decay halves a day's counts every half life; weighted counts have the effective size of Kish ('Survey
Sampling', 1965): N_eff = (sum w)^2 / sum w^2.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple, Self

from monitor.base.units import DAY_MS, HOUR_MS, LogTime
from monitor.dimensions import COUNTED, ORDERED
from monitor.dimensions.trait import Given, Trait
from monitor.fingerprints.days import Days
from monitor.fingerprints.free_words import FreeWords
from monitor.fingerprints.packing import Operations
from monitor.fingerprints.table import Sum
from monitor.flows.flow import Operation

HALF_LIVES = 8
"""Days older than this many half lives do not count."""
SELDOM = 0.5
"""Calls of more of a path's traces are no chance, whatever they are called."""
GROWTH = 1.25
"""A reference that has grown by a quarter is worth another snapshot."""
_NEVER = LogTime(0)


class Size(NamedTuple):
    """How many traces had something: a rounded count, or (weighted) the effective size."""

    traces: float = 0
    weighted: bool = False


class Share(NamedTuple):
    """Of how many traces how many had a trait; where `weighted`, both in effective traces."""

    present: float
    traces: float
    weighted: bool


class Counts:
    """What traces that were counted together had.

    size: of the path. givens: of every operation, as a denominator. shares: per dimension, of its traits
    among the traces with their given. complete: dimensions of which what is not here was not there.
    """

    __slots__ = ("_free", "complete", "givens", "shares", "size")

    def __init__(self) -> None:
        self.size = Size()
        self.givens: dict[Operation, Size] = {}
        self.shares: dict[str, dict[Trait, Share]] = {}
        self.complete: frozenset[str] = frozenset()
        self._free: FreeWords | None = None

    @classmethod
    def of(cls, sums: Mapping[Given, Sum], complete: Iterable[str]) -> Self:
        """The counts from decayed sums by thing, the trace itself (None) among them."""
        counts = cls()
        counts.complete = frozenset(complete)
        counts.size = _size(sums.get(None, Sum()))
        sizes = ((thing, _size(each)) for thing, each in sums.items() if isinstance(thing, Operation))
        counts.givens = {thing: size for thing, size in sizes if size.traces > 0}
        traits = (thing for thing in sums if isinstance(thing, Trait))
        for trait in sorted(traits, key=lambda trait: isinstance(trait.given, Trait)):
            size = counts.size_of(trait.given)
            present = _present(sums[trait], sums[trait.given], size) if size.traces > 0 else 0
            if present:
                counts.shares.setdefault(trait.dimension, {})[trait] = Share(present, *size)
        return counts

    def size_of(self, given: Given) -> Size:
        """How many traces a question with this denominator is asked of."""
        if isinstance(given, Trait):
            known = self.shares.get(given.dimension, {}).get(given)
            return Size(known.present, known.weighted) if known else Size()
        return self.size if given is None else self.givens.get(given, Size())

    def share(self, trait: Trait) -> Share:
        """How often a trait was there; of 0 traces where that is not known, or of a call with a free word."""
        known = self.shares.get(trait.dimension, {}).get(trait)
        if isinstance(trait.what, Operation) and self._is_chance(trait.what):
            return Share(0, *Size())
        if known is not None:
            return known
        return Share(0, *(self.size_of(trait.given) if trait.dimension in self.complete else Size()))

    def _is_chance(self, call: Operation) -> bool:
        """Whether few traces make a call, and which one of its kind is chance (`free_words`)."""
        most = SELDOM * self.size.traces
        if self._free is None:
            self._free = FreeWords(each for each, size in self.givens.items() if size.traces <= most)
        return self._free.has(call) and self.size_of(call).traces <= most

    def pack(self) -> dict[str, Any]:
        """Plain values for JSON."""
        table = Operations()
        return {
            "size": list(self.size),
            "complete": sorted(self.complete),
            "givens": [[table.place(given), *size] for given, size in self.givens.items()],
            "shares": {
                name: [[table.pack_trait(trait), share.present] for trait, share in shares.items()]
                for name, shares in self.shares.items()
            },
            "operations": table.pack(),
        }

    @classmethod
    def unpack(cls, plain: Mapping[str, Any]) -> Self:
        """The counts that `pack` packed, in the same order."""
        counts, table = cls(), Operations(plain["operations"])
        counts.size = Size(*plain["size"])
        counts.complete = frozenset(plain["complete"])
        counts.givens = {table.known[given]: Size(*size) for given, *size in plain["givens"]}
        for name, shares in plain["shares"].items():
            traits = ((table.unpack_trait(name, trait), present) for trait, present in shares)
            counts.shares[name] = {trait: Share(present, *Size()) for trait, present in traits}
        for on_traits in (False, True):  # what stands on a trait, whichever comes first, needs its size
            for of_one in counts.shares.values():
                for trait, known in of_one.items():
                    if isinstance(trait.given, Trait) is on_traits:
                        of_one[trait] = Share(known.present, *counts.size_of(trait.given))
        return counts


class Snapshot:
    """What a reference was at log time `at` (ms), when `seen` complete traces of its epoch were counted.

    counts: per dimension those in which it was counted; most often all dimensions have the same ones.
    traces: complete traces of the path that it stands for, rounded: of the dimension that has most.
    """

    __slots__ = ("at", "counts", "seen", "traces")

    def __init__(
        self, at: LogTime = _NEVER, seen: int = 0, counts: Mapping[str, Counts] = MappingProxyType({})
    ) -> None:
        self.at = at
        self.seen = seen
        self.counts = counts
        self.traces = round(max((each.size.traces for each in counts.values()), default=0))

    def of(self, dimension: str) -> Counts:
        """What is known for the questions of a dimension."""
        return self.counts.get(dimension) or Counts()

    def is_due(self, days: Days, now: LogTime) -> bool:
        """Whether it is time for another: the reference grew by a quarter, or an hour passed either way."""
        return days.counted >= GROWTH * self.seen or abs(now - self.at) >= HOUR_MS

    @classmethod
    def take(cls, days: Days, half_life_ms: int, now: LogTime) -> Self:
        """Take a snapshot at log time `now`; days after it, by a clock that jumped, count in full."""
        counts: dict[str, Counts] = {}
        factors = _factors(days.days, half_life_ms, now)
        together: dict[tuple[tuple[str, ...], ...], Counts] = {}
        for dimension in (*COUNTED, *ORDERED):
            among = COUNTED if dimension in ORDERED else (dimension,)
            tables = tuple([counted for counted in days.things if not {*among}.isdisjoint(counted)])
            if tables not in together:
                complete = filter(days.complete, (*COUNTED, *ORDERED))
                together[tables] = Counts.of(days.sums(factors, tables), complete)
            counts[dimension] = together[tables]
        return cls(now, days.counted, counts)

    def pack(self) -> dict[str, Any]:
        """Plain values for JSON; counts that dimensions have together stand once."""
        distinct = list({id(counts): counts for counts in self.counts.values()}.values())
        place = {id(counts): index for index, counts in enumerate(distinct)}
        return {
            "at": self.at,
            "seen": self.seen,
            "counts": [counts.pack() for counts in distinct],
            "of": {name: place[id(counts)] for name, counts in self.counts.items()},
        }

    @classmethod
    def unpack(cls, plain: Mapping[str, Any]) -> Self:
        """The snapshot that `pack` packed."""
        counts = [Counts.unpack(each) for each in plain["counts"]]
        of = {name: counts[place] for name, place in plain["of"].items()}
        return cls(plain["at"], plain["seen"], of)


def _factors(days: Iterable[int], half_life_ms: int, now: LogTime) -> dict[int, float]:
    """How much each day counts; none for those that are too old."""
    half_life = half_life_ms / DAY_MS
    ages = ((day, max(0, now // DAY_MS - day) / half_life) for day in days)
    return {day: 0.5**age for day, age in ages if age <= HALF_LIVES}


def _size(of: Sum) -> Size:
    if not of.weighted:
        return Size(round(of.traces))
    return Size(of.weight * of.weight / of.squares if of.squares > 0 else 0.0, weighted=True)


def _present(trait: Sum, given: Sum, size: Size) -> float:
    """Traces with a trait, in the currency of its given's size, which is above 0."""
    if not size.weighted:
        return round(trait.traces)
    return min(1.0, trait.weight / given.weight) * size.traces
