"""Inputs that cost as much as they can: payloads of one source partition, and the batches that carry them.

`size` is about how many spans an input has; what is left of them is up to the monitor.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import NamedTuple

from aiokafka.record.default_records import _DefaultRecordBatchBuilderPy

from monitor.wire.encode import OutgoingSpan, export_request
from monitor.wire.span import Kind

PER_RECORD = 10_000
BEGIN_NS = 1_700_000_000_000_000_000
ZSTD = 4


class Input(NamedTuple):
    """What is written to a partition: how, and in which encoding it is to be read."""

    payloads: Callable[[int], Iterable[bytes]]
    encoding: str = "otlp_proto"
    compression: int = 0


def _id(number: int, size: int = 8) -> bytes:
    return number.to_bytes(size, "big")


def _span(
    number: int,
    parent: int = 0,
    trace: int = 1,
    name: str = "GET /a",
    kind: Kind = Kind.SERVER,
    said: str = "",
) -> OutgoingSpan:
    begin = BEGIN_NS + number
    parent_id = _id(parent) if parent else b""
    attributes = dict([said.split("=")]) if said else {}
    return OutgoingSpan(_id(trace, 16), _id(number), parent_id, name, kind, begin, begin + 10**6, attributes)


def _requests(spans: Iterable[OutgoingSpan], service: str = "shop") -> Iterator[bytes]:
    left = iter(spans)
    while batch := list(islice(left, PER_RECORD)):
        yield export_request({"service.name": service}, "http", batch)


def _spans(
    each: Callable[[int, int], OutgoingSpan], *, reverse: bool = False
) -> Callable[[int], Iterator[bytes]]:
    """Records of the spans `each(number, size)`, the first one first, or last."""

    def payloads(size: int) -> Iterator[bytes]:
        numbers = range(1, size + 1)
        return _requests(each(number, size) for number in (reversed(numbers) if reverse else numbers))

    return payloads


def _field(tag: int, content: bytes) -> bytes:
    size, length = len(content), b""
    while size > 0x7F:
        length += bytes((size & 0x7F | 0x80,))
        size >>= 7
    return bytes((tag,)) + length + bytes((size,)) + content


def _scope(content: bytes) -> bytes:
    return _field(0x0A, _field(0x12, content))


def _resources(size: int) -> Iterator[bytes]:
    """Every span in a resource of its own."""
    for begin in range(1, size + 1, PER_RECORD):
        numbers = range(begin, min(begin + PER_RECORD, size + 1))
        yield b"".join(export_request({"service.name": f"s{n}"}, "", [_span(n)]) for n in numbers)


def _resource_attributes(size: int) -> Iterator[bytes]:
    pairs = b"".join(_field(0x0A, _field(0x0A, b"a%d" % n)) for n in range(size))
    yield _field(
        0x0A,
        _field(0x0A, pairs) + _field(0x12, _field(0x12, b"\x0a\x10" + _id(1, 16) + b"\x12\x08" + _id(1))),
    )


def _json(size: int) -> Iterator[bytes]:
    plain = [{"traceId": f"{1:032x}", "spanId": f"{n:016x}", "name": f"GET /{n}"} for n in range(1, size + 1)]
    for begin in range(0, size, PER_RECORD):
        spans = plain[begin : begin + PER_RECORD]
        yield json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]}).encode()


def _bombs(_: int) -> Iterator[bytes]:
    yield bytes(256 * 1024 * 1024)


HALF = Kind.CLIENT, Kind.SERVER
INPUTS = {
    "bomb, gzip": Input(_bombs, compression=1),
    "bomb, snappy": Input(_bombs, compression=2),
    "bomb, lz4": Input(_bombs, compression=3),
    "bomb, zstd": Input(_bombs, compression=ZSTD),
    "empty spans": Input(lambda size: [_scope(b"\x12\0" * 5 * size)]),
    "almost too many empty spans": Input(lambda size: [_scope(b"\x12\0" * (size - 10))]),
    "empty attributes": Input(lambda size: [_scope(_field(0x12, b"\x4a\0" * 5 * size))]),
    "attributes of a resource": Input(_resource_attributes),
    "unknown fields": Input(lambda size: [_scope(_field(0x12, b"\x60\0" * 5 * size))]),
    "a resource each": Input(_resources),
    "a name each": Input(_spans(lambda n, _: _span(n, 1, name=f"GET /a{n}/b"))),
    "JSON": Input(_json, "otlp_json"),
    "JSON, nested": Input(
        lambda size: [b'{"resourceSpans":' + b"[" * size + b"]" * size + b"}"], "otlp_json"
    ),
    "chain": Input(_spans(lambda n, _: _span(n, n - 1))),
    "chain, last span first": Input(_spans(lambda n, _: _span(n, n - 1), reverse=True)),
    "chain of one gateway": Input(_spans(lambda n, _: _span(n, n - 1, name="GET"))),
    "chain of internal spans": Input(_spans(lambda n, _: _span(n, n - 1, kind=Kind.INTERNAL))),
    "star": Input(_spans(lambda n, _: _span(n, n and 1))),
    "star, parent last": Input(_spans(lambda n, _: _span(n, n > 1), reverse=True)),
    "star, parent never": Input(_spans(lambda n, size: _span(n, size + 1))),
    "calls below a chain": Input(
        _spans(lambda n, size: _span(n, min(n - 1, size // 2), kind=HALF[n < size // 2]))
    ),
    "one trace id": Input(_spans(lambda n, _: _span(n))),
    "parents that never come": Input(_spans(lambda n, size: _span(n, size + n))),
    "cycles": Input(_spans(lambda n, _: _span(n, n % 2 + n - n % 2 or 1))),
    "one span id": Input(_spans(lambda n, _: _span(1, name=f"GET /{n % 7}"))),
    "consumers": Input(
        _spans(lambda n, _: _span(n, n - 1, kind=Kind.CONSUMER, said=f"test.case.name=case {n % 999}"))
    ),
    "an environment each": Input(_spans(lambda n, _: _span(n, 1, said=f"deployment.environment.name=e{n}"))),
    "ten traces": Input(_spans(lambda n, size: _span(n, 1 + n % 10 if n > 10 else 0, trace=1 + n % 10))),
    "a trace each": Input(_spans(lambda n, _: _span(n, trace=n))),
}
"""Name -> input; each was chosen to cost one step of reading as much as it can."""


def batch(payload: bytes, offset: int, compression: int) -> bytes:
    """A batch of one record, as a broker has it."""
    builder = _DefaultRecordBatchBuilderPy(2, compression, 0, -1, -1, -1, 1 << 30)
    builder.append(0, timestamp=BEGIN_NS // 1_000_000, key=None, value=payload, headers=[])
    return offset.to_bytes(8, "big") + bytes(builder.build())[8:]
