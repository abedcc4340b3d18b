"""How messages are consumed: at once or late, below their sender or linked to it, one by one or many."""

from collections import defaultdict
from random import Random

from monitor.wire.span import Kind
from tests.metamorphic.telemetry.capture import SECOND, Capture, with_traces
from tests.metamorphic.telemetry.spans import Link, Span, Trace, rewritten, shifted
from tests.metamorphic.transformations.transformation import (
    Allows,
    Side,
    Transformation,
    each_span,
    has_messages,
)

BATCH = 5


def _delayed(seconds: int) -> Transformation:
    def change(span: Span) -> Span:
        if span.kind is not Kind.PRODUCER:
            return span
        return span._replace(children=tuple(shifted(each, seconds * SECOND) for each in span.children))

    return Transformation(
        f"consumed after {seconds} s",
        f"Messages are consumed {seconds} s after they were sent.",
        each_span(change),
        needs=has_messages,
        sides=tuple(Side) if seconds < 300 else (Side.PRODUCTION,),
    )


def _cut(trace: Trace, rng: Random) -> list[Trace]:
    """The trace without its consumers, and a trace for each of them that links to its sender."""
    cut: list[Trace] = []

    def change(span: Span) -> Span:
        if span.kind is not Kind.PRODUCER:
            return span
        for consumer in span.children:
            link = Link(trace.id, span.id)
            cut.append(Trace(rng.getrandbits(128), consumer._replace(links=(link,)), trace.resource))
        return span._replace(children=())

    return [trace._replace(root=rewritten(trace.root, change)), *cut]


def _linked(capture: Capture, rng: Random) -> Capture:
    return with_traces(capture, [part for trace in capture.traces for part in _cut(trace, rng)])


def _batched(capture: Capture, rng: Random) -> Capture:
    """Consumers of one destination take several messages at once, and do their work once for all of them."""
    rest: list[Trace] = []
    waiting: dict[tuple[str, str, str], list[Trace]] = defaultdict(list)
    for part in _linked(capture, rng).traces:
        if not part.root.links:
            rest.append(part)
            continue
        key = (part.root.service, part.root.name, str(part.resource))
        waiting[key].append(part)
        if len(waiting[key]) == BATCH:
            rest.append(_together(waiting.pop(key)))
    return with_traces(capture, rest + [_together(parts) for parts in waiting.values()])


def _together(parts: list[Trace]) -> Trace:
    """The last of the consumers, with the links of all."""
    last = parts[-1]
    links = tuple(link for part in parts for link in part.root.links)
    attributes = {**last.root.attributes, "messaging.batch.message_count": len(parts)}
    return last._replace(root=last.root._replace(links=links, attributes=attributes))


ALL = (
    _delayed(25),
    _delayed(100),
    _delayed(900),
    Transformation(
        "consumers linked",
        "Consumers begin traces of their own, which link to their senders.",
        _linked,
        needs=has_messages,
    ),
    Transformation(
        "consumers batched",
        f"Consumers take {BATCH} messages at once, in traces of their own that link to every sender.",
        _batched,
        needs=has_messages,
        allows=frozenset({Allows.EVIDENCE, Allows.SHARES}),
    ),
)
