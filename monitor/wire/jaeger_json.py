"""Jaeger JSON (`jaeger_json`): spans of Jaeger's model, in the JSON mapping of protobuf; a record has one.

The fields that are read, with zero values left out (their meaning: `jaeger_tags`):

    {"traceId": base64 of 16 bytes, "spanId": base64 of 8 bytes, "operationName": text,
     "references": [{"traceId", "spanId", "refType": "CHILD_OF" | "FOLLOWS_FROM"}],
     "startTime": RFC 3339 with up to nine decimals, "duration": "0.039s",
     "tags": [{"key", "vType": "STRING" | "BOOL" | "INT64" | "FLOAT64" | "BINARY",
               "vStr" | "vBool" | "vInt64" (in quotes) | "vFloat64" | "vBinary"}],
     "process": {"serviceName": text, "tags": [...]}}

Sources: jaeger-idl, proto/api_v2/model.proto; the Collector's exporter writes it with gogo's jsonpb. Other
documents with such spans, and with those of Jaeger's page (`jaeger_api`), are taken too: `jaeger_layouts`.
"""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from monitor.base.errors import UndecodableError
from monitor.base.steps import Steps, gathered
from monitor.base.units import UnixNanos
from monitor.wire import foreign, jaeger_api, jaeger_layouts, json_record
from monitor.wire.facts import TABLE_LIMIT, FactsTable
from monitor.wire.ids import SPAN, TRACE, any_id, base64_id
from monitor.wire.jaeger_layouts import Trace
from monitor.wire.jaeger_tags import (
    MAX_REFERENCES,
    Given,
    Keep,
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
)
from monitor.wire.names import READ_LIMIT
from monitor.wire.semconv import MAX_ATTRIBUTES
from monitor.wire.span import Facts, Kind, Span
from monitor.wire.tally import DecodedCounts

_SCALARS: dict[str, tuple[str, type]] = {
    "BOOL": ("vBool", bool),
    "INT64": ("vInt64", int),
    "FLOAT64": ("vFloat64", float),
}
_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)")
_DURATION = re.compile(r"(-?)(\d{1,12})(?:\.(\d{1,9}))?s")
_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00Z")
_SECOND = 1_000_000_000


class JaegerJson:
    """Decoder of Jaeger JSON; its table lives as long as it does and is bounded."""

    def __init__(self, table: FactsTable, tally: DecodedCounts, max_spans: int) -> None:
        self._table = table
        self._tally = tally
        self._max_spans = max_spans
        self._vocabulary = tag_vocabulary(table.attribution.vocabulary)
        self._facts: dict[tuple[object, ...], Facts] = {}

    def steps(self, payload: bytes, environment: str | None) -> Steps[list[Span]]:
        """The spans of a record, one in the exporter's layout.

        Raises UndecodableError (malformed, too_deep, too_many_spans).
        """
        if self._table.trim() or len(self._facts) > TABLE_LIMIT:
            self._facts.clear()
        document = json_record.parse(payload, self._max_spans)
        try:
            read = self._read(document)
            return (yield from gathered(self._span(given, environment) for given in read))
        except (TypeError, AttributeError, ValueError, OverflowError) as error:
            raise UndecodableError("not the shape of a Jaeger span or trace", code="malformed") from error

    def _read(self, document: Any) -> Iterator[Given]:
        """The spans of a document in whichever layout it has; that of a record costs two look-ups."""
        if isinstance(document, dict) and "traceId" in document and "process" in document:
            return iter([_read_span(document, document["process"] or {}, self._kept)])
        return self._read_traces(document)

    def _read_traces(self, document: Any) -> Iterator[Given]:
        traces = jaeger_layouts.traces(document)
        if traces is None:
            raise foreign.refusal(document)
        if sum(len(trace.spans) for trace in traces) > self._max_spans:
            raise json_record.too_many(self._max_spans)
        for trace in traces:
            yield from (jaeger_api.read_trace if trace.paged else _read_trace)(trace, self._kept)

    def _kept(self, name: str) -> bool:
        return bool(self._vocabulary.newest(name)[0])

    def _span(self, given: Given, environment: str | None) -> Span | None:
        """One span; None, counted, where its ids are none."""
        if not valid_ids(given.trace_id, given.span_id, self._tally):
            return None
        parent_id = parent_of(given.trace_id, given.span_id, given.references, self._tally)
        start, duration = times(given.start, given.duration, self._tally)
        facts = self._facts_of(given, environment)
        links = links_to(given.trace_id, given.references) if facts.kind is Kind.CONSUMER else ()
        return Span(given.trace_id, given.span_id, parent_id, UnixNanos(start), duration, facts, links=links)

    def _facts_of(self, given: Given, environment: str | None) -> Facts:
        """The facts of a span, remembered by what it says."""
        tags, process = self._vocabulary.kept(given.tags), self._vocabulary.kept(given.process)
        key = (environment, process, given.name, tags)
        if (facts := self._facts.get(key)) is None:
            origin = self._table.origin(process, scope_of(tags), environment)
            facts = self._facts[key] = facts_of(self._table, origin, given.name, tags)
        return facts


def _read_trace(trace: Trace, kept: Keep) -> Iterator[Given]:
    """The spans of a trace in the layout of the module's docstring."""
    for span in trace.spans:
        yield _read_span(span, span.get("process") or trace.process, kept)


def _read_span(given: dict[str, Any], process: dict[str, Any], kept: Keep) -> Given:
    return Given(
        trace_id=_id(given.get("traceId"), TRACE),
        span_id=_id(given.get("spanId"), SPAN),
        references=[_reference(each) for each in islice(given.get("references") or (), MAX_REFERENCES)],
        name=(given.get("operationName") or "")[:READ_LIMIT],
        start=_unix_ns(given.get("startTime") or "1970-01-01T00:00:00Z"),
        duration=_nanoseconds(given.get("duration") or "0s"),
        tags=tuple(_tags(given.get("tags"), kept)),
        process=process_pairs(process.get("serviceName") or "", _tags(process.get("tags"), kept)),
    )


def _reference(given: dict[str, Any]) -> Reference:
    follows = given.get("refType") in ("FOLLOWS_FROM", 1)
    return Reference(_id(given.get("traceId"), TRACE), _id(given.get("spanId"), SPAN), follows)


def _id(given: object, size: int) -> bytes:
    """An id of `size` bytes; the usual spelling is tried first."""
    found = base64_id(given)
    return found if len(found) == size else any_id(given, size)


def _tags(tags: Any, kept: Keep) -> Iterator[tuple[str, str]]:
    """(key, value) of each tag of interest, the value as text."""
    for tag in islice(tags or (), MAX_ATTRIBUTES):
        if kept(key := tag.get("key") or ""):
            yield key, tag_text(key, _value(tag))


def _value(tag: dict[str, Any]) -> object:
    """The value of a tag in its type; '' for binary ones. Raises ValueError, TypeError."""
    kind = tag.get("vType") or "STRING"
    if kind == "STRING":
        return tag.get("vStr") or ""
    field, scalar = _SCALARS.get(kind, ("", str))
    return scalar(tag.get(field) or 0) if field else ""


def _unix_ns(text: str) -> int:
    """Nanoseconds since the epoch, negative before it. Raises ValueError, TypeError."""
    if not (found := _TIME.fullmatch(text)):
        raise ValueError(f"no time: {text[:40]!r}")
    seconds = (datetime.fromisoformat(found[1] + found[3]) - _EPOCH) // timedelta(seconds=1)
    return seconds * _SECOND + int((found[2] or "").ljust(9, "0"))


def _nanoseconds(text: str) -> int:
    """Nanoseconds of a duration such as '0.039s'. Raises ValueError, TypeError."""
    if not (found := _DURATION.fullmatch(text)):
        raise ValueError(f"no duration: {text[:40]!r}")
    length = int(found[2]) * _SECOND + int((found[3] or "").ljust(9, "0"))
    return -length if found[1] else length
