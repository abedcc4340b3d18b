"""CPU cost of decoding OTLP protobuf: microseconds a span, ours against the full schema.

    python -m tests.benchmarks.bench_decode

A seeded topic of realistic messages: 362 spans each, 10 attributes a span of which some never repeat,
12 resources. 'full schema' parses with opentelemetry-proto and puts every attribute into a dict, which is
what the obvious decoder does. Repeats are interleaved; the median and the range are printed. Nothing is
asserted on time.
"""

import random
import statistics
import time
from collections.abc import Callable

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue

from monitor.wire.attribution import AttributionSettings
from monitor.wire.decode import Decoder
from monitor.wire.encode import OutgoingSpan, export_request
from monitor.wire.span import Kind

MESSAGES, SPANS, SERVICES, REPEATS = 150, 362, 12, 5
SEED = 20_240_607


def server_span(seed: random.Random, identity: tuple[bytes, bytes, bytes], start: int) -> OutgoingSpan:
    """A server span with 10 attributes: 3 are ours, 3 never repeat."""
    item = seed.randrange(8)
    attributes: dict[str, str | int] = {
        "http.request.method": seed.choice(("GET", "GET", "GET", "POST")),
        "http.route": f"/api/v1/item-{item}/{{id}}",
        "http.response.status_code": seed.choice((200, 200, 200, 404)),
        "url.path": f"/api/v1/item-{item}/{seed.getrandbits(40):x}",
        "url.scheme": "http",
        "server.address": "shop.svc.cluster.local",
        "server.port": 8080,
        "network.protocol.version": "1.1",
        "client.address": f"10.{seed.randrange(256)}.{seed.randrange(256)}.{seed.randrange(256)}",
        "enduser.id": f"{seed.getrandbits(64):x}",
    }
    return OutgoingSpan(*identity, f"GET item-{item}", Kind.SERVER, start, start + 5_000_000, attributes)


def client_span(seed: random.Random, identity: tuple[bytes, bytes, bytes], start: int) -> OutgoingSpan:
    """A database span with 10 attributes: 5 are ours, 2 never repeat."""
    table = f"table_{seed.randrange(12)}"
    attributes: dict[str, str | int] = {
        "db.system.name": "postgresql",
        "db.namespace": "shop",
        "db.collection.name": table,
        "db.operation.name": seed.choice(("SELECT", "SELECT", "UPDATE")),
        "db.query.summary": f"SELECT {table}",
        "db.query.text": f"SELECT 1 /* {seed.getrandbits(40)} */",
        "server.address": "db-0.db",
        "server.port": 5432,
        "thread.id": seed.randrange(64),
        "network.peer.port": seed.randrange(30_000, 60_000),
    }
    return OutgoingSpan(*identity, f"SELECT {table}", Kind.CLIENT, start, start + 2_000_000, attributes)


def message(seed: random.Random) -> bytes:
    """One record of `SPANS` spans, spread over `SERVICES` resources."""
    parts = []
    for service in range(SERVICES):
        spans = []
        for _ in range(SPANS // SERVICES):
            identity = (seed.randbytes(16), seed.randbytes(8), seed.randbytes(8))
            make = seed.choice((server_span, client_span))
            spans.append(make(seed, identity, 1_700_000_000_000_000_000 + seed.randrange(10**9)))
        resource = {
            "service.name": f"service-{service}",
            "service.version": "1.4.2",
            "deployment.environment.name": "production",
            "k8s.pod.name": f"service-{service}-5d9c{service}",
            "telemetry.sdk.language": "java",
        }
        parts.append(export_request(resource, "io.opentelemetry.tomcat-10.0", spans))
    return b"".join(parts)


def full_schema(payloads: list[bytes]) -> int:
    """Decode with the generated schema, every attribute into a dict; returns the spans."""
    count = 0
    for payload in payloads:
        kept: list[tuple[object, ...]] = []
        request = ExportTraceServiceRequest.FromString(payload)
        for resource in request.resource_spans:
            for scope in resource.scope_spans:
                for span in scope.spans:
                    attributes = {pair.key: _value(pair.value) for pair in span.attributes}
                    kept.append((span.trace_id, span.span_id, span.parent_span_id, span.name, attributes))
                    kept[-1] += (span.kind, span.start_time_unix_nano, span.end_time_unix_nano)
        count += len(kept)
    return count


def _value(value: AnyValue) -> object:
    return getattr(value, value.WhichOneof("value") or "string_value")


def ours(payloads: list[bytes]) -> int:
    """Decode as the monitor does, with cold tables; returns the spans."""
    decoder = Decoder(AttributionSettings())
    return sum(len(decoder.decode(payload, "otlp_proto")) for payload in payloads)


def cost(decode: Callable[[list[bytes]], int], payloads: list[bytes]) -> float:
    """CPU microseconds a span."""
    before = time.process_time()
    spans = decode(payloads)
    return (time.process_time() - before) / spans * 1e6


def main() -> None:
    """Print one line per decoder."""
    seed = random.Random(SEED)
    payloads = [message(seed) for _ in range(MESSAGES)]
    spans = ours(payloads)
    print(f"{len(payloads)} messages, {spans:,} spans, {sum(map(len, payloads)) // spans} bytes a span")
    runs: dict[str, list[float]] = {"full schema": [], "ours": []}
    for _ in range(REPEATS):
        runs["full schema"].append(cost(full_schema, payloads))
        runs["ours"].append(cost(ours, payloads))
    for name, costs in runs.items():
        median = statistics.median(costs)
        print(
            f"{name:12} {median:5.2f} us a span ({min(costs):.2f} to {max(costs):.2f}), "
            f"{1e6 / median:,.0f} spans per CPU second"
        )


if __name__ == "__main__":
    main()
