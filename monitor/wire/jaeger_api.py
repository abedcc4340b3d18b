"""Traces as Jaeger's query API and its page export them: the other JSON layouts of `jaeger_json`.

    {"data": [trace, ...]}                                  an answer of the API
    {"traceID", "spans": [span, ...], "processes": {"p1": process, ...}}          a trace
    {"traceID", "spanID", ..., "process": process}          a span as it is stored in Elasticsearch

    span      {"traceID": up to 32 hexadecimal digits, "spanID": up to 16, "operationName": text,
               "references": [{"refType": "CHILD_OF" | "FOLLOWS_FROM", "traceID", "spanID"}],
               "startTime": microseconds since the epoch, "duration": microseconds,
               "tags": [{"key", "type": "string" | "bool" | "int64" | "float64" | "binary", "value"}],
               "processID": key of the trace's processes}
    process   {"serviceName": text, "tags": [...]}

Source: jaegertracing/jaeger, internal/uimodel. Ids come without their leading zeros from older versions.
"""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from monitor.wire.ids import hex_id
from monitor.wire.jaeger_tags import MAX_REFERENCES, Given, Keep, Reference, process_pairs, tag_text
from monitor.wire.json_record import too_many
from monitor.wire.names import READ_LIMIT
from monitor.wire.semconv import MAX_ATTRIBUTES

_MICROSECOND = 1_000

Process = tuple[tuple[str, str], ...]


def read_spans(document: dict[str, Any], kept: Keep, max_spans: int) -> Iterator[Given]:
    """The spans of an answer, a trace or a stored span.

    Raises UndecodableError (malformed, too_many_spans), and what its caller takes for malformed.
    """
    if "spanID" in document:
        yield _span(document, {}, kept)
        return
    traces = document.get("data", [document])
    if sum(len(trace["spans"]) for trace in traces) > max_spans:
        raise too_many(max_spans)
    for trace in traces:
        processes = {name: _process(each, kept) for name, each in (trace.get("processes") or {}).items()}
        yield from (_span(span, processes, kept) for span in trace["spans"])


def _process(given: dict[str, Any], kept: Keep) -> Process:
    return process_pairs(given.get("serviceName") or "", _tags(given.get("tags"), kept))


def _span(given: dict[str, Any], processes: dict[str, Process], kept: Keep) -> Given:
    process = processes.get(given.get("processID") or "") or _process(given.get("process") or {}, kept)
    return Given(
        trace_id=_id(given.get("traceID"), 16),
        span_id=_id(given["spanID"], 8),
        references=[_reference(each) for each in islice(given.get("references") or (), MAX_REFERENCES)],
        name=(given.get("operationName") or "")[:READ_LIMIT],
        start=int(given.get("startTime") or 0) * _MICROSECOND,
        duration=int(given.get("duration") or 0) * _MICROSECOND,
        tags=tuple(_tags(given.get("tags"), kept)),
        process=process,
    )


def _reference(given: dict[str, Any]) -> Reference:
    follows = given.get("refType") == "FOLLOWS_FROM"
    return Reference(_id(given.get("traceID"), 16), _id(given.get("spanID"), 8), follows)


def _id(given: object, size: int) -> bytes:
    """An id of `size` bytes from its hexadecimal digits; b'' where it is not one."""
    return hex_id(given.rjust(2 * size, "0")) if isinstance(given, str) and given else b""


def _tags(tags: Any, kept: Keep) -> Iterator[tuple[str, str]]:
    """(key, value) of each tag of interest, the value as text."""
    for tag in islice(tags or (), MAX_ATTRIBUTES):
        if kept(key := tag.get("key") or ""):
            yield key, tag_text(key, "" if tag.get("type") == "binary" else tag.get("value"))
