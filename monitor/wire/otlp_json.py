"""OTLP/JSON (`otlp_json`): an ExportTraceServiceRequest in the JSON mapping of opentelemetry-proto.

Field names are lowerCamelCase, ids hexadecimal, 64-bit integers strings or numbers, enums numbers (their
names are accepted too). Whatever has another shape is refused as malformed.
"""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from monitor.base.errors import UndecodableError
from monitor.base.units import UnixNanos
from monitor.wire import json_record
from monitor.wire.facts import TABLE_LIMIT, FactsTable, Origin
from monitor.wire.json_record import hex_id, unsigned
from monitor.wire.names import READ_LIMIT, TEXT_LIMIT
from monitor.wire.otlp_schema import ERROR, REMOTE
from monitor.wire.sampling import weight_of
from monitor.wire.semconv import MAX_ATTRIBUTES
from monitor.wire.span import Facts, Kind, Span
from monitor.wire.synthetic import PAIR, is_synthetic
from monitor.wire.tally import Tally
from monitor.wire.values import text_of

_KINDS = {f"SPAN_KIND_{kind.name}": int(kind) for kind in Kind}
_OTHER_SIGNALS = ("resourceLogs", "resourceMetrics", "resourceProfiles")


class OtlpJson:
    """Decoder of OTLP/JSON; its table lives as long as it does and is bounded."""

    def __init__(self, table: FactsTable, tally: Tally, max_spans: int) -> None:
        self._table = table
        self._tally = tally
        self._max_spans = max_spans
        self._facts: dict[tuple[object, ...], Facts] = {}

    def decode(self, payload: bytes, environment: str | None) -> list[Span]:
        """Return the spans of one request.

        Raises UndecodableError (malformed, too_deep, too_many_spans, wrong_signal).
        """
        if self._table.trim() or len(self._facts) > TABLE_LIMIT:
            self._facts.clear()
        request = _request(payload, self._max_spans)
        try:
            return list(self._spans(request, environment))
        except (TypeError, AttributeError, ValueError, OverflowError) as error:
            raise UndecodableError("not the shape of an OTLP trace request", code="malformed") from error

    def _spans(self, request: dict[str, Any], environment: str | None) -> Iterator[Span]:
        """The valid spans of a request, resource by resource."""
        count = 0
        for resource_spans in request.get("resourceSpans") or ():
            pairs = self._kept((resource_spans.get("resource") or {}).get("attributes"))
            for scope_spans in resource_spans.get("scopeSpans") or ():
                scope = (scope_spans.get("scope") or {}).get("name") or ""
                origin = self._table.origin(pairs, scope, environment)
                spans = scope_spans.get("spans") or ()
                count += len(spans)
                if count > self._max_spans:
                    raise json_record.too_many(self._max_spans)
                yield from (span for each in spans if (span := self._span(each, origin)))

    def _span(self, given: dict[str, Any], origin: Origin) -> Span | None:
        """One span; None, counted, where its ids are none."""
        trace_id, span_id = hex_id(given.get("traceId")), hex_id(given.get("spanId"))
        if len(trace_id) != 16 or len(span_id) != 8 or not any(trace_id) or not any(span_id):
            self._tally.invalid_ids += 1
            return None
        if parent_id := hex_id(given.get("parentSpanId")):
            parent_id = self._tally.parent(span_id, parent_id)
        start = unsigned(given.get("startTimeUnixNano"))
        duration = unsigned(given.get("endTimeUnixNano")) - start
        if duration < 0:
            self._tally.negative_durations += 1
            duration = 0
        remote = unsigned(given.get("flags")) & REMOTE == REMOTE
        facts = self._facts_of(given, origin)
        return Span(trace_id, span_id, parent_id, UnixNanos(start), duration, facts, remote)

    def _facts_of(self, given: dict[str, Any], origin: Origin) -> Facts:
        """The facts of a span, remembered by what it says."""
        kind = given.get("kind") or 0
        kind = _KINDS.get(kind, 0) if isinstance(kind, str) else int(kind)
        error = (given.get("status") or {}).get("code") in (ERROR, "STATUS_CODE_ERROR")
        pairs = self._kept(given.get("attributes"))
        state = (given.get("traceState") or "").encode("utf-8", "replace")
        if state and is_synthetic(state):
            pairs = (PAIR, *pairs)
        weight = weight_of(state)
        key = (origin, (given.get("name") or "")[:READ_LIMIT], kind, error, weight, pairs)
        if (facts := self._facts.get(key)) is None:
            facts = self._facts[key] = self._table.facts(origin, key[1], kind, error, pairs, weight)
        return facts

    def _kept(self, attributes: Any) -> tuple[tuple[str, str], ...]:
        return self._table.attribution.vocabulary.kept(_pairs(attributes))


def _request(payload: bytes, max_spans: int) -> dict[str, Any]:
    """Parse a request; anything that has no spans because it is something else is refused."""
    request = json_record.parse(payload, max_spans)
    if not isinstance(request, dict):
        raise UndecodableError("not a JSON object", code="malformed")
    if request and "resourceSpans" not in request:
        foreign = any(signal in request for signal in _OTHER_SIGNALS)
        raise UndecodableError("no resourceSpans in it", code="wrong_signal" if foreign else "malformed")
    return request


def _pairs(attributes: Any) -> Iterator[tuple[str, str]]:
    """(name, value) of each attribute with a scalar value, the value as text."""
    for attribute in islice(attributes or (), MAX_ATTRIBUTES):
        value = attribute.get("value") or {}
        for field, scalar in value.items():
            yield attribute.get("key") or "", _text(field, scalar)


def _text(field: str, scalar: Any) -> str:
    """A value as text, by the name of its field in AnyValue; '' for arrays and other nested values."""
    if field == "intValue":
        return str(int(scalar))
    if field == "doubleValue":
        return text_of(float(scalar))
    return text_of(scalar)[:TEXT_LIMIT] if field in ("stringValue", "boolValue") else ""
