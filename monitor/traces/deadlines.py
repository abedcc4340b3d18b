"""When to look at a fragment again: an entry per fragment, in a queue and a heap.

An entry may be early, never late: whoever pops a fragment computes its true deadline, and puts it back
if that is still to come. So a span that prolongs a fragment costs nothing here; a join that makes it due
earlier adds an entry. First entries come in order of time, since all wait equally long, and need no heap.
"""

from collections import deque
from heapq import heappop, heappush

from monitor.traces.fragment import Fragment


class Deadlines:
    """Open fragments by the age (ms) at which they are to be looked at. Not ordered beyond that."""

    def __init__(self) -> None:
        self._queue: deque[tuple[int, Fragment]] = deque()
        self._heap: list[tuple[int, int, Fragment]] = []
        self._serial = 0

    def append(self, age: int, fragment: Fragment) -> None:
        """Look at a new `fragment` when `age` is reached, which is not before that of the last one."""
        self._queue.append((age, fragment))

    def push(self, age: int, fragment: Fragment) -> None:
        """Look at `fragment` again when `age` is reached."""
        self._serial += 1
        heappush(self._heap, (age, self._serial, fragment))

    def pop(self, age: int) -> list[Fragment]:
        """Take out all open fragments with an entry at or before `age`, each once."""
        popped = []
        queue, heap = self._queue, self._heap
        while queue and queue[0][0] <= age:
            popped.append(queue.popleft()[1])
        while heap and heap[0][0] <= age:
            popped.append(heappop(heap)[2])
        return [fragment for fragment in dict.fromkeys(popped) if fragment.open]
