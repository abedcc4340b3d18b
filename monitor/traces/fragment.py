"""The fragment: the open group of connected spans that will become a flow."""

from typing import NamedTuple

from monitor.base.units import LogTime
from monitor.traces.halves import CALLERS, Halves
from monitor.wire.span import Facts, Marks, Span


class Runner(NamedTuple):
    """A span of a test runner: context for the groups below it, never part of a flow.

    `read` is the age (ms) at which it, or its latest copy, was read.
    """

    facts: Facts
    parent_id: bytes
    read: int


class Context(NamedTuple):
    """What the runner spans above a group say about the test that caused it; '' where they do not."""

    suite: str = ""
    run: str = ""
    case: str = ""
    environment: str = ""
    marks: Marks = ()


class Fragment:
    """A group of spans in which each one's parent is present, but for that of its single top.

    offset, index: position in the source partition of its first seen span (of the earliest part, where
    parts joined). began: log time of that record. first, last: ages in ms (log time that never steps back)
    of its first and its latest span. missing: id of the top's parent that has not come, b'' where the top
    is a root, stands below a runner span (`runner`), or where the spans form a cycle (`cyclic`). remote: the
    top says that its parent lives in another process. environments: those of its spans, in order of arrival.
    split: a flow that was observed before waited for one of its spans. halves: which of its spans share an
    id, once one came twice. open: False once closed or joined.
    """

    __slots__ = (
        "began",
        "context",
        "cyclic",
        "environments",
        "first",
        "halves",
        "index",
        "last",
        "missing",
        "offset",
        "open",
        "remote",
        "runner",
        "spans",
        "split",
        "trace_id",
        "truncated",
    )

    def __init__(self, span: Span, offset: int, index: int, age: int, began: LogTime) -> None:
        self.offset = offset
        self.index = index
        self.trace_id = span.trace_id
        self.began = began
        self.first = age
        self.last = age
        self.spans = [span]
        self.missing = b""
        self.remote = False
        self.runner: Runner | None = None
        self.context = Context()
        self.environments: tuple[str, ...] = (span.facts.environment,)
        self.split = False
        self.halves: Halves | None = None
        self.cyclic = False
        self.truncated = False
        self.open = True

    @property
    def position(self) -> tuple[int, int]:
        """(offset, index) of the first span: the fragment's name within its source partition."""
        return (self.offset, self.index)

    def take(self, span: Span, offset: int, index: int, age: int) -> None:
        """Add a span of the record at `offset`, whose spans come last first."""
        self.spans.append(span)
        self.last = age
        if self.offset == offset:
            self.index = index
        if span.facts.environment not in self.environments:
            self.environments += (span.facts.environment,)

    def take_half(self, span: Span, offset: int, index: int, age: int) -> Span | None:
        """Add a span whose id is here already, and return the other half of its call; None for a copy."""
        if self.halves is None:
            self.halves = Halves()
        other = self.halves.complete(span, self.spans)
        if other is not None:
            self.take(span, offset, index, age)
            if span.parent_id == self.missing and span.facts.kind in CALLERS:
                self.remote = span.remote
        return other

    def contradicts(self, span: Span) -> bool:
        """Whether `span`, which completes nothing, is no copy either: one id, two contents."""
        return self.halves is not None and self.halves.contradicts(span)

    def absorb(self, other: "Fragment") -> None:
        """Take over the spans of `other`; the earlier position stays, and says when the whole began."""
        self.spans += other.spans
        self.last = max(self.last, other.last)
        self.split |= other.split
        self.cyclic |= other.cyclic
        other.open = False
        if other.halves is not None:
            self.halves = self.halves or Halves()
            self.halves.shared |= other.halves.shared
        if other.environments != self.environments:
            self.environments = tuple(dict.fromkeys(self.environments + other.environments))
        if other.offset < self.offset or (other.offset == self.offset and other.index < self.index):
            self.offset, self.index = other.position
            self.began, self.first = other.began, other.first

    def close(self) -> None:
        """Nothing more comes: spans that share an id get their own."""
        self.open = False
        if self.halves is not None:
            self.halves.part(self.spans)
