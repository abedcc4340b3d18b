"""Spans of one trace that have one id: copies, and the two halves of a call that Zipkin gives one id.

Brave and other Zipkin instrumentation report a call from both ends under the same span id and parent id;
the Collector's Zipkin receiver hands both on as they are. The callee's half belongs below the caller's,
and what names the id as its parent was called by the callee (b3-propagation: 'shared').
"""

from collections.abc import Iterable, Sequence
from typing import Final

from monitor.wire.facts import content
from monitor.wire.span import Kind, Span

CALLERS = (Kind.CLIENT, Kind.PRODUCER)
ENTRY_KINDS = (Kind.SERVER, Kind.CONSUMER)

_CALLEE: Final = b"'"
"""Appended to the id of a callee's half; 9 bytes, so that it is no other span's id."""


def shares_id(twins: Sequence[Span], span: Span) -> bool:
    """Whether `span` is the missing half of a call whose other half is the only one of `twins`.

    Both halves have one parent: where they name two, one of them would hang nowhere.
    """
    if twins[0].parent_id != span.parent_id:
        return False
    kinds = [twin.facts.kind for twin in (*twins, span)]
    return len(kinds) == 2 and any(
        kinds[here] in CALLERS and kinds[there] in ENTRY_KINDS for here, there in ((0, 1), (1, 0))
    )


def is_copy(twin: Span, span: Span) -> bool:
    """Whether two spans of one trace and one id say the same."""
    return twin[:5] == span[:5] and (twin.facts is span.facts or content(twin.facts) == content(span.facts))


def parted(spans: Iterable[Span]) -> list[Span]:
    """The spans with each callee's half of a shared id below its caller's, under an id of its own."""
    spans = list(spans)
    called = {span.span_id for span in spans if span.facts.kind in CALLERS}
    shared = called & {span.span_id for span in spans if span.facts.kind in ENTRY_KINDS}
    return [_parted(span, shared) for span in spans]


def _parted(span: Span, shared: set[bytes]) -> Span:
    if span.span_id in shared and span.facts.kind in ENTRY_KINDS:
        return span._replace(span_id=span.span_id + _CALLEE, parent_id=span.span_id)
    if span.parent_id in shared and span.parent_id != span.span_id:
        return span._replace(parent_id=span.parent_id + _CALLEE)
    return span
