"""A snapshot of a reference: days with their decay, frozen, so that a bet is placed before its unit is seen.

Decay halves a day's counts every half life; weighted counts have the effective size of Kish ('Survey
Sampling', 1965): N_eff = (sum w)^2 / sum w^2.
"""

from typing import Any, NamedTuple, Self

from monitor.base.units import UNIT_WEIGHT, LogTime
from monitor.fingerprints.days import DAY_MS, Days
from monitor.fingerprints.structure import Edge
from monitor.flows.flow import Operation
from monitor.wire.span import Kind

HALF_LIVES = 8
"""Days older than so many half lives do not count."""
HOUR_MS = 3_600_000
GROWTH = 1.25
"""A reference that has grown by a quarter is worth another snapshot."""
_UNITS = (UNIT_WEIGHT, UNIT_WEIGHT * UNIT_WEIGHT)
_NOTHING = (0, 0)
_NEVER = LogTime(0)


class Size(NamedTuple):
    """How many traces had something: a rounded count, or (weighted) the effective size."""

    traces: float = 0
    weighted: bool = False


class Share(NamedTuple):
    """Of how many traces how many had an edge; where `weighted`, both in effective traces."""

    present: float
    traces: float
    weighted: bool


class Snapshot:
    """What a reference was at log time `at` (ms), when `seen` complete traces of its epoch were counted.

    size: of the path; operations: of each as a caller; edges: their shares of the traces with their caller.
    complete: what is not here was not there.
    """

    __slots__ = ("at", "complete", "edges", "operations", "seen", "size")

    def __init__(self, at: LogTime = _NEVER, seen: int = 0) -> None:
        self.at = at
        self.seen = seen
        self.complete = True
        self.size = Size()
        self.operations: dict[Operation, Size] = {}
        self.edges: dict[Edge, Share] = {}

    @property
    def traces(self) -> int:
        """Complete traces of the path that it stands for, rounded."""
        return round(self.size.traces)

    def is_due(self, days: Days, now: LogTime) -> bool:
        """Whether it is time for another: the reference grew by a quarter, or an hour passed either way."""
        return days.counted >= GROWTH * self.seen or abs(now - self.at) >= HOUR_MS

    def share(self, edge: Edge) -> Share:
        """How often the reference had `edge` where it had the caller; of 0 traces where that is not known."""
        caller = self.operations.get(edge.caller, Size())
        absent = Share(0, *(caller if self.complete else Size()))
        return self.edges.get(edge, absent)

    @classmethod
    def of(cls, days: Days, half_life_ms: int, now: LogTime) -> Self:
        """Take a snapshot at log time `now`; days after it, by a clock that jumped, count in full."""
        snapshot = cls(now, days.counted)
        snapshot.complete = days.complete
        rows = _Rows(days, half_life_ms, now)
        snapshot.size = rows.size(0)
        sizes = ((operation, rows.size(place)) for operation, place in days.operations.items())
        snapshot.operations = {operation: size for operation, size in sizes if size.traces > 0}
        for edge, place in days.edges.items():
            caller = snapshot.operations.get(edge.caller)
            if caller is not None and (present := rows.present(place, days.operations[edge.caller], caller)):
                snapshot.edges[edge] = Share(present, *caller)
        return snapshot

    def pack(self) -> list[Any]:
        """Plain lists for JSON."""
        place = {operation: index for index, operation in enumerate(self.operations)}
        return [
            [self.at, self.seen, self.complete, *self.size],
            [[*operation, *size] for operation, size in self.operations.items()],
            [[place[edge.caller], place[edge.callee], *share] for edge, share in self.edges.items()],
        ]

    @classmethod
    def unpack(cls, plain: list[Any]) -> Self:
        """The snapshot that `pack` packed, in the same order."""
        (at, seen, complete, *size), operations, edges = plain
        snapshot = cls(at, seen)
        snapshot.complete, snapshot.size = complete, Size(*size)
        snapshot.operations = {Operation(s, Kind(kind), name): Size(*z) for s, kind, name, *z in operations}
        known = list(snapshot.operations)
        snapshot.edges = {Edge(known[a], known[b]): Share(*share) for a, b, *share in edges}
        return snapshot


class _Rows:
    """The rows that count, each with its factor."""

    def __init__(self, days: Days, half_life_ms: int, now: LogTime) -> None:
        today = now // DAY_MS
        half_life = half_life_ms / DAY_MS
        ages = ((day, max(0, today - day) / half_life) for day in sorted(days.counts))
        self._rows = [
            (0.5**age, days.counts[day], days.excess.get(day, {})) for day, age in ages if age <= HALF_LIVES
        ]

    def size(self, place: int) -> Size:
        if not any(place in excess for _, _, excess in self._rows):
            return Size(round(self._counted(place)))
        weight, squares = self._sum(place, 0), self._sum(place, 1)
        return Size(weight * weight / squares if squares > 0 else 0.0, weighted=True)

    def present(self, place: int, caller: int, size: Size) -> float:
        """Traces with an edge, in the currency of its caller's size, which is above 0."""
        if not size.weighted:
            return round(self._counted(place))
        return min(1.0, self._sum(place, 0) / self._sum(caller, 0)) * size.traces

    def _counted(self, place: int) -> float:
        return sum((factor * row[place] for factor, row, _ in self._rows if place < len(row)), 0.0)

    def _sum(self, place: int, part: int) -> float:
        """Sum of the weights (part 0) or their squares (part 1): whole numbers for each day, then decayed."""
        unit = _UNITS[part]
        days = (
            factor * (unit * row[place] + excess.get(place, _NOTHING)[part])
            for factor, row, excess in self._rows
            if place < len(row)
        )
        return sum(days, 0.0)
