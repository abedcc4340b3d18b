"""The two halves of a call that share one span id: Zipkin's way (B3, "join").

The caller's span and the callee's carry the same id X and the same parent, if the callee knew it; what the
callee does then has X as its parent. The flag that says so (`shared`) stands on the callee's half alone and
is lost where a Collector translates between formats, so halves are known by their kinds: a CLIENT and a
SERVER (or a PRODUCER and a CONSUMER) of one trace with one id are two spans. Any other pair is a copy, and
so is a callee that received another parent than its caller.

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


def completes(span: Span, first: Span) -> bool:
    """Whether `span` is the other half of `first`, which has its id; else it is a copy."""
    if first.facts.kind is not _PARTNERS.get(span.facts.kind):
        return False
    caller, callee = (span, first) if span.facts.kind in CALLERS else (first, span)
    return callee.parent_id in (caller.parent_id, b"")  # else it would be left without its child


def is_copy(known: Span, span: Span) -> bool:
    """Whether `span`, which has the id of `known`, says the same."""
    same = known.facts is span.facts or content(known.facts) == content(span.facts)
    return same and known[:5] == span[:5]


def part(spans: list[Span], shared: set[bytes]) -> None:
    """Give each half of a `shared` id its own id and parent, in place."""
    for place, span in enumerate(spans):
        if span.span_id in shared:
            caller = caller_id(span.span_id)
            calls = span.facts.kind in CALLERS
            spans[place] = span._replace(span_id=caller) if calls else span._replace(parent_id=caller)


def caller_id(span_id: bytes) -> bytes:
    """The id of the caller's half of the shared id `span_id` (8 bytes): no two have one, none is its own."""
    return (int.from_bytes(span_id, "big") ^ _MASK).to_bytes(8, "big")
