"""OTLP/JSON (`otlp_json`): an ExportTraceServiceRequest in the JSON mapping of opentelemetry-proto.

Field names are lowerCamelCase, ids hexadecimal, 64-bit integers strings or numbers, enums numbers. Taken too
are ids and enums as the JSON mapping of protobuf itself has them (base64, names), and the documents of
`otlp_layouts`. Whatever has another shape is refused.
"""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from monitor.base.errors import UndecodableError
from monitor.base.steps import Steps, gathered
from monitor.base.units import UnixNanos
from monitor.wire import foreign, json_record, otlp_layouts
from monitor.wire.credentials import PRESENT, credential_as
from monitor.wire.facts import TABLE_LIMIT, FactsTable, Origin
from monitor.wire.flags import FLAGS, together
from monitor.wire.ids import SPAN, TRACE, any_id, hex_id
from monitor.wire.json_record import unsigned
from monitor.wire.names import READ_LIMIT, TEXT_LIMIT
from monitor.wire.otlp_schema import ERROR, REMOTE
from monitor.wire.sampling import weight_of
from monitor.wire.semconv import MAX_ATTRIBUTES
from monitor.wire.span import Facts, Kind, Span, links_of
from monitor.wire.synthetic import PAIR, is_synthetic
from monitor.wire.tally import DecodedCounts
from monitor.wire.values import text_of

_KINDS = {f"{prefix}{kind.name}": int(kind) for prefix in ("SPAN_KIND_", "") for kind in Kind}
_ERRORS = frozenset((ERROR, "STATUS_CODE_ERROR", "ERROR", str(ERROR)))
_NO_ID = b"?"
"""Stands for a parent whose text is no id, so that it is counted like one of another length."""


class OtlpJson:
    """Decoder of OTLP/JSON; its table lives as long as it does and is bounded."""

    def __init__(self, table: FactsTable, tally: DecodedCounts, max_spans: int) -> None:
        self._table = table
        self._tally = tally
        self._max_spans = max_spans
        self._facts: dict[tuple[object, ...], Facts] = {}

    def steps(self, payload: bytes, environment: str | None) -> Steps[list[Span]]:
        """The spans of one request.

        Raises UndecodableError (malformed, too_deep, too_many_spans, wrong_signal).
        """
        if self._table.trim() or len(self._facts) > TABLE_LIMIT:
            self._facts.clear()
        document = json_record.parse(payload, self._max_spans)
        try:
            return (yield from gathered(self._spans(_resource_spans(document), environment)))
        except (TypeError, AttributeError, ValueError, OverflowError) as error:
            raise UndecodableError("not the shape of an OTLP trace request", code="malformed") from error

    def _spans(self, found: list[Any], environment: str | None) -> Iterator[Span | None]:
        """The spans of a request, resource by resource; None for one without valid ids, and each scope."""
        count = 0
        for resource_spans in found:
            pairs = self._kept((resource_spans.get("resource") or {}).get("attributes"))
            partial = bool(resource_spans.get(otlp_layouts.PARTIAL))
            for scope_spans in resource_spans.get("scopeSpans") or otlp_layouts.library_spans(resource_spans):
                scope = (scope_spans.get("scope") or {}).get("name") or ""
                origin = self._table.origin(pairs, scope, environment, partial=partial)
                spans = scope_spans.get("spans") or ()
                count += len(spans)
                if count > self._max_spans:
                    raise json_record.too_many(self._max_spans)
                yield from (self._span(each, origin) for each in spans)
                yield None

    def _span(self, given: dict[str, Any], origin: Origin) -> Span | None:
        """One span; None, counted, where its ids are none."""
        trace_id, span_id = hex_id(given.get("traceId")), hex_id(given.get("spanId"))
        if len(trace_id) != TRACE or len(span_id) != SPAN:
            trace_id, span_id = any_id(given.get("traceId"), TRACE), any_id(given.get("spanId"), SPAN)
        if not any(trace_id) or not any(span_id):
            self._tally.invalid_ids += 1
            return None
        if parent_id := given.get("parentSpanId") or b"":
            parent_id = self._tally.parent(span_id, hex_id(parent_id) or any_id(parent_id, SPAN) or _NO_ID)
        start = unsigned(given.get("startTimeUnixNano"))
        duration = unsigned(given.get("endTimeUnixNano")) - start
        if duration < 0:
            self._tally.negative_durations += 1
            duration = 0
        remote = unsigned(given.get("flags")) & REMOTE == REMOTE
        facts = self._facts_of(given, origin)
        links = _linked(given) if facts.kind is Kind.CONSUMER else ()
        return Span(trace_id, span_id, parent_id, UnixNanos(start), duration, facts, remote, links)

    def _facts_of(self, given: dict[str, Any], origin: Origin) -> Facts:
        """The facts of a span, remembered by what it says."""
        kind = given.get("kind") or 0
        kind = _kind(kind) if isinstance(kind, str) else int(kind)
        error = (given.get("status") or {}).get("code") in _ERRORS
        pairs = self._kept(given.get("attributes"))
        state = (given.get("traceState") or "").encode("utf-8", "replace")
        if state and is_synthetic(state):
            pairs = (PAIR, *pairs)
        if (events := given.get("events")) and (flags := _flags(events)):
            pairs = (*pairs, (FLAGS, flags))
        weight = weight_of(state)
        key = (origin, (given.get("name") or "")[:READ_LIMIT], kind, error, weight, pairs)
        if (facts := self._facts.get(key)) is None:
            facts = self._facts[key] = self._table.facts(origin, key[1], kind, error, pairs, weight)
        return facts

    def _kept(self, attributes: Any) -> tuple[tuple[str, str], ...]:
        return self._table.attribution.vocabulary.kept(_pairs(attributes))


def _resource_spans(document: Any) -> list[Any]:
    """The resourceSpans of a document; the usual layout costs a look-up. Raises UndecodableError."""
    if isinstance(document, dict) and "resourceSpans" in document:
        return document["resourceSpans"] or []
    if (found := otlp_layouts.resource_spans(document)) is None:
        raise foreign.refusal(document)
    return found


def _kind(name: str) -> int:
    """The number of a kind by its name, or in quotes; 0 for one that nobody knows."""
    return int(name) if name.isdecimal() and len(name) == 1 else _KINDS.get(name.upper(), 0)


def _linked(given: dict[str, Any]) -> tuple[bytes, ...]:
    """The trace ids that a span links to."""
    return links_of(hex_id(link.get("traceId")) for link in given.get("links") or ())


def _flags(events: Any) -> str:
    """The feature flags that events tell of."""
    return together(dict(_pairs(event.get("attributes"))) for event in islice(events, MAX_ATTRIBUTES))


def _pairs(attributes: Any) -> Iterator[tuple[str, str]]:
    """(name, value) of each attribute with a scalar value, as text; of a header's array the first."""
    for attribute in islice(attributes or (), MAX_ATTRIBUTES):
        key, value = attribute.get("key") or "", attribute.get("value") or {}
        for field, scalar in value.items():
            yield key, _text(field, scalar) or (_nested(scalar) if scalar and credential_as(key) else "")


def _nested(value: Any) -> str:
    """Of a value that is no text: that it is there, or of an array the first one that is text."""
    if not isinstance(value, dict):
        return PRESENT
    first = next(iter(value.get("values") or ()), None)
    return text_of(first.get("stringValue"))[:TEXT_LIMIT] or PRESENT if first else ""


def _text(field: str, scalar: Any) -> str:
    """A value as text, by the name of its field in AnyValue; '' for arrays and other nested values."""
    if field == "intValue":
        return str(int(scalar))
    if field == "doubleValue":
        return text_of(float(scalar))
    return text_of(scalar)[:TEXT_LIMIT] if field in ("stringValue", "boolValue") else ""
