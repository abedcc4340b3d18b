"""What Jaeger says with tags and references, whatever the encoding.

| tag | says |
| --- | --- |
| span.kind | the kind: client, server, producer, consumer, internal |
| error = true; otel.status_code = ERROR | the error; the first one is the older |
| otel.scope.name, otel.library.name | the instrumentation scope |
| w3c.tracestate | the trace state, and with it the sampling weight |

Any other tag is an attribute, a tag of the process one of the resource. The parent is the first CHILD_OF
reference into the span's own trace; without one, the first FOLLOWS_FROM into it: the Collector writes a
parent that is linked as well in that way only. All other references are links; those into other traces
are read of consumers.

Source: opentelemetry-collector-contrib, pkg/translator/jaeger (jaegerproto_to_traces), and ParentSpanID in
jaeger-idl. One rule of the translator is left out: it calls a span an error by its HTTP status, where no
other tag speaks. Here status codes are judged later, and equally for every encoding.

Jaeger's model does not say whether a parent is remote.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from monitor.base.errors import UndecodableError
from monitor.base.units import Weight
from monitor.wire.facts import FactsTable, Origin
from monitor.wire.names import READ_LIMIT, VALUE_LIMIT
from monitor.wire.sampling import weight_of
from monitor.wire.semconv import Vocabulary
from monitor.wire.span import Facts, Kind, links_of
from monitor.wire.tally import DecodedCounts
from monitor.wire.values import text_of

MAX_REFERENCES = 1_000
"""References of one span that are looked at, in their order; the exporter writes the parent first."""

_NO_SERVICE = "OTLPResourceNoServiceName"  # what the Collector writes where it knows none
_KIND, _ERROR, _STATUS, _TRACE_STATE = "span.kind", "error", "otel.status_code", "w3c.tracestate"
_SCOPES = ("otel.scope.name", "otel.library.name")
_MEANINGS = (_KIND, _ERROR, _STATUS, *_SCOPES, _TRACE_STATE)
_KINDS = {kind.name.lower(): int(kind) for kind in Kind}
_LATEST_NS = 2**64


class Reference(NamedTuple):
    """A reference to another span: a link if `follows`, else to a parent."""

    trace_id: bytes
    span_id: bytes
    follows: bool


Tags = Sequence[tuple[str, str]]
"""Tags of interest: (key, value), the value as text."""

Keep = Callable[[str], bool]
"""Whether a tag of this name is of interest."""


class Given(NamedTuple):
    """A span as one of the JSON layouts gives it: tags of interest as text, times in nanoseconds."""

    trace_id: bytes
    span_id: bytes
    references: list[Reference]
    name: str
    start: int
    duration: int
    tags: tuple[tuple[str, str], ...]
    process: tuple[tuple[str, str], ...]
    """The attributes of the resource, as `process_pairs` gives them."""


def tag_vocabulary(vocabulary: Vocabulary) -> Vocabulary:
    """What is kept of tags: `vocabulary`, and the tags that have a meaning of their own."""
    return vocabulary.extended(_MEANINGS)


def process_pairs(service: str, tags: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """The attributes of the resource that a process is."""
    return (("service.name", "" if service == _NO_SERVICE else service[:READ_LIMIT]), *tags)


def tag_text(key: str, value: object) -> str:
    """The value to keep of a tag, as text; '' for nested ones.

    Of a trace state it is the weight that it states: the rest differs from trace to trace.
    """
    if key == _TRACE_STATE:
        weight = weight_of(text_of(value).encode("utf-8", "replace"))
        return "" if weight is None else str(weight)
    return text_of(value)[:VALUE_LIMIT]


def scope_of(tags: Tags) -> str:
    """The name of the instrumentation scope, '' where no tag says it."""
    said = dict(tags)
    return next((said[name] for name in _SCOPES if name in said), "")


def facts_of(table: FactsTable, origin: Origin, name: str, tags: Tags) -> Facts:
    """The facts of a span with these tags.

    Of equal tags with a meaning the last counts, which is the exporter's own.
    """
    said = {key: value for key, value in tags if key in _MEANINGS}
    attributes = [(key, value) for key, value in tags if key not in _MEANINGS]
    kind = _KINDS.get(said.get(_KIND, ""), int(Kind.UNSPECIFIED))
    error = said.get(_ERROR) == "true" or said.get(_STATUS, "").upper() == "ERROR"
    weight = Weight(int(said[_TRACE_STATE])) if said.get(_TRACE_STATE) else None
    return table.facts(origin, name, kind, error, attributes, weight)


def whole_trace_id(given: bytes) -> bytes:
    """A trace id of 16 bytes; older clients write the lower 8 only."""
    return bytes(8) + given if len(given) == 8 else given


def valid_ids(trace_id: bytes, span_id: bytes, tally: DecodedCounts) -> bool:
    """Whether both ids have their length and are not all zeros; counted where not."""
    valid = len(trace_id) == 16 and len(span_id) == 8 and any(trace_id) and any(span_id)
    tally.invalid_ids += not valid
    return valid


def parent_of(
    trace_id: bytes, span_id: bytes, references: Iterable[Reference], tally: DecodedCounts
) -> bytes:
    """The parent's span id by the rule of the module's docstring, b'' for none."""
    followed = b""
    for reference in references:
        if reference.trace_id == trace_id:
            if not reference.follows:
                return tally.parent(span_id, reference.span_id)
            followed = followed or reference.span_id
    return tally.parent(span_id, followed) if followed else b""


def links_to(trace_id: bytes, references: Iterable[Reference]) -> tuple[bytes, ...]:
    """The other traces that a span of this one refers to, however it does."""
    return links_of(each.trace_id for each in references if each.trace_id != trace_id)


def times(start_ns: int, duration_ns: int, tally: DecodedCounts) -> tuple[int, int]:
    """Start and duration in nanoseconds, both at least 0 (Go's zero time lies before 1970).

    Raises UndecodableError (malformed) for times that 64 bits cannot hold, as other encodings do.
    """
    if duration_ns < 0:
        tally.negative_durations += 1
    start_ns, duration_ns = max(0, start_ns), max(0, duration_ns)
    if start_ns + duration_ns >= _LATEST_NS:
        raise UndecodableError("a time beyond 64 bits", code="malformed")
    return start_ns, duration_ns
