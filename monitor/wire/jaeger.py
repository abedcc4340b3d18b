"""Jaeger protobuf (`jaeger_proto`): one span of Jaeger's model per record, with its process.

The fields that are read, with the numbers of jaeger-idl, proto/api_v2/model.proto:

    Span       1 trace_id    bytes (16, or 8)     2 span_id     bytes (8)
               3 operation_name  string           4 references* SpanRef
               6 start_time  Timestamp            7 duration    Duration
               8 tags*       KeyValue            10 process     Process
    SpanRef    1 trace_id    bytes                2 span_id     bytes
               3 ref_type    enum (0: CHILD_OF, 1: FOLLOWS_FROM)
    Process    1 service_name  string             2 tags*       KeyValue
    KeyValue   1 key         string               2 v_type      enum
               3 v_str       string (v_type 0)    4 v_bool      bool (1)
               5 v_int64     int64 (2)            6 v_float64   double (3)
               7 v_binary    bytes (4)
    Timestamp, Duration      1 seconds int64      2 nanos       int32

As in `otlp_schema`, what repeats from span to span is declared as `bytes`, as are strings. Logs, warnings,
flags and binary values are stepped over. What tags and references mean stands in `jaeger_tags`.
"""

from typing import Any

from google.protobuf.message import DecodeError

from monitor.base.errors import UndecodableError
from monitor.base.steps import Steps
from monitor.base.units import UnixNanos
from monitor.wire.attributes import LONGEST_REMEMBERED, Attributes
from monitor.wire.facts import TABLE_LIMIT, FactsTable, Origin
from monitor.wire.jaeger_tags import (
    MAX_REFERENCES,
    Reference,
    facts_of,
    links_to,
    parent_of,
    process_pairs,
    scope_of,
    tag_text,
    tag_vocabulary,
    times,
    valid_ids,
    whole_trace_id,
)
from monitor.wire.names import normalise_bytes, text_of_bytes
from monitor.wire.protobuf import slim_schema
from monitor.wire.semconv import MAX_ATTRIBUTES
from monitor.wire.span import Facts, Kind, Span
from monitor.wire.tally import DecodedCounts

_LONGEST_PROCESS = 16_384
_ORIGINS = 8_192
_FOLLOWS_FROM = 1
_VALUES = ("v_str", "v_bool", "v_int64", "v_float64")
_SECOND = 1_000_000_000

_MESSAGES = slim_schema(
    "flowdrift.jaeger",
    {
        "Time": "1 seconds int64; 2 nanos int32",
        "KeyValue": "1 key bytes; 2 v_type int32; 3 v_str bytes; 4 v_bool bool; 5 v_int64 int64;"
        "6 v_float64 double",
        "SpanRef": "1 trace_id bytes; 2 span_id bytes; 3 ref_type int32",
        "Process": "1 service_name bytes; 2 tags bytes*",
        "Span": "1 trace_id bytes; 2 span_id bytes; 3 operation_name bytes; 4 references bytes*;"
        "6 start_time Time; 7 duration Time; 8 tags bytes*; 10 process bytes",
    },
)


class JaegerProto:
    """Decoder of Jaeger protobuf; its tables live as long as it does and are bounded.

    A record holds one span, so that there is no number of spans to bound.
    """

    def __init__(self, table: FactsTable, tally: DecodedCounts, _max_spans: int) -> None:
        self._table = table
        self._tally = tally
        self._attributes = Attributes(tag_vocabulary(table.attribution.vocabulary), parse_pair)
        self._origins: dict[tuple[bytes, str, str | None], Origin] = {}
        self._facts: dict[tuple[object, ...], Facts] = {}

    def steps(self, payload: bytes, environment: str | None) -> Steps[list[Span]]:
        """The one span of a record; none, counted, where its ids are none.

        Raises UndecodableError (malformed).
        """
        self._trim()
        try:
            message = _MESSAGES["Span"].FromString(payload)
            if not message.process and not message.HasField("start_time"):
                raise UndecodableError("no span of Jaeger's model", code="malformed")
            yield
            return self._span(message, environment)
        except (DecodeError, IndexError) as error:  # IndexError: a KeyValue of one byte
            raise UndecodableError("not a Jaeger span in protobuf", code="malformed") from error

    def _trim(self) -> None:
        """Empty what is full, and what rests on it; only between records, since numbers must not change."""
        stale = self._attributes.trim() | self._table.trim()
        if stale or len(self._facts) > TABLE_LIMIT:
            self._facts.clear()
        if stale or len(self._origins) > _ORIGINS:
            self._origins.clear()

    def _span(self, message: Any, environment: str | None) -> list[Span]:
        """The span of a parsed record."""
        trace_id, span_id = whole_trace_id(message.trace_id), message.span_id
        if not valid_ids(trace_id, span_id, self._tally):
            return []
        references = list(map(_reference, message.references[:MAX_REFERENCES]))
        parent_id = parent_of(trace_id, span_id, references, self._tally)
        started, lasted = message.start_time, message.duration
        start, duration = times(
            started.seconds * _SECOND + started.nanos, lasted.seconds * _SECOND + lasted.nanos, self._tally
        )
        facts = self._facts_of(message, environment)
        links = links_to(trace_id, references) if facts.kind is Kind.CONSUMER else ()
        return [Span(trace_id, span_id, parent_id, UnixNanos(start), duration, facts, links=links)]

    def _facts_of(self, message: Any, environment: str | None) -> Facts:
        """The facts of a span, remembered by its process, its name and the numbers of its tags."""
        numbers = [
            number for raw in message.tags[:MAX_ATTRIBUTES] if (number := self._attributes.number(raw))
        ]
        process, name = message.process, message.operation_name
        key = (self._origin(process, "", environment), name, *numbers)
        if (facts := self._facts.get(key)) is None:
            tags = [self._attributes.pairs[number] for number in numbers]
            origin = self._origin(process, scope_of(tags), environment)
            facts = facts_of(self._table, origin, normalise_bytes(name), tags)
            if len(name) <= LONGEST_REMEMBERED:
                self._facts[key] = facts
        return facts

    def _origin(self, process: bytes, scope: str, environment: str | None) -> Origin:
        """The origin of a process, as bytes, and a scope."""
        key = (process, scope, environment)
        if (origin := self._origins.get(key)) is None:
            parsed = _MESSAGES["Process"].FromString(process)
            numbers = map(self._attributes.number, parsed.tags)
            tags = [self._attributes.pairs[number] for number in numbers if number]
            pairs = process_pairs(normalise_bytes(parsed.service_name), tags)
            origin = self._table.origin(pairs, scope, environment)
            if len(process) + len(scope) <= _LONGEST_PROCESS:
                self._origins[key] = origin
        return origin


def parse_pair(raw: bytes) -> tuple[str, str]:
    """Key and value of a KeyValue, the value as text; '' for binary ones."""
    pair = _MESSAGES["KeyValue"].FromString(raw)
    key = pair.key.decode("utf-8", "replace")
    if not 0 <= pair.v_type < len(_VALUES):
        return key, ""
    value = getattr(pair, _VALUES[pair.v_type])
    return key, tag_text(key, text_of_bytes(value) if isinstance(value, bytes) else value)


def _reference(raw: bytes) -> Reference:
    """A parsed SpanRef."""
    parsed = _MESSAGES["SpanRef"].FromString(raw)
    return Reference(whole_trace_id(parsed.trace_id), parsed.span_id, parsed.ref_type == _FOLLOWS_FROM)
