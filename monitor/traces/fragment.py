"""The fragment: the open group of connected spans that will become a flow."""

from typing import NamedTuple

from monitor.base.units import LogTime
from monitor.traces.by_id import SpansById
from monitor.traces.halves import CALLERS, completes, is_copy, part
from monitor.wire.span import UNKNOWN, Facts, Marks, Span

_NONE: set[bytes] = set()
"""What a fragment shares that shares nothing; never changed."""

MOST_ENVIRONMENTS = 32
"""Environments of one fragment that are named; one with more may be of any: `UNKNOWN`."""


PASSED, FAILED = "passed", "failed"
"""Results of a test case, as its runner has them."""


class Runner(NamedTuple):
    """A span of a test runner: context for the groups below it, never part of a flow.

    `read` is the age (ms) at which it, or its latest copy, was read.
    """

    facts: Facts
    parent_id: bytes
    read: int


class Context(NamedTuple):
    """What the runner spans above a group say about the test that caused it; '' where they do not.

    result: of the test case, PASSED or FAILED.
    """

    suite: str = ""
    run: str = ""
    case: str = ""
    environment: str = ""
    marks: Marks = ()
    result: str = ""

    def completed(self, other: "Context") -> "Context":
        """This, and of what it does not say what `other` does."""
        return Context(
            self.suite or other.suite,
            self.run or other.run,
            self.case or other.case,
            self.environment or other.environment,
            self.marks or other.marks,
            self.result or other.result,
        )


class Fragment:
    """A group of spans in which each one's parent is present, but for that of its single top.

    offset, index: position in the source partition of its first span there (of the earliest part, where
    parts joined). began: log time of that record. first, last: ages in ms (log time that never steps back)
    of its first and its latest span; a runner's or sender's span above it that it waited for counts as one.
    top: the span whose parent is not here (in a cycle: one of it). missing: id of that parent while it has
    not come, b'' where the top is a root, stands below a runner span (`runner`) or begins a flow of its own
    below what sent its message, or where the spans form a cycle (`cyclic`). environments: those of its spans,
    in order of arrival. outlasted: the missing parent lasts longer than spans of one request are apart.
    hops: how often it came to wait for what is above its sender (`Trace.follow`).
    split: a flow that was observed before waited for one of its spans. shared: ids that two of its spans have
    (`halves`). open: False once closed or joined.
    """

    __slots__ = (
        "_by_id",
        "began",
        "context",
        "cyclic",
        "environments",
        "first",
        "hops",
        "index",
        "last",
        "missing",
        "offset",
        "open",
        "outlasted",
        "runner",
        "shared",
        "spans",
        "split",
        "top",
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
        self.top = span
        self.missing = b""
        self.hops = 0
        self.runner: Runner | None = None
        self.context = Context()
        self.environments: tuple[str, ...] = (span.facts.environment,)
        self.outlasted = False
        self.split = False
        self.shared: set[bytes] = _NONE
        self.cyclic = False
        self.truncated = False
        self.open = True
        self._by_id: SpansById | None = None

    @property
    def position(self) -> tuple[int, int]:
        """(offset, index) of the first span: the fragment's name within its source partition."""
        return (self.offset, self.index)

    def take(self, span: Span, offset: int, index: int, age: int) -> None:
        """Add a span of the record at `offset`, whose spans come last first."""
        self.spans.append(span)
        self.last = age
        if offset <= self.offset:
            self.offset, self.index = offset, index
        if span.facts.environment not in self.environments:
            self.name_environments(span.facts.environment)

    def name_environments(self, *names: str) -> None:
        """Take note of environments of its spans, at most `MOST_ENVIRONMENTS` and `UNKNOWN`."""
        named = tuple(dict.fromkeys((*self.environments, *names)))
        if len(named) > MOST_ENVIRONMENTS:
            named = tuple(dict.fromkeys((*named[:MOST_ENVIRONMENTS], UNKNOWN)))
        self.environments = named

    def take_half(self, span: Span, offset: int, index: int, age: int) -> bool:
        """Add a span whose id is here already, if it is the other half of its call; False for a copy."""
        first = self.find(span.span_id)[0]
        if span.span_id in self.shared or not completes(span, first):
            return False
        if not self.shared:
            self.shared = set()
        self.shared.add(span.span_id)
        self.take(span, offset, index, age)
        if first is self.top and span.facts.kind in CALLERS:
            self.top = span
        return True

    def find(self, span_id: bytes) -> list[Span]:
        """Its spans with this id, of which it has one at least."""
        if self._by_id is None:
            self._by_id = SpansById()
        return self._by_id.find(span_id, self.spans)

    def contradicts(self, span: Span) -> bool:
        """Whether `span`, whose id is here and which completes nothing, is no copy either."""
        return not any(is_copy(known, span) for known in self.find(span.span_id))

    def absorb(self, other: "Fragment") -> None:
        """Take over the spans of `other`; the earlier position stays, and says when the whole began."""
        self.spans += other.spans
        self.last = max(self.last, other.last)
        self.split |= other.split
        self.cyclic |= other.cyclic
        other.open = False
        if self.shared is _NONE:
            self.shared = other.shared
        else:
            self.shared |= other.shared
        if other.environments != self.environments:
            self.name_environments(*other.environments)
        if other.offset < self.offset or (other.offset == self.offset and other.index < self.index):
            self.offset, self.index = other.position
            self.began, self.first = other.began, other.first

    def close(self) -> None:
        """Nothing more comes: spans that share an id get their own."""
        self.open = False
        if self.shared:
            part(self.spans, self.shared)
