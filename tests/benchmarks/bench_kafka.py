"""CPU cost of the observer with Kafka: from a full source topic to the acknowledged flows topic.

    python -m tests.benchmarks.bench_kafka [ADDRESS]

Starts Apache Kafka (or uses the one at ADDRESS), writes the seeded topic of `bench_observer` several times
over to four partitions, and lets the observer's role read it to its end. CPU seconds are those of this
process from the role's start until every target acknowledged everything and the offsets are committed. The
same topic is first only fetched with aiokafka, as the floor; repeats are interleaved. A run counts only if
every span was counted. Nothing is asserted on time.
"""

import asyncio
import resource
import statistics
import sys
import tempfile
import time
import uuid
from pathlib import Path

from aiokafka import AIOKafkaConsumer

from monitor.base.clock import SystemClock
from monitor.flows.record import Source
from monitor.kafka.client.topics import SourceTopic
from monitor.kafka.observer.offsets import StartingPoint
from monitor.kafka.observer.role import ObserverRole
from monitor.kafka.settings import FlowsTopicSettings, KafkaSettings, TracesSettings
from monitor.pipeline.observe.observer import ObserverSettings, SourceObserver
from monitor.service.garbage import collect_seldom
from monitor.wire.attribution import AttributionSettings
from monitor.wire.decode import Decoder
from tests.benchmarks.bench_observer import topic
from tests.integration.apache_kafka import ApacheKafka
from tests.integration.running import eventually, running
from tests.integration.shop_traffic import SentRecord, create, send

PARTITIONS, REPEATS, TARGETS = 4, 3, 12
LIMIT_SECONDS = 240.0


def records() -> list[SentRecord]:
    """The topic of `bench_observer` on each of the partitions, timestamps as they are."""
    return [
        SentRecord(partition, record.timestamp, record.value or b"")
        for record in topic()
        for partition in range(PARTITIONS)
    ]


class Observers:
    """Builds the observers of one run and keeps them, to ask what they counted."""

    def __init__(self) -> None:
        self.all: list[SourceObserver] = []
        self._decoder = Decoder(AttributionSettings())

    def open(self, source: Source, start: StartingPoint, topic: SourceTopic) -> SourceObserver:
        """The observer of one source partition."""
        observer = SourceObserver(
            source,
            self._decoder,
            ObserverSettings(),
            start=start.position,
            targets=TARGETS,
            fresh=False,
            encoding="otlp_proto",
            guarded=not topic.stamped,
        )
        self.all.append(observer)
        return observer

    @property
    def spans(self) -> int:
        """Spans that they counted."""
        return sum(observer.tallies["spans"] for observer in self.all)


async def observe(bootstrap: str, source: str, expected: int) -> float:
    """CPU seconds from the role's start until every span is folded and what closed is acknowledged."""
    settings = KafkaSettings(
        brokers=(bootstrap,),
        prefix=f"bench-{uuid.uuid4().hex[:8]}",
        initial_offset="earliest",
        flows=FlowsTopicSettings(partitions=TARGETS),
        traces=TracesSettings(topics=(source,)),
        replication_factor=1,
    )
    observers = Observers()
    role = ObserverRole(
        settings, observers.open, SystemClock(), reread_ms=190_000, on_rejected=lambda rejected: None
    )

    async def all_committed() -> bool:
        parts = role.progress().partitions.values()
        return observers.spans == expected and all(part.committed > 0 for part in parts)

    begin = time.process_time()
    async with running(role):
        await eventually(all_committed, "every span observed and offsets committed", LIMIT_SECONDS)
        return time.process_time() - begin


async def fetch(bootstrap: str, source: str, expected: int) -> float:
    """CPU seconds of reading the same records with aiokafka and doing nothing."""
    begin = time.process_time()
    consumer = AIOKafkaConsumer(source, bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    try:
        while expected > 0:
            batches = await consumer.getmany(timeout_ms=1000)
            expected -= sum(len(batch) for batch in batches.values())
    finally:
        await consumer.stop()
    return time.process_time() - begin


async def measure(bootstrap: str) -> None:
    """Print medians, ranges and the peak memory of this process."""
    sent = records()
    decoder = Decoder(AttributionSettings())
    spans = sum(len(decoder.decode(record.value, "otlp_proto", None)) for record in sent)
    source = f"bench-{uuid.uuid4().hex[:8]}-spans"
    await create(bootstrap, source, PARTITIONS)
    await send(bootstrap, source, sent)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    seconds: dict[str, list[float]] = {"fetch": [], "observe": []}
    for _ in range(REPEATS):
        seconds["fetch"].append(await fetch(bootstrap, source, len(sent)))
        seconds["observe"].append(await observe(bootstrap, source, spans))
    print(f"{spans:,} spans in {len(sent):,} records on {PARTITIONS} partitions")
    for name, taken in seconds.items():
        rates = sorted(spans / each for each in taken)
        print(f"{name:8} {statistics.median(rates):10,.0f} spans/s  ({rates[0]:,.0f} to {rates[-1]:,.0f})")
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"peak memory {after} MB, of which {before} MB before the first run (the generated topic among it)")


def main() -> None:
    """Run against the given address, or against a Kafka of its own."""
    collect_seldom()
    if len(sys.argv) > 1:
        asyncio.run(measure(sys.argv[1]))
        return
    with tempfile.TemporaryDirectory() as directory:
        server = ApacheKafka(Path(directory))
        server.start()
        try:
            asyncio.run(measure(server.bootstrap))
        finally:
            server.stop()


if __name__ == "__main__":
    main()
