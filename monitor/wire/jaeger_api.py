"""Spans as Jaeger's page has them, which `jaeger_json` reads too; where they stand: `jaeger_layouts`.

    span      {"traceID": up to 32 hexadecimal digits, "spanID": up to 16, "operationName": text,
               "references": [{"refType": "CHILD_OF" | "FOLLOWS_FROM", "traceID", "spanID"}],
               "startTime": microseconds since the epoch, "duration": microseconds,
               "tags": [{"key", "type": "string" | "bool" | "int64" | "float64" | "binary", "value"}],
               "tag": {name with '@' for '.': value}, in Elasticsearch with `tags-as-fields`,
               "processID": key of the trace's processes}
    process   {"serviceName": text, "tags": [...], "tag": {...}}

Source: jaegertracing/jaeger, internal/uimodel. Ids come without their leading zeros from older versions.
"""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from monitor.wire.ids import hex_id
from monitor.wire.jaeger_layouts import Trace
from monitor.wire.jaeger_tags import MAX_REFERENCES, Given, Keep, Reference, process_pairs, tag_text
from monitor.wire.names import READ_LIMIT
from monitor.wire.semconv import MAX_ATTRIBUTES

_MICROSECOND = 1_000

Process = tuple[tuple[str, str], ...]


def read_trace(trace: Trace, kept: Keep) -> Iterator[Given]:
    """The spans of a trace; what is wrong with one of them is raised as what it is: a TypeError, say."""
    processes = {name: _process(each, kept) for name, each in trace.processes.items()}
    for span in trace.spans:
        named = processes.get(span.get("processID") or "")
        yield _span(span, named or _process(span.get("process") or trace.process, kept), kept)


def _process(given: dict[str, Any], kept: Keep) -> Process:
    return process_pairs(given.get("serviceName") or "", _tags(given, kept))


def _span(given: dict[str, Any], process: Process, kept: Keep) -> Given:
    return Given(
        trace_id=_id(given.get("traceID"), 16),
        span_id=_id(given.get("spanID"), 8),
        references=[_reference(each) for each in islice(given.get("references") or (), MAX_REFERENCES)],
        name=(given.get("operationName") or "")[:READ_LIMIT],
        start=int(given.get("startTime") or 0) * _MICROSECOND,
        duration=int(given.get("duration") or 0) * _MICROSECOND,
        tags=tuple(_tags(given, kept)),
        process=process,
    )


def _reference(given: dict[str, Any]) -> Reference:
    follows = given.get("refType") == "FOLLOWS_FROM"
    return Reference(_id(given.get("traceID"), 16), _id(given.get("spanID"), 8), follows)


def _id(given: object, size: int) -> bytes:
    """An id of `size` bytes from its hexadecimal digits; b'' where it is not one."""
    return hex_id(given.rjust(2 * size, "0")) if isinstance(given, str) and given else b""


def _tags(given: dict[str, Any], kept: Keep) -> Iterator[tuple[str, str]]:
    """(key, value) of each tag of interest of a span or a process, the value as text."""
    for tag in islice(given.get("tags") or (), MAX_ATTRIBUTES):
        if kept(key := tag.get("key") or ""):
            yield key, tag_text(key, "" if tag.get("type") == "binary" else tag.get("value"))
    for field, value in islice((given.get("tag") or {}).items(), MAX_ATTRIBUTES):
        if kept(key := field.replace("@", ".")):
            yield key, tag_text(key, value)
