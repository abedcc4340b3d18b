"""When to close a fragment, and when to look at it: an entry per fragment, in a queue and a heap.

An entry may be early, never late: whoever pops a fragment computes its true deadline, and puts it back
if that is still to come. So a span that prolongs a fragment costs nothing here; a join that makes it due
earlier adds an entry. First entries come in order of time, since all wait equally long, and need no heap.

While idle time passes nothing can make a fragment due earlier: it is parked until its own deadline, or until
the next record.
"""

from collections import deque
from collections.abc import Iterable
from heapq import heappop, heappush
from operator import itemgetter

from monitor.base.steps import Steps
from monitor.traces.fragment import Fragment
from monitor.traces.settings import AssemblySettings

_LOOKED_AT_PER_STEP = 256

_in_order = itemgetter(0, 1)

_Entry = tuple[int, int, Fragment]
"""The age at which to look, a serial number, and the fragment."""

Due = tuple[int, tuple[int, int], Fragment]
"""The age (ms) at which a fragment closes, its position, and the fragment."""


class Deadlines:
    """Open fragments by the age (ms) at which they are to be looked at. Not ordered beyond that."""

    def __init__(self, settings: AssemblySettings) -> None:
        self._settings = settings
        self._shortest_wait_ms = settings.shortest_wait_ms
        self._queue: deque[tuple[int, Fragment]] = deque()
        self._heap: list[_Entry] = []
        self._parked: list[_Entry] = []
        self._serial = 0

    def append(self, fragment: Fragment, age: int) -> None:
        """Look at a fragment that is new at `age`, which is not before that of the last one."""
        self._queue.append((age + self._shortest_wait_ms, fragment))

    def shorten(self, fragment: Fragment, age: int) -> None:
        """Look at a fragment in time that may have become older at `age` than it was."""
        oldest = fragment.first + self._settings.max_age_ms
        if oldest < age + self._shortest_wait_ms:
            self._push(self._heap, oldest, fragment)

    def unpark(self, age: int) -> Steps[None]:
        """A record at `age` was taken, and may have changed any fragment."""
        parked, self._parked = self._parked, []
        for number, (deadline, _, fragment) in enumerate(parked, 1):
            if fragment.open:
                self._push(self._heap, min(deadline, age + self._shortest_wait_ms), fragment)
            if number % _LOOKED_AT_PER_STEP == 0:
                yield

    def due(self, age: int, read: int) -> Steps[list[Due]]:
        """Take out what closes at or before `age`, in order; `read`: the age of the last record."""
        due = []
        for number, fragment in enumerate((yield from self._pop(age)), 1):
            deadline = self.of(fragment)
            if deadline <= age:
                fragment.truncated = deadline == fragment.first + self._settings.max_age_ms
                due.append((deadline, fragment.position, fragment))
            elif (look := min(deadline, read + self._shortest_wait_ms)) > age:
                self._push(self._heap, look, fragment)
            else:
                self._push(self._parked, deadline, fragment)
            if number % _LOOKED_AT_PER_STEP == 0:
                yield
        due.sort(key=_in_order)
        return due

    def every(self, fragments: Iterable[Fragment]) -> list[Due]:
        """The same for all of these, whenever they close."""
        return sorted([(self.of(each), each.position, each) for each in fragments], key=_in_order)

    def of(self, fragment: Fragment) -> int:
        """The age at which a fragment closes if nothing more comes."""
        settings = self._settings
        if not fragment.missing:
            wait = settings.quiet_gap_ms
        elif fragment.top.remote and fragment.top.parent_id == fragment.missing:
            wait = settings.remote_wait_ms
        else:
            wait = settings.orphan_wait_ms
        return min(fragment.last + wait, fragment.first + settings.max_age_ms)

    def _push(self, heap: list[_Entry], age: int, fragment: Fragment) -> None:
        self._serial += 1
        heappush(heap, (age, self._serial, fragment))

    def _pop(self, age: int) -> Steps[list[Fragment]]:
        """Take out all open fragments with an entry at or before `age`, each once."""
        popped: dict[Fragment, None] = {}
        while self._queue and self._queue[0][0] <= age:
            popped[self._queue.popleft()[1]] = None
            if len(popped) % _LOOKED_AT_PER_STEP == 0:
                yield
        for heap in (self._heap, self._parked):
            while heap and heap[0][0] <= age:
                popped[heappop(heap)[2]] = None
                if len(popped) % _LOOKED_AT_PER_STEP == 0:
                    yield
        return [fragment for fragment in popped if fragment.open]
