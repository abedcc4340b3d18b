"""Telemetry before it is exported: traces as trees of spans. Transformations rewrite these."""

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple

from monitor.wire.span import Kind

Value = str | int
Attributes = Mapping[str, Value]
NONE: Mapping[str, Value] = MappingProxyType({})


class Link(NamedTuple):
    """A span of another trace (or this one) that a span goes back to."""

    trace: int
    span: int


STILL_OPEN = 12 * 3600 * 10**9
"""A span that lasts so long (ns) has not ended when the capture ends, nor have those that wait for it."""


class Span(NamedTuple):
    """A span with all below it; `start` in ns since the epoch, `duration` in ns.

    resource: what its process says beside `service.name`. exported: False where it never arrives, although
    its children name it as their parent. held_ms: how long it is kept before it is sent.
    """

    id: int
    service: str
    kind: Kind
    name: str
    attributes: Attributes
    start: int
    duration: int
    children: tuple["Span", ...] = ()
    failed: bool = False
    links: tuple[Link, ...] = ()
    scope: str = ""
    resource: Attributes = NONE
    exported: bool = True
    held_ms: int = 0

    @property
    def arrives(self) -> bool:
        """Whether it is exported, and ends before the capture does."""
        return self.exported and self.duration < STILL_OPEN

    @property
    def end(self) -> int:
        """In ns since the epoch."""
        return self.start + self.duration


class Trace(NamedTuple):
    """One trace; `parent`: id of a span above the root that nobody exports, 0 for none.

    resource: what all processes say of themselves: the environment, and in tests the run and the case.
    state: the trace state of all its spans.
    """

    id: int
    root: Span
    resource: Attributes
    parent: int = 0
    state: str = ""

    def stated(self, name: str) -> str:
        """An attribute that its processes, or the span at its root, state; '' where neither does."""
        return str(self.resource.get(name) or self.root.attributes.get(name, ""))


def rewritten(span: Span, change: Callable[[Span], Span]) -> Span:
    """The tree with every span changed, children before their parents."""
    if span.children:
        span = span._replace(children=tuple([rewritten(child, change) for child in span.children]))
    return change(span)


def walk(span: Span, parent: Span | None = None) -> Iterator[tuple[Span, Span | None]]:
    """Every span of a tree with the one above it, parents first."""
    yield span, parent
    for child in span.children:
        yield from walk(child, span)


def shifted(span: Span, nanoseconds: int) -> Span:
    """The tree so much later."""
    return rewritten(span, lambda each: each._replace(start=each.start + nanoseconds))


def renamed(attributes: Attributes, names: Mapping[str, str]) -> dict[str, Value]:
    """Attributes with other names; '' drops one."""
    pairs = ((names.get(name, name), value) for name, value in attributes.items())
    return {name: value for name, value in pairs if name}
