"""Counts by name and day: whole numbers, so that merging is exact in any order.

A path has some dozens of names and some dozens of days, so a day is a row of numbers, and a name is a place
in every row.
"""

from array import array
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Generic, NamedTuple, Self, TypeVar

from monitor.base.units import UNIT_WEIGHT

Name = TypeVar("Name")
_NOTHING = (0, 0)
_SQUARE = UNIT_WEIGHT * UNIT_WEIGHT


class Sum(NamedTuple):
    """Traces, the sum of their sampling weights (1/1024) and of the squares, each decayed.

    weighted: some weight was not 1.
    """

    traces: float = 0.0
    weight: float = 0.0
    squares: float = 0.0
    weighted: bool = False

    def plus(self, other: "Sum") -> "Sum":
        """Both together."""
        return Sum(
            self.traces + other.traces,
            self.weight + other.weight,
            self.squares + other.squares,
            self.weighted or other.weighted,
        )


class Table(Generic[Name]):
    """How many traces had each name, by day (days since the epoch).

    names: the place of each in a row. rows: counts of a day. excess: what weights other than 1 add to the
    sums of weights and of squares.
    """

    __slots__ = ("excess", "names", "rows")

    def __init__(self) -> None:
        self.names: dict[Name, int] = {}
        self.rows: dict[int, array[int]] = {}
        self.excess: dict[int, dict[int, tuple[int, int]]] = {}

    def place(self, name: Name) -> int:
        """The place of a name, a new one if need be."""
        place = self.names.get(name)
        if place is None:
            place = self.names[name] = len(self.names)
        return place

    def count(self, day: int, places: Iterable[int], weight: int) -> None:
        """Count one trace of this sampling weight that had what stands at these places."""
        row = self.rows.get(day)
        if row is None or len(row) < len(self.names):
            row = self._row(day)
        for place in places:
            row[place] += 1
        if weight != UNIT_WEIGHT:
            more = (weight - UNIT_WEIGHT, weight * weight - _SQUARE)
            for place in places:
                self._weigh(day, place, more)

    def _row(self, day: int) -> "array[int]":
        """The row of a day, with a count for every name."""
        row = self.rows.setdefault(day, array("q"))
        row.extend([0] * (len(self.names) - len(row)))
        return row

    def _weigh(self, day: int, place: int, more: tuple[int, int]) -> None:
        excess = self.excess.setdefault(day, {})
        weight, squares = excess.get(place, _NOTHING)
        excess[place] = (weight + more[0], squares + more[1])

    def add(self, day: int, name: Name, traces: int, excess: tuple[int, int] = _NOTHING) -> None:
        """Add counts of a day under a name."""
        place = self.place(name)
        self._row(day)[place] += traces
        if excess != _NOTHING:
            self._weigh(day, place, excess)

    def cells(self) -> Iterator[tuple[int, Name, int, tuple[int, int]]]:
        """Every (day, name, traces, excess) that was counted, by day and place."""
        for day in sorted(self.rows):
            row, excess = self.rows[day], self.excess.get(day, {})
            for name, place in self.names.items():
                if place < len(row) and row[place]:
                    yield day, name, row[place], excess.get(place, _NOTHING)

    def sums(self, factors: Mapping[int, float]) -> dict[Name, Sum]:
        """Per name the sum over the days that have a factor."""
        sums: dict[Name, Sum] = {}
        for day, name, traces, (weight, squares) in self.cells():
            factor = factors.get(day)
            if factor is not None:
                more = Sum(
                    factor * traces,
                    factor * (UNIT_WEIGHT * traces + weight),
                    factor * (_SQUARE * traces + squares),
                    (weight, squares) != _NOTHING,
                )
                sums[name] = sums[name].plus(more) if name in sums else more
        return sums

    def only(self, days: Iterable[int]) -> Self:
        """The counts of these days, and the names that these have."""
        kept, chosen = type(self)(), set(days)
        for day, name, traces, excess in self.cells():
            if day in chosen:
                kept.add(day, name, traces, excess)
        return kept

    def add_all(self, other: Self) -> None:
        """Add every count of another table."""
        for cell in other.cells():
            self.add(*cell)

    def content(self) -> dict[Any, Any]:
        """All that is counted, whatever place it has."""
        return {(day, name): (traces, excess) for day, name, traces, excess in self.cells()}

    def pack_rows(self) -> list[Any]:
        """The rows and the excess as plain lists; squares may pass 64 bits: as text."""
        excess = [
            [day, [[place, weight, str(squares)] for place, (weight, squares) in row.items()]]
            for day, row in self.excess.items()
        ]
        return [[[day, row.tolist()] for day, row in self.rows.items()], excess]

    def unpack_rows(self, names: Iterable[Name], rows: list[Any], excess: list[Any]) -> None:
        """Take what `pack_rows` packed, with the names in the order of their places."""
        for name in names:
            self.place(name)
        self.rows = {day: array("q", row) for day, row in rows}
        self.excess = {day: {p: (weight, int(q)) for p, weight, q in row} for day, row in excess}
