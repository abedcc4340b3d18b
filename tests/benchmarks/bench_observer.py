"""CPU cost of the whole observer without Kafka: spans per CPU second, from payloads to flow records.

    python -m tests.benchmarks.bench_observer

A seeded topic of realistic messages: traces of 5 to 25 spans over 12 services, each service exporting its
own spans children first, messages of 362 spans. `decode` is the decoder alone; `observe` is
`SourceObserver.fold` and `outgoing` with every record acknowledged, decoding included. Repeats are
interleaved; the median and the range are printed, and the bytes of flow records per span before
compression. A run counts only if every span and every flow came out. Nothing is asserted on time.
"""

import random
import statistics
import time
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice

from monitor.flows.codec import decode
from monitor.flows.record import Source
from monitor.pipeline.observe.observer import ObserverSettings, SourceObserver, SourceRecord
from monitor.service.garbage import collect_seldom
from monitor.wire.attribution import AttributionSettings
from monitor.wire.decode import Decoder
from monitor.wire.encode import OutgoingSpan, export_request
from monitor.wire.span import Kind

TRACES, SPANS, SERVICES, VARIANTS, REPEATS = 12_000, 362, 12, 60, 5
SEED = 20_240_607
BEGIN_MS = 1_700_000_000_000
TRACES_PER_SECOND = 200

Exported = tuple[int, OutgoingSpan]
"""The service that exports a span, and the span."""


def one_trace(seed: random.Random, variant: int) -> list[Exported]:
    """A trace of one of `VARIANTS` forms: requests to services, each with its own client spans."""
    form = random.Random(variant)
    trace_id = seed.randbytes(16)
    exported: list[Exported] = []
    parents = [(b"", form.randrange(SERVICES), seed.randrange(1_000_000))]
    while parents and len(exported) < 25:
        parent_id, service, start = parents.pop()
        server_id = seed.randbytes(8)
        route = {"http.request.method": "GET", "http.route": f"/item-{variant}", "enduser.id": trace_id.hex()}
        exported.append(
            (service, _span(trace_id, server_id, parent_id, f"GET /item-{variant}", 2, start, route))
        )
        for call in range(form.randint(0, 3) if parent_id else form.randint(2, 4)):
            client_id = seed.randbytes(8)
            begin = start + call * 1_000_000 + seed.randrange(1_000_000)
            if form.random() < 0.5:
                table = {"db.system.name": "postgresql", "db.operation.name": "SELECT"}
                table["db.collection.name"] = f"table_{form.randrange(9)}"
                exported.append((service, _span(trace_id, client_id, server_id, "SELECT", 3, begin, table)))
            else:
                attributes = {"http.request.method": "GET", "server.address": "shop.local"}
                exported.append((service, _span(trace_id, client_id, server_id, "GET", 3, begin, attributes)))
                parents.append((client_id, form.randrange(SERVICES), begin + 1000))
    return exported


def _span(
    trace_id: bytes,
    span_id: bytes,
    parent_id: bytes,
    name: str,
    kind: int,
    start: int,
    attributes: Mapping[str, str | int],
) -> OutgoingSpan:
    begin = BEGIN_MS * 1_000_000 + start
    return OutgoingSpan(trace_id, span_id, parent_id, name, Kind(kind), begin, begin + 5_000_000, attributes)


def arrivals() -> Iterator[Exported]:
    """All spans in the order in which services export them, children first, traces mixed."""
    seed = random.Random(SEED)
    timed = []
    for number in range(TRACES):
        at = number / TRACES_PER_SECOND
        exporting = {service: at + 5 * seed.random() for service in range(SERVICES)}
        for order, (service, span) in enumerate(one_trace(seed, seed.randrange(VARIANTS))):
            timed.append((exporting[service], -order, service, span))
    timed.sort(key=lambda entry: entry[:2])
    return ((service, span) for _, _, service, span in timed)


def topic() -> list[SourceRecord]:
    """The payloads, one a record, 1 s of log time for as many spans as a second brings."""
    spans = arrivals()
    records = []
    while batch := list(islice(spans, SPANS)):
        payload = b"".join(_resource(service, batch) for service in range(SERVICES))
        records.append(payload)
    span_ms = (TRACES // TRACES_PER_SECOND + 5) * 1_000
    return [
        SourceRecord(offset, BEGIN_MS + offset * span_ms // len(records), payload)
        for offset, payload in enumerate(records)
    ]


def _resource(service: int, batch: Iterable[Exported]) -> bytes:
    mine = [span for owner, span in batch if owner == service]
    return export_request({"service.name": f"service-{service}"}, "http", mine) if mine else b""


def observe(records: list[SourceRecord]) -> tuple[int, int, int]:
    """Fold everything, publish each second of log time; returns spans, flows, bytes."""
    observer = SourceObserver(
        Source("bench", "otlp_spans", "1", 0),
        Decoder(AttributionSettings()),
        ObserverSettings(),
        start=0,
        targets=12,
        fresh=False,
        encoding="otlp_proto",
    )
    sent: list[bytes] = []
    published = 0
    for record in records:
        observer.fold(record)
        if record.timestamp - published >= 1_000:
            published = record.timestamp
            _publish(observer, sent)
    observer.close_all()
    _publish(observer, sent)
    _publish(observer, sent)
    flows = sum(len(decode(value).flows) for value in sent[-12:])
    assert observer.tallies["flows"] >= flows and observer.committable == observer.position
    return observer.tallies["spans"], observer.tallies["flows"], sum(map(len, sent))


def _publish(observer: SourceObserver, sent: list[bytes]) -> None:
    for target, value in observer.outgoing(True, 1, True):
        sent.append(value)
        observer.acknowledged(target)


def decode_only(records: list[SourceRecord]) -> int:
    """The decoder alone; returns spans."""
    decoder = Decoder(AttributionSettings())
    return sum(len(decoder.decode(record.value or b"", "otlp_proto", None)) for record in records)


def main() -> None:
    """Print medians and ranges."""
    collect_seldom()
    records = topic()
    seconds: dict[str, list[float]] = {"decode": [], "observe": []}
    for _ in range(REPEATS):
        begin = time.process_time()
        spans = decode_only(records)
        middle = time.process_time()
        seen, flows, size = observe(records)
        seconds["decode"].append(middle - begin)
        seconds["observe"].append(time.process_time() - middle)
        assert seen == spans and flows == TRACES
    print(f"{spans} spans in {len(records)} records, {flows} flows, {size / spans:.1f} bytes a span")
    for name, taken in seconds.items():
        rates = sorted(spans / each for each in taken)
        print(f"{name:8} {statistics.median(rates):10,.0f} spans/s  ({rates[0]:,.0f} to {rates[-1]:,.0f})")


if __name__ == "__main__":
    main()
