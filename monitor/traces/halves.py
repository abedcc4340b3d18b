"""The two halves of a call that share one span id: Zipkin's way (B3, "join").

The caller's span and the callee's carry the same id X and the same parent, if the callee was told; what the
callee does then has X as its parent. The flag that says so (`shared`) stands on the callee's half alone and
is lost where a Collector translates between formats, so halves are known by their kinds: a CLIENT and a
SERVER (or a PRODUCER and a CONSUMER) of one trace with one id are two spans. Any other pair is a copy, and
so is a callee that was told another parent than its caller.

No rule that looks at one span alone could name both rightly. A derived id for the callee's half would leave
its children with the caller's: edges below the call would be named from the wrong service, and the callee
as an entry would be a flow of one span. A derived id for every CLIENT span would part it from callees that
do not share its id. So spans keep their ids while their fragment is open, in which both halves always meet
whatever comes first, and are parted when it closes: the callee keeps X and its children; the caller gets
an id derived from X, and becomes the callee's parent. Children of the caller's half itself hang below the
callee then, as Zipkin's and Jaeger's own readers have it: their ids do not say which half they mean.
A half that comes without the other is a span like any other; one that comes after the other was observed
is dropped as a copy.

Source: github.com/openzipkin/b3-propagation (README), zipkin.proto (`Span.shared`).
"""

from monitor.wire.facts import content
from monitor.wire.span import Kind, Span

CALLERS = (Kind.CLIENT, Kind.PRODUCER)
"""Kinds of the caller's half."""

_PARTNERS = {
    Kind.CLIENT: Kind.SERVER,
    Kind.SERVER: Kind.CLIENT,
    Kind.PRODUCER: Kind.CONSUMER,
    Kind.CONSUMER: Kind.PRODUCER,
}
_MASK = 0x9E3779B97F4A7C15  # 2^64 by the golden ratio: no tracer counts in steps of it


class Halves:
    """Which ids of one fragment are `shared`. Made when a span comes whose id is there already."""

    __slots__ = ("_known", "_seen", "shared")

    def __init__(self) -> None:
        self._known: dict[bytes, list[Span]] = {}
        self._seen = 0
        self.shared: set[bytes] = set()

    def complete(self, span: Span, spans: list[Span]) -> Span | None:
        """The one of `spans` whose other half `span` is, by their one id; None for a copy, once per id.

        `spans` are those of one fragment, and only ever become more: each is looked at once.
        """
        for known in spans[self._seen :]:
            self._known.setdefault(known.span_id, []).append(known)
        self._seen = len(spans)
        first = self._known[span.span_id][0]
        if span.span_id in self.shared or first.facts.kind is not _PARTNERS.get(span.facts.kind):
            return None
        caller, callee = (span, first) if span.facts.kind in CALLERS else (first, span)
        if callee.parent_id not in (caller.parent_id, b""):  # it would be left without its child
            return None
        self.shared.add(span.span_id)
        return first

    def contradicts(self, span: Span) -> bool:
        """Whether `span` says something else than those of its id that `complete` has seen."""
        return not any(_is_copy(known, span) for known in self._known[span.span_id])

    def part(self, spans: list[Span]) -> None:
        """Give each half of a shared id its own id and parent, in place."""
        if not self.shared:
            return
        for place, span in enumerate(spans):
            if span.span_id in self.shared:
                caller = caller_id(span.span_id)
                calls = span.facts.kind in CALLERS
                spans[place] = span._replace(span_id=caller) if calls else span._replace(parent_id=caller)


def _is_copy(known: Span, span: Span) -> bool:
    same = known.facts is span.facts or content(known.facts) == content(span.facts)
    return same and known[:5] == span[:5]


def caller_id(span_id: bytes) -> bytes:
    """The id of the caller's half of the shared id `span_id` (8 bytes): no two have one, none is its own."""
    return (int.from_bytes(span_id, "big") ^ _MASK).to_bytes(8, "big")
