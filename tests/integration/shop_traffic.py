"""A source topic with known traffic, and what the pure observer makes of it: the yardstick for Kafka."""

import random
from collections import Counter
from collections.abc import Sequence
from itertools import chain
from typing import NamedTuple

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from monitor.flows.codec import decode
from monitor.flows.flow import Flow
from monitor.flows.record import Source
from monitor.kafka.client.topics import SourceTopic
from monitor.kafka.observer.offsets import StartingPoint
from monitor.kafka.observer.opening import OpenObserver
from monitor.kafka.settings import FlowsTopicSettings, KafkaSettings, TracesSettings
from monitor.pipeline.observe.observer import ObserverSettings, SourceObserver, SourceRecord
from monitor.traces.settings import AssemblySettings
from monitor.wire.attribution import AttributionSettings
from monitor.wire.decode import Decoder
from monitor.wire.encode import OutgoingSpan, export_request
from monitor.wire.span import Kind

BEGIN_MS = 1_790_000_000_000
OPERATIONS = ("GET /cart", "POST /order", "GET /item", "POST /pay", "GET /user")
ASSEMBLY = AssemblySettings(
    quiet_gap_ms=1000, orphan_wait_ms=3000, remote_wait_ms=2000, max_age_ms=6000, memory_ms=3000
)
SETTINGS = ObserverSettings(assembly=ASSEMBLY)
PATIENT = ObserverSettings(assembly=ASSEMBLY.model_copy(update={"quiet_gap_ms": 4000, "max_age_ms": 12_000}))
"""For tests in which seconds may pass between two records of a flow."""


class SentRecord(NamedTuple):
    """A record of the source topic; timestamp in ms."""

    partition: int
    timestamp: int
    value: bytes


def traffic(traces: int, partitions: int, *, first: int = 0, begin_ms: int = BEGIN_MS) -> list[SentRecord]:
    """Traces of three spans whose spans come in separate records, out of order, keyed by trace.

    `first`: number of the first trace; a trace begins every 40 ms.
    """
    random_ = random.Random(first)
    records = []
    for number in range(first + 1, first + traces + 1):
        began = begin_ms + number * 40
        for place in (2, 1, 0):
            delay = random_.randrange(0, 700)
            records.append(SentRecord(number % partitions, began + delay, _one_span(number, place, began)))
    return sorted(records, key=lambda record: (record.timestamp, record.partition, record.value))


def episodes(count: int, traces: int, partitions: int) -> list[list[SentRecord]]:
    """Traffic in `count` parts with pauses between them in which every flow ends.

    A test may wait between two parts: idle time then closes no flow that still goes on.
    """
    pause_ms = 5_000
    return [
        traffic(traces, partitions, first=part * traces, begin_ms=BEGIN_MS + part * pause_ms)
        for part in range(count)
    ]


def joined(parts: Sequence[Sequence[SentRecord]]) -> list[SentRecord]:
    """All parts as one."""
    return list(chain.from_iterable(parts))


def _one_span(trace: int, place: int, began_ms: int) -> bytes:
    service = ("shop", "orders", "stock")[place]
    start = (began_ms + place) * 1_000_000
    span = OutgoingSpan(
        trace.to_bytes(16, "big"),
        (trace * 8 + place + 1).to_bytes(8, "big"),
        (trace * 8 + place).to_bytes(8, "big") if place else b"",
        OPERATIONS[trace % len(OPERATIONS)],
        Kind.SERVER,
        start,
        start + 20_000_000,
    )
    resource = {"service.name": service, "deployment.environment.name": "production"}
    return export_request(resource, "shop", [span])


def kafka_settings(
    bootstrap: str, prefix: str, *topics: str, initial_offset: str = "earliest"
) -> KafkaSettings:
    """Settings for one test: names of its own, three partitions of flows, short sessions."""
    return KafkaSettings(
        brokers=(bootstrap,),
        prefix=prefix,
        initial_offset=initial_offset,
        flows=FlowsTopicSettings(partitions=3, shards=4),
        traces=TracesSettings(topics=topics),
        session_timeout_ms=6000,
        replication_factor=1,
    )


def open_observer(targets: int = 3, settings: ObserverSettings = SETTINGS) -> OpenObserver:
    """How the composition root builds observers; nothing is cut: these topics begin with a trace."""

    def build(source: Source, start: StartingPoint, topic: SourceTopic) -> SourceObserver:
        guarded = not topic.stamped
        return observer_at(
            source, start.position, targets, guarded=guarded, settings=settings, clock=start.clock
        )

    return build


def observer_at(
    source: Source,
    start: int,
    targets: int,
    *,
    guarded: bool = True,
    settings: ObserverSettings = SETTINGS,
    clock: tuple[int, ...] = (),
) -> SourceObserver:
    """A pure observer with the settings of these tests."""
    decoder = Decoder(AttributionSettings())
    return SourceObserver(
        source,
        decoder,
        settings,
        start=start,
        targets=targets,
        fresh=False,
        encoding="otlp_proto",
        guarded=guarded,
        clock=clock,
    )


async def create(bootstrap: str, topic: str, partitions: int, replicas: int = 1, **config: str) -> None:
    """Make a topic; dots of configuration keys are written as underscores."""
    client = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await client.start()
    try:
        named = {key.replace("_", "."): value for key, value in config.items()}
        await client.create_topics([NewTopic(topic, partitions, replicas, topic_configs=named)])
    finally:
        await client.close()


async def send(bootstrap: str, topic: str, records: Sequence[SentRecord]) -> None:
    """Write records in their order, acknowledged."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", linger_ms=5)
    await producer.start()
    try:
        waiting = [
            await producer.send(topic, r.value, partition=r.partition, timestamp_ms=r.timestamp)
            for r in records
        ]
        for future in waiting:
            await future
    finally:
        await producer.stop()


class Stored(NamedTuple):
    """A record as it stands in a log."""

    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes


async def read_all(bootstrap: str, topic: str, partitions: int) -> list[Stored]:
    """Everything that stands in a topic now, partition by partition in log order."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest", group_id=None)
    await consumer.start()
    try:
        every = [TopicPartition(topic, number) for number in range(partitions)]
        ends = await consumer.end_offsets(every)
        consumer.assign(every)
        await consumer.seek_to_beginning(*every)
        records: list[Stored] = []
        while any([await consumer.position(tp) < ends[tp] for tp in every]):
            for batch in (await consumer.getmany(timeout_ms=100)).values():
                records += [Stored(r.partition, r.offset, r.timestamp, r.key, r.value) for r in batch]
        return sorted(records)
    finally:
        await consumer.stop()


Row = tuple[int, Flow]
"""A flow with the source partition that it was seen on."""


def distinct_rows(stored: Sequence[Stored]) -> Counter[Row]:
    """Rows of the flows topic without the copies that an auditor drops (delivery, auditor 3)."""
    rows: Counter[Row] = Counter()
    named: set[tuple[object, ...]] = set()
    lows: Counter[tuple[int, Source]] = Counter()
    for record in stored:
        decoded = decode(record.value)
        if decoded.header is None:
            continue
        source = decoded.header.source
        low = lows[record.partition, source]
        for flow in decoded.flows:
            name = (record.partition, source, flow.name)
            if flow.offset >= low and name not in named:
                named.add(name)
                rows[source.partition, flow] += 1
        lows[record.partition, source] = max(low, decoded.header.low)
    return rows


def expected_rows(
    records: Sequence[SentRecord], partitions: int, settings: ObserverSettings = SETTINGS
) -> Counter[Row]:
    """What one observer per partition makes of the records, uninterrupted, with idle time at the end."""
    rows: Counter[Row] = Counter()
    for partition in range(partitions):
        observer = observer_at(Source("default", "t", "1", partition), 0, 1, settings=settings)
        own = [record for record in records if record.partition == partition]
        for offset, record in enumerate(own):
            observer.fold(SourceRecord(offset, record.timestamp, record.value))
        for _ in range(20):
            observer.idle(1000)
        for outgoing in observer.outgoing(at_end=True, partitions=partitions, heartbeat=True):
            rows.update((partition, flow) for flow in decode(outgoing.value).flows)
    return rows
