"""How many traces had which order, by day: as a whole while there are few, else by pairs of calls.

Both give equal sums by trait. Calls that run at the same time come in any order: where there are many of
them, hardly two orders are equal.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Self, cast

from monitor.dimensions import things_of_pair, traits_in
from monitor.dimensions.order import Order, Pair, Way
from monitor.dimensions.trait import Given, Trait
from monitor.fingerprints.packing import Operations
from monitor.fingerprints.table import Sum, Table
from monitor.flows.flow import Operation

MOST_ORDERS = 16
"""Orders of one path that are counted as such."""
MOST_PAIRS = 512
"""Pairs of one path, each way, from which on no further calls are counted."""


class Orders:
    """Mergeable counts: `whole` by order, until there are too many; then `pairs` by pair."""

    __slots__ = ("_counted", "by_pair", "pairs", "whole")

    def __init__(self) -> None:
        self.whole: Table[Order] = Table()
        self.pairs: Table[Pair] = Table()
        self.by_pair = False
        self._counted: set[tuple[Operation, ...]] | None = None

    def count(self, day: int, order: Order, weight: int) -> None:
        """Count a trace of this sampling weight."""
        place = self.whole.names.get(order)
        if place is None and not self.by_pair:
            if len(self.whole.names) < MOST_ORDERS:
                place = self.whole.place(order)
            else:
                self._count_pairs()
        if place is not None:
            self.whole.count(day, (place,), weight)
        else:
            self.pairs.count(day, self._places(order), weight)

    def _count_pairs(self) -> None:
        self.by_pair = True
        for day, order, traces, excess in self.whole.cells():
            for pair in self._admitted(order):
                self.pairs.add(day, pair, traces, excess)
        self.whole = Table()

    def _places(self, order: Order) -> Sequence[int]:
        """The places of its pairs, new ones while there is room."""
        places = [*map(self.pairs.names.get, order.pairs())]
        if None in places:
            places = [self.pairs.place(pair) for pair in self._admitted(order)]
        return cast(Sequence[int], places)

    def _admitted(self, order: Order) -> Iterable[Pair]:
        """All of them while there is room; then those of calls that are counted, each in every way."""
        if self.has_room:
            return order.pairs()
        if self._counted is None:
            self._counted = self._calls()
        return [pair for pair in order.pairs() if pair[:2] in self._counted]

    def _calls(self) -> set[tuple[Operation, ...]]:
        """The two calls of each pair that is counted."""
        return {pair[:2] for pair in self.pairs.names}

    @property
    def has_room(self) -> bool:
        """Whether every pair is counted."""
        return len(self.pairs.names) < MOST_PAIRS

    def sums(self, factors: Mapping[int, float]) -> dict[Given, Sum]:
        """Sums by trait over the days that have a factor."""
        sums: dict[Given, Sum] = {}
        for order, each in self.whole.sums(factors).items():
            for traits in traits_in(order).values():
                _add(sums, traits, each)
        for pair, each in self.pairs.sums(factors).items():
            _add(sums, things_of_pair(pair), each)
        return sums

    def only(self, days: Iterable[int]) -> Self:
        """The counts of these days."""
        kept = type(self)()
        kept.by_pair, days = self.by_pair, list(days)
        kept.whole, kept.pairs = self.whole.only(days), self.pairs.only(days)
        return kept

    def add_all(self, other: Self) -> None:
        """Add all counts of another one."""
        self.whole.add_all(other.whole)
        known = self._calls()
        for day, pair, traces, excess in other.pairs.cells():
            if pair[:2] in known or self.has_room:
                known.add(pair[:2])
                self.pairs.add(day, pair, traces, excess)
        self._counted = None
        self.by_pair = self.by_pair or other.by_pair
        if self.by_pair or len(self.whole.names) > MOST_ORDERS:
            self._count_pairs()

    def content(self) -> tuple[Any, ...]:
        """All that is counted."""
        return (self.by_pair, self.whole.content(), self.pairs.content())

    def pack(self, table: Operations) -> list[Any]:
        """Plain lists for JSON, with operations as places in a table."""
        place = table.place
        whole = [table.pack_order(order) for order in self.whole.names]
        pairs = [[place(pair.call), place(pair.other), int(pair.way)] for pair in self.pairs.names]
        return [self.by_pair, whole, *self.whole.pack_rows(), pairs, *self.pairs.pack_rows()]

    @classmethod
    def unpack(cls, plain: list[Any], table: Operations) -> Self:
        """The counts that `pack` packed."""
        orders = cls()
        orders.by_pair, whole, rows, excess, pairs, pair_rows, pair_excess = plain
        orders.whole.unpack_rows([table.order(each) for each in whole], rows, excess)
        known = table.known
        names = [Pair(known[call], known[other], Way(way)) for call, other, way in pairs]
        orders.pairs.unpack_rows(names, pair_rows, pair_excess)
        return orders


def _add(sums: dict[Given, Sum], traits: Iterable[Trait], each: Sum) -> None:
    for trait in traits:
        sums[trait] = sums[trait].plus(each) if trait in sums else each
