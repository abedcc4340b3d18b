"""Where a restart begins to read again, so that it finds what the first owner found (delivery, observer 6).

A waypoint is an offset with the state of log time before its record. Whoever begins there judges every later
record as its first reader did, whatever the producers' clocks say.
"""

from bisect import bisect_right
from operator import attrgetter
from typing import NamedTuple

STEP_MS = 5_000
"""Age between two waypoints."""


class Waypoint(NamedTuple):
    """An offset, with the state of log time before its record (`LogClock.state`) and the age (ms).

    clock: () where reading begins anew.
    """

    offset: int
    clock: tuple[int, ...] = ()
    age: int = 0


class Waypoints:
    """Waypoints of one source partition, from the first that may be needed on.

    reread_ms: how much age before the low offset a restart reads again.
    """

    def __init__(self, start: Waypoint, reread_ms: int) -> None:
        self._reread_ms = reread_ms
        self._known = [start]
        self._next = start.age

    def is_due(self, age: int) -> bool:
        """Whether it is time for another one."""
        return age >= self._next

    def add(self, waypoint: Waypoint) -> None:
        """Add one after all others."""
        self._known.append(waypoint)
        self._next = waypoint.age + STEP_MS

    def before(self, low: int) -> Waypoint:
        """The last one that lies `reread_ms` before the record at the low offset, or the first one.

        Low offsets are asked for in ascending order: what lies before the answer is forgotten.
        """
        at = bisect_right(self._known, low, key=attrgetter("offset")) - 1
        horizon = self._known[max(at, 0)].age - self._reread_ms
        first = bisect_right(self._known, horizon, key=attrgetter("age")) - 1
        del self._known[: max(first, 0)]
        return self._known[0]
