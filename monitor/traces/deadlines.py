"""When to look at a fragment again: a heap with at most one entry per fragment.

An entry may be early, never late: whoever pops a fragment computes its true deadline, and puts it back
if that is still to come. So a span that prolongs a fragment costs nothing here.
"""

from heapq import heappop, heappush

from monitor.traces.fragment import Fragment


class Deadlines:
    """Open fragments by the age (ms) at which they are to be looked at. Not ordered beyond that."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, Fragment]] = []
        self._serial = 0

    def push(self, age: int, fragment: Fragment) -> None:
        """Look at `fragment` when `age` is reached."""
        self._serial += 1
        fragment.scheduled = True
        heappush(self._heap, (age, self._serial, fragment))

    def pop(self, age: int) -> list[Fragment]:
        """Take out all open fragments whose entry is at or before `age`."""
        popped = []
        while self._heap and self._heap[0][0] <= age:
            fragment = heappop(self._heap)[2]
            fragment.scheduled = False
            if fragment.open:
                popped.append(fragment)
        return popped
