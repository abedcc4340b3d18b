"""Every encoding's independent encoder, and what the encoding carries of a span."""

from collections.abc import Callable, Sequence
from itertools import chain, groupby
from typing import NamedTuple

from monitor.base.units import UnixNanos
from monitor.wire.decode import Decoder
from monitor.wire.encode import OutgoingSpan
from monitor.wire.resources import RESOURCES
from monitor.wire.span import Span
from tests.unit.wire.jaeger_records import jaeger_json, jaeger_proto
from tests.unit.wire.requests import Values, as_json, request
from tests.unit.wire.tempo_records import tempo_record
from tests.unit.wire.zipkin_records import RECORDS, described

SHOP: Values = {"service.name": "shop"}

RESERVED = frozenset(
    (
        "error",
        "http.status_code",  # the exporter renames http.response.status_code to this
        "otel.library.name",
        "otel.scope.name",
        "otel.status_code",
        "span.kind",
        "w3c.tracestate",
        *RESOURCES,  # Zipkin's tags are known by their names
        *chain.from_iterable(RESOURCES.values()),
    )
)
"""Names of attributes that an encoding other than OTLP takes for something else."""


class Encoder(NamedTuple):
    """`records`: spans, resource and scope -> records. `carried`: a span -> what is left of it."""

    records: Callable[[Sequence[OutgoingSpan], Values, str], list[bytes]]
    carried: Callable[[Span], Span]


def _otlp_proto(spans: Sequence[OutgoingSpan], resource: Values, scope: str) -> list[bytes]:
    return [request(spans, resource, scope).SerializeToString()]


def _otlp_json(spans: Sequence[OutgoingSpan], resource: Values, scope: str) -> list[bytes]:
    return [as_json(request(spans, resource, scope))]


def _tempo(spans: Sequence[OutgoingSpan], resource: Values, scope: str) -> list[bytes]:
    """One record per trace; spans of another trace between those of one begin a new record."""
    traces = (list(group) for _, group in groupby(spans, lambda span: span.trace_id))
    return [tempo_record(request(trace, resource, scope)) for trace in traces]


def _all(span: Span) -> Span:
    return span


def _without_remote(span: Span) -> Span:
    """Jaeger's model does not say whether a parent is remote."""
    return span._replace(remote=False)


def _zipkin(encoding: str) -> Encoder:
    def records(spans: Sequence[OutgoingSpan], resource: Values, scope: str) -> list[bytes]:
        return [RECORDS[encoding](described(span, resource, scope) for span in spans)]

    return Encoder(records, _in_microseconds)


def _in_microseconds(span: Span) -> Span:
    """Zipkin has times in whole microseconds, no flags and no links."""
    start, duration = UnixNanos(span.start // 1_000 * 1_000), span.duration // 1_000 * 1_000
    return span._replace(start=start, duration=duration, remote=False, links=())


ENCODERS = {
    "otlp_proto": Encoder(_otlp_proto, _all),
    "otlp_json": Encoder(_otlp_json, _all),
    "jaeger_proto": Encoder(jaeger_proto, _without_remote),
    "jaeger_json": Encoder(jaeger_json, _without_remote),
    "zipkin_proto": _zipkin("zipkin_proto"),
    "zipkin_json": _zipkin("zipkin_json"),
    "zipkin_thrift": _zipkin("zipkin_thrift"),
    "tempo": Encoder(_tempo, _all),
}


def records(
    encoding: str, spans: Sequence[OutgoingSpan], resource: Values = SHOP, scope: str = ""
) -> list[bytes]:
    """The records that carry these spans."""
    return ENCODERS[encoding].records(spans, resource, scope)


def decode_all(decoder: Decoder, encoding: str, payloads: Sequence[bytes]) -> list[Span]:
    """The spans of several records."""
    return [span for payload in payloads for span in decoder.decode(payload, encoding)]
