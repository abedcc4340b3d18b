"""Traces -> records of a source topic: OTLP/JSON requests, as a Collector writes them.

A span is sent when it has ended and its process next flushes; a record holds what one flush sent, or as
many of its spans as fit. The time of a record is when it was appended to the log.
"""

from collections.abc import Iterable, Iterator
from itertools import groupby
from random import Random
from typing import Any, NamedTuple

import orjson

from tests.metamorphic.telemetry.capture import Capture, Export
from tests.metamorphic.telemetry.spans import Attributes, Span, Trace, walk

MILLISECOND = 1_000_000
COLLECTOR_MS = 1_000
"""How often a Collector sends on what it received."""
LOW_64_BITS = (1 << 64) - 1
ERROR = 2


class Record(NamedTuple):
    """One record; timestamp in ms."""

    timestamp: int
    value: bytes


class _Sent(NamedTuple):
    """A span on its way: when it is appended (ms), which copy it is, how deep it stands in its trace."""

    at: int
    copy: int
    depth: int
    span: Span
    parent: int
    trace: Trace


def records(capture: Capture, rng: Random) -> list[Record]:
    """Every exported span of a capture, in records by time."""
    export = capture.export
    phases: dict[str, int] = {}
    sent = [
        _Sent(_appended(span, export, phases, rng, copy), copy, depth, span, parent, trace)
        for trace in capture.traces
        for span, parent, depth in _spans(trace)
        for copy in range(export.copies)
    ]
    sent.sort(key=lambda each: (each.at, each.copy, each.span.end))
    flushes = groupby(sent, key=lambda each: (each.at, each.copy))
    return [
        Record(at, _request(part, export.narrow))
        for (at, _), flush in flushes
        for part in _parts(_ordered(list(flush), export.order, rng), export.most)
    ]


def _spans(trace: Trace) -> Iterator[tuple[Span, int, int]]:
    """Exported spans, each with the id of its parent and its depth."""
    depths: dict[int, int] = {}
    for span, parent in walk(trace.root):
        depths[span.id] = depths[parent.id] + 1 if parent else 0
        if span.arrives:
            yield span, parent.id if parent else trace.parent, depths[span.id]


def _appended(span: Span, export: Export, phases: dict[str, int], rng: Random, copy: int) -> int:
    """When a span is in the log: its process flushes, then the Collector does; copies up to 2 s later."""
    ended = -(-span.end // MILLISECOND) + span.held_ms
    if export.flush_ms:
        phase = phases.setdefault(span.service, rng.randrange(export.flush_ms))
        ended = phase + -(-(ended - phase) // export.flush_ms) * export.flush_ms
    late = copy * rng.randrange(3) * COLLECTOR_MS
    return -(-ended // COLLECTOR_MS) * COLLECTOR_MS + late


def _ordered(sent: list[_Sent], order: str, rng: Random) -> list[_Sent]:
    match order:
        case "shuffled":
            return rng.sample(sent, len(sent))
        case "children first":
            return sorted(sent, key=lambda each: -each.depth)
        case "parents first":
            return sorted(sent, key=lambda each: each.depth)
        case "by process":
            return sorted(sent, key=_process)
        case _:
            return sent


def _process(each: _Sent) -> tuple[str, str]:
    return each.span.service, str(each.span.resource.get("service.instance.id"))


def _parts(sent: list[_Sent], most: int) -> Iterator[list[_Sent]]:
    for begin in range(0, len(sent), most):
        yield sent[begin : begin + most]


def _request(sent: Iterable[_Sent], narrow: frozenset[str]) -> bytes:
    """An ExportTraceServiceRequest with these spans in their order."""
    groups: list[dict[str, Any]] = []
    last: tuple[object, ...] = ()
    for each in sent:
        key = (each.span.service, id(each.trace.resource), id(each.span.resource), each.span.scope, each.copy)
        if key != last:
            groups.append(_group(each))
            last = key
        groups[-1]["scopeSpans"][0]["spans"].append(_span(each, narrow))
    return orjson.dumps({"resourceSpans": groups})


def _group(each: _Sent) -> dict[str, Any]:
    attributes = {"service.name": each.span.service, **each.trace.resource, **each.span.resource}
    if each.copy:
        attributes["k8s.pod.name"] = f"{each.span.service}-{each.copy}"
    return {
        "resource": {"attributes": _attributes(attributes)},
        "scopeSpans": [{"scope": {"name": each.span.scope or "http"}, "spans": []}],
    }


def _span(each: _Sent, narrow: frozenset[str]) -> dict[str, Any]:
    span = each.span
    is_narrow = span.service in narrow or "*" in narrow
    document: dict[str, Any] = {
        "traceId": _trace_id(each.trace.id, is_narrow),
        "spanId": f"{span.id:016x}",
        "name": span.name,
        "kind": int(span.kind),
        "startTimeUnixNano": str(span.start),
        "endTimeUnixNano": str(span.end),
        "attributes": _attributes(span.attributes),
    }
    if each.parent:
        document["parentSpanId"] = f"{each.parent:016x}"
    if each.trace.state:
        document["traceState"] = each.trace.state
    if span.failed:
        document["status"] = {"code": ERROR}
    if span.links:
        document["links"] = [
            {"traceId": _trace_id(link.trace, is_narrow), "spanId": f"{link.span:016x}"}
            for link in span.links
        ]
    return document


def _trace_id(number: int, narrow: bool) -> str:
    return f"{number & LOW_64_BITS if narrow else number:032x}"


def _attributes(attributes: Attributes) -> list[dict[str, Any]]:
    return [
        {"key": name, "value": {"intValue": str(value)} if isinstance(value, int) else {"stringValue": value}}
        for name, value in attributes.items()
    ]
