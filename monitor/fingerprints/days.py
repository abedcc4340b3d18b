"""What the traces of one path did, by day of log time: whole counts, so that merging is exact in any order.

Variants are counted, and expanded to traits when a snapshot is taken, whatever the number of dimensions.
Beyond MOST_VARIANTS of them a path counts things instead: both give equal snapshots. What is old counts
less, but only in a `Snapshot`: decay is applied when one is taken, never to the counts.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Self

from monitor.base.units import DAY_MS
from monitor.dimensions import COUNTED, ORDERED, things_of
from monitor.dimensions.trait import Given
from monitor.dimensions.variant import Variant
from monitor.fingerprints.digest import digest_of
from monitor.fingerprints.orders import Orders
from monitor.fingerprints.packing import Operations
from monitor.fingerprints.table import Sum, Table
from monitor.fingerprints.tally import Tally
from monitor.fingerprints.things import Things
from monitor.flows.flow import Flow, Operation

MOST_VARIANTS = 64
"""Variants of one path that are counted as such."""


class Days:
    """Mergeable counts over complete traces of one path.

    traces, weight, squares: totals, which no forgetting lessens: how many, the sum of their sampling weights
    (1/1024) and of the squares. variants: counts by variant, until there are too many. things: counts by
    thing, for each set of dimensions that was counted together: a dimension that is added later has no part
    in what was counted before it. orders: counts by order, of traces that say it.
    """

    __slots__ = ("orders", "squares", "things", "traces", "variants", "weight")

    def __init__(self) -> None:
        self.traces = 0
        self.weight = 0
        self.squares = 0
        self.begin_anew()

    def begin_anew(self) -> None:
        """Forget every count, as a new epoch begins; the totals stay."""
        self.variants: Table[Variant] = Table()
        self.things: dict[tuple[str, ...], Things] = {}
        self.orders = Orders()

    @property
    def counted(self) -> int:
        """Traces that the rows stand for: those of this epoch that are not forgotten."""
        of_variants = sum(sum(row) for row in self.variants.rows.values())
        return of_variants + sum(things.traces for things in self.things.values())

    def counted_on(self, day: int) -> int:
        """Traces of one day."""
        of_things = sum(things.rows[day][0] for things in self.things.values() if day in things.rows)
        return sum(self.variants.rows.get(day, ())) + of_things

    @property
    def days(self) -> set[int]:
        """The days that have counts."""
        return set(self.variants.rows).union(*(things.rows for things in self.things.values()))

    @property
    def operations(self) -> dict[Operation, None]:
        """Every operation that was counted."""
        of_variants = [call.operation for variant in self.variants.names for call in variant.calls]
        of_things = [name for things in self.things.values() for name in things.names]
        return dict.fromkeys([*of_variants, *(name for name in of_things if isinstance(name, Operation))])

    def observe(self, flow: Flow) -> bool:
        """Count one complete trace on the day on which it began; whether it is the first one of that day."""
        weight = flow.weight
        self.traces += 1
        self.weight += weight
        self.squares += weight * weight
        done = digest_of(flow.shape).done(flow.order)
        variant = done.variant
        day = flow.began // DAY_MS
        if done.order is not None:
            self.orders.count(day, done.order, weight)
        table = self.variants
        things = self.things.get(COUNTED)
        if things is None and len(table.names) >= MOST_VARIANTS and variant not in table.names:
            things = self.count_things()
        if things is None:
            begins = day not in table.rows
            table.count(day, (table.place(variant),), weight)
        else:
            begins = day not in things.rows
            things.count(day, things.places(variant), weight)
        return begins

    def count_things(self) -> Things:
        """Count by thing from now on, and so what was counted by variant; the counts by thing."""
        things = self.things.setdefault(COUNTED, Things())
        for cell in self.variants.cells():
            things.add_variant(*cell)
        self.variants = Table()
        return things

    def sums(
        self, factors: Mapping[int, float], tables: Iterable[tuple[str, ...]] | None = None
    ) -> dict[Given, Sum]:
        """Sums by thing over the days that have a factor: by variant, and of these tables (None: all)."""
        sums: dict[Given, Sum] = {}
        for counted in self.things if tables is None else tables:
            _add(sums, self.things[counted].sums(factors).items())
        for variant, each in self.variants.sums(factors).items():
            _add(sums, ((thing, each) for thing in things_of(variant)))
        sums.update(self.orders.sums(factors))
        return sums

    def tally(self) -> Tally:
        """The same counts as of one test case, whatever their age; without orders and times."""
        tally = Tally()
        tally.traces = self.counted
        everything = dict.fromkeys(self.days, 1.0)
        for counted, things in self.things.items():
            tally.counted = tuple([name for name in tally.counted if name in counted])
            for thing, each in things.sums(everything).items():
                tally.add_thing(thing, round(each.traces))
        for variant, each in self.variants.sums(everything).items():
            tally.add_variant(variant, round(each.traces))
        return tally

    def complete(self, dimension: str) -> bool:
        """Whether every trait of a dimension is counted, so that one without a count was never there."""
        if dimension in ORDERED:
            return self.orders.has_room
        return all(things.has_room(dimension) and things.has_room("") for things in self.things.values())

    def forget(self, kept: int) -> None:
        """Keep the counts of the last `kept` days that have any, and the names that these have."""
        days = self.days
        if len(days) > kept:
            recent = sorted(days)[-kept:]
            self.variants = self.variants.only(recent)
            tables = {counted: things.only(recent) for counted, things in self.things.items()}
            self.things = {counted: things for counted, things in tables.items() if things.rows}
            self.orders = self.orders.only(recent)

    def merge(self, other: Self) -> Self:
        """The counts of both sets of traces together; operands stay as they are."""
        merged = type(self)()
        for part in (self, other):
            merged.traces += part.traces
            merged.weight += part.weight
            merged.squares += part.squares
            merged.variants.add_all(part.variants)
            for counted, things in part.things.items():
                merged.things.setdefault(counted, Things()).add_all(things)
            merged.orders.add_all(part.orders)
        if COUNTED in merged.things or len(merged.variants.names) > MOST_VARIANTS:
            merged.count_things()
        return merged

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Days) and self._content() == other._content()

    __hash__ = None  # type: ignore[assignment]  # mutable

    def _content(self) -> tuple[Any, ...]:
        things = {counted: each.content() for counted, each in self.things.items()}
        return (
            self.traces,
            self.weight,
            self.squares,
            self.variants.content(),
            things,
            self.orders.content(),
        )

    def pack(self) -> dict[str, Any]:
        """Plain values for JSON; squares may pass 64 bits: as text."""
        table = Operations()
        variants = [[table.pack_variant(each) for each in self.variants.names], *self.variants.pack_rows()]
        things = [
            [counted, [table.pack_given(each) for each in things.names], *things.pack_rows()]
            for counted, things in self.things.items()
        ]
        totals = [self.traces, self.weight, str(self.squares)]
        orders = self.orders.pack(table)
        return {
            "totals": totals,
            "variants": variants,
            "things": things,
            "orders": orders,
            "operations": table.pack(),
        }

    @classmethod
    def unpack(cls, plain: dict[str, Any]) -> Self:
        """The counts that `pack` packed, in the same order."""
        days = cls()
        days.traces, days.weight, squares = plain["totals"]
        days.squares = int(squares)
        table = Operations(plain["operations"])
        names, *rows = plain["variants"]
        days.variants.unpack_rows([table.variant(each) for each in names], *rows)
        for counted, names, *rows in plain["things"]:
            things = days.things[tuple(counted)] = Things()
            things.unpack_rows([table.given(each) for each in names], *rows)
        if "orders" in plain:
            days.orders = Orders.unpack(plain["orders"], table)
        return days


def _add(sums: dict[Given, Sum], more: Iterable[tuple[Given, Sum]]) -> None:
    for thing, each in more:
        sums[thing] = sums[thing].plus(each) if thing in sums else each
