"""Captured telemetry as collectors would have sent it: many small messages, at the time spans ended.

A captured line holds a whole trace. Every service instance sends what ended within a second as one message
per trace (keyed by trace id), stamped with the end of that second.
"""

import gzip
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from aiokafka import AIOKafkaProducer

from monitor.wire.encode import OutgoingSpan, export_request
from monitor.wire.span import Kind

SECOND = 1_000_000_000
"""In ns."""
MINUTE_MS = 60_000
REQUEST_SPANS = 1000


class Captured(NamedTuple):
    """A span of a captured file and the resource that emitted it."""

    resource: tuple[tuple[str, str], ...]
    span: OutgoingSpan


class Message(NamedTuple):
    """A record to produce; timestamp in ms."""

    timestamp: int
    key: bytes
    value: bytes


def captured(lines: Iterable[str]) -> Iterator[Captured]:
    """The spans of OTLP JSON lines."""
    for line in lines:
        for group in json.loads(line)["resourceSpans"]:
            resource = tuple(_attributes(group["resource"]["attributes"]).items())
            for scope in group["scopeSpans"]:
                yield from (Captured(resource, _span(span)) for span in scope["spans"])


def lines_of(file: Path) -> list[str]:
    """The lines of a gzipped file: one trace each."""
    with gzip.open(file, "rt", encoding="utf-8") as text:
        return text.readlines()


def shifted(spans: Iterable[Captured], shift_ms: int) -> list[Captured]:
    """The same spans `shift_ms` later."""
    shift = shift_ms * 1_000_000
    return [
        Captured(resource, span._replace(start=span.start + shift, end=span.end + shift))
        for resource, span in spans
    ]


def last_ms(spans: Iterable[Captured]) -> int:
    """Log time in ms at which the last span is sent."""
    return max(_sent_ms(span.span) for span in spans)


def messages(spans: Iterable[Captured], environment: str) -> list[Message]:
    """What the collectors of `environment` send, in the order of time."""
    batches: dict[tuple[int, tuple[tuple[str, str], ...], bytes], list[OutgoingSpan]] = {}
    for resource, span in spans:
        batches.setdefault((_sent_ms(span), resource, span.trace_id), []).append(span)
    return [
        Message(
            sent,
            trace.hex().encode(),
            export_request({**dict(resource), "deployment.environment.name": environment}, "", batch),
        )
        for (sent, resource, trace), batch in sorted(batches.items(), key=lambda item: item[0])
    ]


async def produce(bootstrap: str, topic: str, feed: Sequence[Message]) -> None:
    """Append all messages in order, and wait until each is acknowledged."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks=-1, linger_ms=20)
    await producer.start()
    try:
        for message in feed:
            await producer.send(topic, message.value, key=message.key, timestamp_ms=message.timestamp)
        await producer.flush()
    finally:
        await producer.stop()


def write_jsonl(file: Path, spans: Iterable[Captured]) -> None:
    """The spans as a capture file: requests of one resource and at most `REQUEST_SPANS` spans."""
    groups: dict[tuple[tuple[str, str], ...], list[OutgoingSpan]] = {}
    for resource, span in spans:
        groups.setdefault(resource, []).append(span)
    with gzip.open(file, "wt", encoding="utf-8", compresslevel=1) as text:
        for resource, group in groups.items():
            for begin in range(0, len(group), REQUEST_SPANS):
                request = _request(dict(resource), group[begin : begin + REQUEST_SPANS])
                text.write(json.dumps(request) + "\n")


def _request(resource: Mapping[str, str], spans: Iterable[OutgoingSpan]) -> dict[str, Any]:
    plain = [
        {
            "traceId": span.trace_id.hex(),
            "spanId": span.span_id.hex(),
            "parentSpanId": span.parent_id.hex(),
            "name": span.name,
            "kind": int(span.kind),
            "startTimeUnixNano": str(span.start),
            "endTimeUnixNano": str(span.end),
            "attributes": _pairs(span.attributes),
        }
        for span in spans
    ]
    return {
        "resourceSpans": [{"resource": {"attributes": _pairs(resource)}, "scopeSpans": [{"spans": plain}]}]
    }


def _pairs(attributes: Mapping[str, str | int]) -> list[dict[str, Any]]:
    return [{"key": name, "value": {"stringValue": str(value)}} for name, value in attributes.items()]


def _attributes(pairs: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    return {pair["key"]: str(next(iter(pair["value"].values()))) for pair in pairs}


def _span(span: Mapping[str, Any]) -> OutgoingSpan:
    return OutgoingSpan(
        bytes.fromhex(span["traceId"]),
        bytes.fromhex(span["spanId"]),
        bytes.fromhex(span.get("parentSpanId", "")),
        span["name"],
        Kind(span["kind"]),
        int(span["startTimeUnixNano"]),
        int(span["endTimeUnixNano"]),
        _attributes(span.get("attributes", [])),
    )


def _sent_ms(span: OutgoingSpan) -> int:
    return -(-span.end // SECOND) * 1000
