"""Fragments on their way out of assembly, one by one: other work may run in between."""

from collections import deque
from collections.abc import Iterator

from monitor.traces.fragment import Fragment


class Leaving:
    """closed: those that are to be handed over; late: those to let go, whose upper part is closed or full."""

    def __init__(self) -> None:
        self.closed: deque[Fragment] = deque()
        self.late: dict[Fragment, None] = {}

    def hand_over(self) -> Iterator[Fragment]:
        """Give the fragments that have closed; each stays in `closed` until the next one is asked for."""
        while self.closed:
            yield self.closed[0]
            self.closed.popleft()

    def let_go(self) -> Iterator[Fragment]:
        """Take the late ones that are still open."""
        while self.late:
            fragment = next(iter(self.late))
            del self.late[fragment]
            if fragment.open:
                yield fragment
