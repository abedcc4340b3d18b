"""A log of spans for the tests of assembly, and a small stack."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from monitor.base.units import LogTime
from monitor.traces.assembler import Assembler
from monitor.traces.fragment import Fragment
from monitor.traces.settings import AssemblySettings
from monitor.wire.span import Span

SECOND = 1_000
GAP, ORPHAN, REMOTE, MAX_AGE, MEMORY = 10 * SECOND, 60 * SECOND, 20 * SECOND, 120 * SECOND, 60 * SECOND


class Log:
    """Feeds an assembler one record at a time; log time equals age."""

    def __init__(self, **settings: int) -> None:
        self.assembler = Assembler(AssemblySettings.model_validate(settings))
        self.closed: list[Fragment] = []
        self.offset = -1

    def write(self, at: int, *spans: Span) -> "Log":
        """A record at `at` ms."""
        self.offset += 1
        self.closed += filter(None, self.assembler.advance(at))
        self.closed += filter(None, self.assembler.add(list(spans), self.offset, at, LogTime(at)))
        return self

    @property
    def groups(self) -> list[list[int]]:
        """Span numbers of each closed fragment, in order of closing."""
        return [ids_of(fragment) for fragment in self.closed]


def ids_of(fragment: Fragment) -> list[int]:
    """Span numbers of a fragment, sorted."""
    return sorted(int.from_bytes(each.span_id) for each in fragment.spans)


@contextmanager
def little_stack() -> Iterator[None]:
    """Room for few nested calls: recursion over spans would fail."""
    limit = sys.getrecursionlimit()
    depth = len(list(_frames()))
    sys.setrecursionlimit(depth + 100)
    try:
        yield
    finally:
        sys.setrecursionlimit(limit)


def _frames() -> Iterator[object]:
    frame = sys._getframe()
    while frame is not None:
        yield frame
        frame = frame.f_back  # type: ignore[assignment]
