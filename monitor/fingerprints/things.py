"""What traces had, counted thing by thing: operations, traits, and the trace itself (None)."""

from collections.abc import Iterator
from typing import Self

from monitor.dimensions import things_of
from monitor.dimensions.trait import Given, Trait
from monitor.dimensions.variant import Variant
from monitor.fingerprints.table import Table

MOST_THINGS = 2000
"""Operations, and traits of one dimension, that are counted: the first ones."""
_MOST_REMEMBERED = 64


class Things(Table[Given]):
    """Counts by thing; `None` stands at place 0. Each dimension has its own room, so none starves another."""

    __slots__ = ("_kinds", "_places")

    def __init__(self) -> None:
        super().__init__()
        self._kinds: dict[str, int] = {}
        self._places: dict[Variant, tuple[int, ...]] = {}

    @property
    def traces(self) -> int:
        """Traces that were counted."""
        return sum(row[0] for row in self.rows.values())

    def place(self, name: Given) -> int:
        """The place of a thing, a new one if need be."""
        if name not in self.names:
            kind = _kind(name)
            self._kinds[kind] = self._kinds.get(kind, 0) + 1
        return super().place(name)

    def places(self, variant: Variant) -> tuple[int, ...]:
        """The places of what a variant has, new ones while there is room."""
        places = self._places.get(variant)
        if places is None:
            if len(self._places) >= _MOST_REMEMBERED:
                self._places.clear()
            places = self._places[variant] = tuple([self.place(thing) for thing in self._admitted(variant)])
        return places

    def _admitted(self, variant: Variant) -> Iterator[Given]:
        return (thing for thing in things_of(variant) if self._admits(thing))

    def _admits(self, thing: Given) -> bool:
        return thing in self.names or self.has_room(_kind(thing))

    def has_room(self, kind: str) -> bool:
        """Whether all operations ('') or traits of a dimension are counted."""
        return self._kinds.get(kind, 0) < MOST_THINGS

    def add_variant(self, day: int, variant: Variant, traces: int, excess: tuple[int, int]) -> None:
        """Add traces that had all of a variant."""
        for thing in self._admitted(variant):
            self.add(day, thing, traces, excess)

    def add_all(self, other: Self) -> None:
        """Add the counts of another table, while there is room."""
        for cell in other.cells():
            if self._admits(cell[1]):
                self.add(*cell)


def _kind(thing: Given) -> str:
    """What a thing takes the room of: the traits of its dimension, operations ('')."""
    if thing is None:
        return "trace"
    return thing.dimension if isinstance(thing, Trait) else ""
