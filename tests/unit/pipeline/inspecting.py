"""Builders for tests of `flowdrift inspect`: samples of records of one topic."""

from collections.abc import Iterable
from typing import Any

from monitor.drift.policy import Comparison, Policy
from monitor.flows.identity import FlowSettings
from monitor.pipeline.inspect.configuration import Given
from monitor.pipeline.inspect.inspected import Inspected, Lacking, TopicSeen
from monitor.pipeline.inspect.inspection import Sample, SampledRecord
from monitor.wire.attribution import AttributionSettings
from monitor.wire.encode import OutgoingSpan
from monitor.wire.span import Kind
from tests.factories import EPOCH, trace_id
from tests.unit.wire.requests import Values, request, sent

NOW_MS = EPOCH // 1_000_000
TOPIC = TopicSeen(name="spans", partitions=2, held=10, sampled=10, timestamp_type="LogAppendTime")
WAYS = tuple(f"GET /{letter}" for letter in "abcdefghij")
"""Ten servers that a gateway may go on to."""
GIVEN = Given(
    brokers=("kafka:9092",),
    topics=("spans",),
    encoding="otlp_proto",
    policy=Policy(
        comparisons=(
            Comparison(name="production-integration", reference="production", candidate="integration"),
        )
    ),
    environments={"production": {"match": {"deployment.environment.name": ["prod"]}, "topics": []}},
    pass_through=(),
    reread_ms=190_000,
)


def resource(environment: str = "", service: str = "shop", **more: str) -> dict[str, str]:
    named = {"deployment.environment.name": environment} if environment else {}
    return {"service.name": service, **named, **{name.replace("_", "."): each for name, each in more.items()}}


def record(
    spans: Iterable[OutgoingSpan] = (),
    of: Values | None = None,
    *,
    partition: int = 0,
    timestamp: int = NOW_MS,
    key: bytes | None = None,
    headers: tuple[tuple[str, bytes], ...] = (),
    value: bytes | None = b"",
    topic: str = "spans",
) -> SampledRecord:
    """A record of `spans` in OTLP protobuf, or with `value` as it is."""
    payload = (
        request(spans or [sent(1)], of or resource("prod")).SerializeToString() if value == b"" else value
    )
    return SampledRecord(topic, partition, timestamp, key, headers, payload)


def seen(*records: SampledRecord, lacking: tuple[Lacking, ...] = (), **more: Any) -> Inspected:
    """What these records show, with `prod` as a value of production."""
    match = {"production": {"match": {"deployment.environment.name": ["prod"]}}}
    attribution = AttributionSettings.model_validate({"environments": match} | more.get("attribution", {}))
    flows = FlowSettings(pass_through=more.get("pass_through", ()))
    topics = more.get("topics", {})
    sample = Sample(attribution, flows, more.get("encoding", "otlp_proto"), topics.get, NOW_MS)
    for each in records:
        sample.add(each)
    return sample.seen([more.get("topic", TOPIC)], lacking)


def trace(number: int, *servers: str, entry: str = "GET /all") -> list[OutgoingSpan]:
    """A trace of an entry of `shop` and, below a call of it each, servers of these names."""
    ids: dict[str, Any] = {"trace_id": trace_id(number), "start": EPOCH, "end": EPOCH + 1000}
    first = 100 * number
    spans = [sent(first, name=entry, kind=Kind.SERVER, **ids)]
    for place, name in enumerate(servers):
        call, server = first + 2 * place + 1, first + 2 * place + 2
        spans.append(sent(call, parent=first, name="call", kind=Kind.CLIENT, **ids))
        spans.append(sent(server, parent=call, name=name, **ids))
    return spans
