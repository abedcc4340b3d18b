"""Counts of a few traces of one path: which variants they had, and how long operations took."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, Self

from monitor.dimensions import COUNTED, ORDERED, things_of, traits_in, traits_of
from monitor.dimensions.order import Order
from monitor.dimensions.trait import Given, Trait
from monitor.dimensions.variant import Variant
from monitor.fingerprints.digest import digest_of
from monitor.fingerprints.packing import Operations
from monitor.flows.flow import Flow
from monitor.stats.histogram import Histogram
from monitor.stats.timing import pace_of

MOST_VARIANTS = 64
"""Variants that are counted as such; beyond them things are counted."""
MOST_THINGS = 2000
"""Things that are counted by themselves, and things that are timed: the first ones."""
Times = dict[Trait, Histogram]


class Tally:
    """Mergeable counts over complete traces of one path; all integers, so that merging is exact.

    traces: how many. variants: by variant. orders: by order, of those that say it. things: by thing, once
    there are too many of either; counted: the dimensions of which things are counted. times: per kind, of
    what takes time (`stats.timing`).
    """

    __slots__ = ("_had", "counted", "orders", "things", "times", "traces", "variants")

    def __init__(self) -> None:
        self.traces = 0
        self.variants: dict[Variant, int] = {}
        self.orders: dict[Order, int] = {}
        self.things: dict[Given, int] = {}
        self.counted = (*COUNTED, *ORDERED)
        self.times: dict[str, Times] = {}
        self._had: dict[Given, int] | None = None

    def observe(self, flow: Flow) -> None:
        """Count one complete trace."""
        self.traces += 1
        digest = digest_of(flow.shape)
        done = digest.done(flow.order)
        self.add_variant(done.variant, 1)
        if done.order is not None:
            self.add_order(done.order, 1)
        for name, timed in digest.timed.items():
            slowest = timed.slowest(flow.self_times)
            pace = pace_of(slowest)
            if pace is not None:
                self._add_times(self.times.setdefault(name, {}), timed.things, [b - pace for b in slowest])

    @staticmethod
    def _add_times(times: Times, things: Sequence[Trait], relative: Sequence[int]) -> None:
        for thing, time in zip(things, relative, strict=True):
            if thing in times or len(times) < MOST_THINGS:
                times.setdefault(thing, Histogram()).add(time)

    def add_variant(self, variant: Variant, traces: int) -> None:
        """Count traces of a variant, without their times."""
        self._had = None
        if self.things or (variant not in self.variants and len(self.variants) >= MOST_VARIANTS):
            self._count_things()
            self._add_all(things_of(variant), traces)
        else:
            self.variants[variant] = self.variants.get(variant, 0) + traces

    def add_order(self, order: Order, traces: int) -> None:
        """Count traces of an order."""
        self._had = None
        if self.things or (order not in self.orders and len(self.orders) >= MOST_VARIANTS):
            self._count_things()
            self._add_all(_things_in(order), traces)
        else:
            self.orders[order] = self.orders.get(order, 0) + traces

    def _count_things(self) -> None:
        for thing, traces in self._counted():
            self.add_thing(thing, traces)
        self.variants, self.orders = {}, {}

    def _counted(self) -> Iterator[tuple[Given, int]]:
        """What is not counted by thing."""
        for variant, traces in self.variants.items():
            yield from ((thing, traces) for thing in things_of(variant))
        for order, traces in self.orders.items():
            yield from ((thing, traces) for thing in _things_in(order))

    def _add_all(self, things: Iterable[Given], traces: int) -> None:
        for thing in things:
            self.add_thing(thing, traces)

    def add_thing(self, thing: Given, traces: int) -> None:
        """Count traces that had a thing, while there is room for it."""
        if thing in self.things or len(self.things) < MOST_THINGS:
            self.things[thing] = self.things.get(thing, 0) + traces

    @property
    def had(self) -> Mapping[Given, int]:
        """In how many traces each thing was: operations, traits, and the trace itself (None)."""
        if self.things:
            return self.things
        if self._had is None:
            self._had = {}
            for thing, traces in self._counted():
                self._had[thing] = self._had.get(thing, 0) + traces
        return self._had

    def traits(self, dimension: str) -> Iterator[Trait]:
        """The traits of a dimension that any trace had, in the order of first appearance; some come again."""
        for variant in self.variants:
            yield from traits_of(variant).get(dimension, ())
        for order in self.orders:
            yield from traits_in(order).get(dimension, ())
        for thing in self.things:
            if isinstance(thing, Trait) and thing.dimension == dimension:
                yield thing

    def share(self, trait: Trait) -> float | None:
        """The share of the traces with a trait among those with its given; None where that is not known."""
        had = self.had
        of = had.get(trait.given, 0)
        if not of or trait.dimension not in self.counted:
            return None
        present = had.get(trait)
        if present is None:
            return None if len(self.things) >= MOST_THINGS else 0.0
        return present / of

    def merge(self, other: Self) -> Self:
        """The tally of both sets of traces together; operands stay as they are."""
        merged = type(self)()
        for part in (self, other):
            merged.traces += part.traces
            merged.counted = tuple([name for name in merged.counted if name in part.counted])
            for thing, traces in part.things.items():
                merged.add_thing(thing, traces)
            for name, times in part.times.items():
                mine = merged.times.setdefault(name, {})
                for timed, histogram in times.items():
                    if timed in mine or len(mine) < MOST_THINGS:
                        mine[timed] = mine.get(timed, Histogram()).merge(histogram)
        for part in (self, other):
            for variant, traces in part.variants.items():
                merged.add_variant(variant, traces)
            for order, traces in part.orders.items():
                merged.add_order(order, traces)
        return merged

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Tally) and all(
            getattr(self, name) == getattr(other, name) for name in self.__slots__[1:]
        )

    __hash__ = None  # type: ignore[assignment]  # mutable

    def pack(self) -> dict[str, Any]:
        """Plain values for JSON, in the order of first appearance."""
        table = Operations()
        return {
            "traces": self.traces,
            "variants": [[n, *table.pack_variant(variant)] for variant, n in self.variants.items()],
            "orders": [[n, *table.pack_order(order)] for order, n in self.orders.items()],
            "things": [[table.pack_given(thing), n] for thing, n in self.things.items()],
            "counted": list(self.counted),
            "times": {
                name: [[table.pack_trait(thing), histogram.pack()] for thing, histogram in times.items()]
                for name, times in self.times.items()
            },
            "operations": table.pack(),
        }

    @classmethod
    def unpack(cls, plain: Mapping[str, Any]) -> Self:
        """The tally that `pack` packed, in the same order."""
        tally, table = cls(), Operations(plain["operations"])
        tally.traces = plain["traces"]
        tally.variants = {table.variant(variant): n for n, *variant in plain["variants"]}
        tally.orders = {table.order(order): n for n, *order in plain.get("orders", ())}
        tally.things = {table.given(thing): n for thing, n in plain["things"]}
        tally.counted = tuple(plain["counted"])
        for name, times in plain["times"].items():
            tally.times[name] = {table.unpack_trait(name, thing): Histogram.unpack(h) for thing, h in times}
        return tally


def _things_in(order: Order) -> Iterable[Trait]:
    return chain.from_iterable(traits_in(order).values())
