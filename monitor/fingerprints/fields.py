"""In how many traces each field of recorded bodies was, by day: bodies hardly repeat as a whole."""

from collections.abc import Iterable
from itertools import chain
from typing import Any, Self

from monitor.dimensions import traits_within
from monitor.dimensions.contents import Contents
from monitor.dimensions.trait import Trait
from monitor.fingerprints.packing import Operations
from monitor.fingerprints.table import Table

MOST_FIELDS = 2000
"""Things that are counted of the fields of one path: the first ones."""
_MOST_REMEMBERED = 64


class Fields(Table[Trait]):
    """Mergeable counts by trait, and by what traits presuppose."""

    __slots__ = ("_places",)

    def __init__(self) -> None:
        super().__init__()
        self._places: dict[Contents, tuple[int, ...]] = {}

    @property
    def has_room(self) -> bool:
        """Whether every field is counted."""
        return len(self.names) < MOST_FIELDS

    def observe(self, day: int, contents: Contents, weight: int) -> None:
        """Count a trace of this sampling weight."""
        places = self._places.get(contents)
        if places is None:
            if len(self._places) >= _MOST_REMEMBERED:
                self._places.clear()
            admitted = (each for each in things_within(contents) if each in self.names or self.has_room)
            places = self._places[contents] = tuple([self.place(each) for each in admitted])
        self.count(day, places, weight)

    def add_all(self, other: Self) -> None:
        """Add the counts of another table, while there is room."""
        self._places.clear()
        for cell in other.cells():
            if cell[1] in self.names or self.has_room:
                self.add(*cell)

    def pack(self, table: Operations) -> list[Any]:
        """Plain lists for JSON, with operations as places in a table."""
        return [[table.pack_given(each) for each in self.names], *self.pack_rows()]

    @classmethod
    def unpack(cls, plain: list[Any], table: Operations) -> Self:
        """The counts that `pack` packed."""
        fields = cls()
        names, *rows = plain
        traits = (table.given(each) for each in names)
        fields.unpack_rows([each for each in traits if isinstance(each, Trait)], *rows)
        return fields


def things_within(contents: Contents) -> Iterable[Trait]:
    """Everything that is counted of the bodies of a trace."""
    return chain.from_iterable(traits_within(contents).values())
