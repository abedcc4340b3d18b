"""Zipkin v2 JSON (`zipkin_json`): a list of spans, as zipkin.io/zipkin-api/zipkin2-api.yaml has them.

    [{"traceId": "16 or 32 hex digits", "id": "16", "parentId": "16", "kind": "CLIENT", "name": "get /",
      "timestamp": microseconds, "duration": microseconds, "shared": true,
      "localEndpoint": {"serviceName": "shop"}, "remoteEndpoint": {"serviceName": "cart"},
      "tags": {"http.method": "GET"}}]

Everything but the ids may be missing. A list of such lists (GET /api/v2/traces) and a span without a list are
taken too. Spans of the first version (`binaryAnnotations`) are another format and are refused.
"""

from typing import Any

from monitor.base.errors import UndecodableError
from monitor.base.steps import Steps, gathered
from monitor.wire import foreign, json_record, zipkin
from monitor.wire.facts import FactsTable
from monitor.wire.ids import hex_id
from monitor.wire.json_record import unsigned
from monitor.wire.names import READ_LIMIT
from monitor.wire.span import Kind, Span
from monitor.wire.tally import DecodedCounts


class ZipkinJson:
    """Decoder of Zipkin's second version in JSON."""

    def __init__(self, table: FactsTable, tally: DecodedCounts, max_spans: int) -> None:
        self._facts = zipkin.ZipkinFacts(table)
        self._tally = tally
        self._max_spans = max_spans

    def steps(self, payload: bytes, environment: str | None) -> Steps[list[Span]]:
        """The spans of one list. Raises UndecodableError (malformed, too_deep, too_many_spans)."""
        self._facts.trim()
        document = json_record.parse(payload, self._max_spans)
        spans = spans_in(document)
        if spans is None:
            raise foreign.refusal(document)
        if len(spans) > self._max_spans:
            raise json_record.too_many(self._max_spans)
        try:
            return (yield from gathered(self._span(given, environment) for given in spans))
        except (TypeError, AttributeError, ValueError, OverflowError) as error:
            raise UndecodableError("not a list of Zipkin v2 spans", code="malformed") from error

    def _span(self, given: dict[str, Any], environment: str | None) -> Span | None:
        """One span; None, counted, where its ids are none."""
        if "binaryAnnotations" in given:
            raise foreign.refusal(given)
        trace_id, span_id, parent_id = (_id(given.get(name)) for name in ("traceId", "id", "parentId"))
        own = zipkin.ids(self._tally, trace_id, span_id, parent_id)
        if own is None:
            return None
        times = (unsigned(given.get("timestamp")), unsigned(given.get("duration")))
        facts = self._facts.facts(self._said(given, environment))
        return zipkin.span_of(self._tally, own, times, facts, given.get("shared") is True)

    def _said(self, given: dict[str, Any], environment: str | None) -> zipkin.Said:
        return zipkin.Said(
            environment,
            _service(given.get("localEndpoint")),
            _service(given.get("remoteEndpoint")),
            (given.get("name") or "")[:READ_LIMIT],
            zipkin.KINDS.get(given.get("kind") or "", Kind.UNSPECIFIED),
            self._facts.kept(given.get("tags") or {}),
        )


def spans_in(document: Any) -> list[Any] | None:
    """The spans of a document, of any type; None where none is a span of Zipkin's."""
    spans = document if isinstance(document, list) else [document]
    if spans and all(isinstance(each, list) for each in spans):
        spans = [span for each in spans for span in each]
    return spans if not spans or any(map(_is_span, spans)) else None


def _is_span(given: Any) -> bool:
    return isinstance(given, dict) and "traceId" in given and "id" in given and "attributes" not in given


def _id(given: object) -> bytes:
    """An id of 8 or 16 bytes from its hexadecimal digits, whose leading zeros may be missing."""
    digits = given if isinstance(given, str) else ""
    return hex_id(digits.zfill(16 if len(digits) <= 16 else 32)) if digits else b""


def _service(endpoint: dict[str, Any] | None) -> str:
    return ((endpoint or {}).get("serviceName") or "")[:READ_LIMIT]
