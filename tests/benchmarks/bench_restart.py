"""How long a restart takes after kill -9: a real process each time, at default settings.

    python -m tests.benchmarks.bench_restart [STATE_MB [SPANS_PER_SECOND [ADDRESS]]]

Starts Apache Kafka (or uses the one at ADDRESS). Writes checkpoints of STATE_MB of state in all (before
compression) for the twelve partitions of the flows topic, and half a minute of production at that rate on
four source partitions. The daemon starts on that, is killed, and starts again: without a static member id,
then with one. Printed are seconds from each start until it listens (Python and its imports), opened the first
source partition, counted the first record, had all its state, and was ready; in brackets the CPU seconds of
the process until then, since other work on the machine stretches the former. What is read again before new
records come depends on `assembly`: 190 s of log time at the defaults. Nothing is asserted on time.
"""

import asyncio
import sys
import tempfile
import time
import uuid
import zlib
from collections.abc import Callable
from pathlib import Path
from random import Random

from aiokafka import AIOKafkaProducer

from monitor.flows.codec import encode
from monitor.flows.flow import FlowId
from monitor.flows.record import FlowRecord
from monitor.kafka.client.clients import MAX_RECORD_BYTES, admin, start_client, stop_client
from monitor.kafka.client.topics import Names, ensure_topics
from monitor.kafka.settings import KafkaSettings
from monitor.pipeline.audit.auditor import PartitionAuditor, entry_key
from monitor.pipeline.timeline.commands import Settings
from tests.benchmarks.bench_auditor import SEED, rows, shapes
from tests.benchmarks.bench_observer import SPANS, topic
from tests.integration.apache_kafka import ApacheKafka
from tests.integration.daemon import Daemon
from tests.integration.shop_traffic import SentRecord, create, send
from tests.limits.gauges import cpu_seconds
from tests.rows import SECOND, header
from tests.unit.pipeline.auditing import POLICY, PRODUCTION

SOURCES, SECONDS = 4, 30
FLOWS_AT_ONCE = 50
Milestone = tuple[str, float, float]


def fold(settings: KafkaSettings, state_bytes: int) -> PartitionAuditor:
    """A partition with about so much state before compression."""
    rng = Random(SEED)
    auditor = PartitionAuditor(0, settings.flows.shards, 1, {})
    auditor.apply(0, 0, encode(FlowRecord(None, command={"number": 0, **Settings(POLICY).plain()})))
    while sum(len(zlib.decompress(auditor.checkpoint(n))) for n in range(auditor.shards)) < state_bytes:
        number = auditor.next_offset
        flows = [FlowId(f"front-{n % 4}", f"GET /item-{number}-{n}") for n in range(FLOWS_AT_ONCE)]
        made = tuple(rows(rng, number, [(flow, shapes(rng, flow, wild=False)) for flow in flows]))
        now = number * SECOND
        auditor.apply(number, now, encode(FlowRecord(header(PRODUCTION, low=number, log_time=now), made)))
    return auditor


async def prepare(settings: KafkaSettings, source: str, state_mb: int, rate: int) -> None:
    """Checkpoints for every partition, a log that is as long as they say, and the traffic."""
    client = await start_client(lambda: admin(settings))
    await ensure_topics(client, settings)
    await stop_client(client)
    names, partitions = Names(settings.prefix), settings.flows.partitions
    auditor = fold(settings, state_mb * 1_000_000 // partitions)
    sending = AIOKafkaProducer(
        bootstrap_servers=list(settings.brokers), max_request_size=MAX_RECORD_BYTES, linger_ms=20
    )
    await sending.start()
    for number in range(partitions):
        for _ in range(auditor.next_offset):
            await sending.send(names.flows, encode(FlowRecord(None)), partition=number)
        for place in range(auditor.shards):
            key = entry_key(number, place, auditor.shards).encode()
            await sending.send(names.checkpoints, auditor.checkpoint(place), key=key, partition=number)
    await sending.stop()
    await create(settings.brokers[0], source, SOURCES)
    await send(settings.brokers[0], source, traffic(rate))


def traffic(rate: int) -> list[SentRecord]:
    """The spans of `bench_observer`, over and over, for the last seconds."""
    payloads = [record.value or b"" for record in topic()]
    count = rate * SECONDS // SPANS
    begin = int(time.time() * 1000) - SECONDS * 1000
    return [
        SentRecord(n % SOURCES, begin + n * SECONDS * 1000 // count, payloads[n % len(payloads)])
        for n in range(count)
    ]


def timed(settings: dict[str, str], partitions: int) -> list[Milestone]:
    """When a new process got how far; it is killed after that."""
    with tempfile.TemporaryDirectory() as folder:
        begin = time.monotonic()
        with Daemon(Path(folder), **settings) as daemon:
            found: list[Milestone] = []

            def reached(what: str, holds: Callable[[], bool]) -> None:
                daemon.until(holds, what)
                found.append((what, time.monotonic() - begin, cpu_seconds(daemon.pid)))

            reached("it listens", lambda: "flowdrift started" in daemon.log)
            reached("a source partition is open", lambda: "source_partition_opened" in daemon.log)
            reached("the first record is counted", lambda: has_read(daemon))
            reached("all state is restored", lambda: daemon.log.count("auditor_restored") >= partitions)
            reached("it is ready", lambda: daemon.ask("/readyz")[0] == 200)
            return found


def has_read(daemon: Daemon) -> bool:
    """Whether its metrics count a record."""
    counted = (line for line in daemon.ask("/metrics")[1].splitlines() if " " in line)
    return any(
        line.startswith("flowdrift_monitor_records_total ") and line[-4:] != " 0.0" for line in counted
    )


def measure(address: str, state_mb: int, rate: int) -> None:
    """Print the milestones of both restarts."""
    prefix = f"bench-{uuid.uuid4().hex[:8]}"
    source = f"{prefix}-spans"
    kafka = KafkaSettings(brokers=(address,), prefix=prefix, replication_factor=1)
    asyncio.run(prepare(kafka, source, state_mb, rate))
    settings = {"KAFKA__BROKERS": address, "KAFKA__PREFIX": prefix, "KAFKA__TRACES__TOPICS": source}
    settings["KAFKA__INITIAL_OFFSET"] = "earliest"
    print(f"{state_mb} MB of state on {kafka.flows.partitions} partitions, {rate:,} spans/s on {SOURCES}")
    for name, more in (("no static id", {}), ("a static id", {"KAFKA__GROUP_INSTANCE_ID": "one"})):
        timed(settings | more, kafka.flows.partitions)
        print(f"restart with {name}:")
        for what, seconds, cpu in timed(settings | more, kafka.flows.partitions):
            print(f"{seconds:8.1f} s ({cpu:.1f} s of CPU) until {what}")


def main() -> None:
    """Run against the given address, or against a Kafka of its own."""
    state_mb = int(sys.argv[1]) if len(sys.argv) > 1 else 50
    rate = int(sys.argv[2]) if len(sys.argv) > 2 else 20_000
    if len(sys.argv) > 3:
        measure(sys.argv[3], state_mb, rate)
        return
    with tempfile.TemporaryDirectory() as directory, ApacheKafka(Path(directory)) as kafka:
        measure(kafka.bootstrap, state_mb, rate)


if __name__ == "__main__":
    main()
