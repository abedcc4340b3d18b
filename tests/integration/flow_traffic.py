"""A flows topic with known content, and what the pure auditor makes of it: the yardstick for Faust."""

from collections.abc import Mapping, Sequence

import orjson
from aiokafka import AIOKafkaProducer

from monitor.drift.policy import Comparison, Policy
from monitor.flows.record import Source
from monitor.kafka.client.topics import Names
from monitor.kafka.settings import KafkaSettings
from monitor.pipeline.audit.auditor import PartitionAuditor
from monitor.pipeline.observe.observer import Outgoing, SourceRecord
from monitor.pipeline.timeline.commands import Settings
from tests.integration.shop_traffic import SentRecord, Stored, observer_at, read_all, traffic

POLICY = Policy(comparisons=(Comparison(name="shop", reference="production", candidate="integration"),))
COMMAND = Settings(POLICY)
STANDING: Mapping[str, bytes] = {COMMAND.subject: orjson.dumps(COMMAND.plain())}


def outgoing_of(traces: int, settings: KafkaSettings, every: int = 20) -> list[Outgoing]:
    """What an observer of one source partition sends, in its order."""
    records: Sequence[SentRecord] = traffic(traces, 1)
    observer = observer_at(Source("default", "spans", "1", 0), 0, settings.flows.partitions)
    sent: list[Outgoing] = []

    def publish(at_end: bool) -> None:
        for outgoing in observer.outgoing(at_end=at_end, partitions=1, heartbeat=True):
            sent.append(outgoing)
            observer.acknowledged(outgoing.target)

    for offset, record in enumerate(records):
        observer.fold(SourceRecord(offset, record.timestamp, record.value))
        if offset % every == 0:
            publish(at_end=False)
    for _ in range(10):
        observer.idle(1000)
    publish(at_end=True)
    return sent


async def append(settings: KafkaSettings, records: Sequence[Outgoing]) -> None:
    """Append to the flows topic, each to its target."""
    producer = AIOKafkaProducer(bootstrap_servers=list(settings.brokers), acks="all")
    await producer.start()
    try:
        for target, value in records:
            await producer.send_and_wait(Names(settings.prefix).flows, value, partition=target)
    finally:
        await producer.stop()


async def flows_log(settings: KafkaSettings) -> list[Stored]:
    """The flows topic as it stands now."""
    return await read_all(settings.brokers[0], Names(settings.prefix).flows, settings.flows.partitions)


def offline(settings: KafkaSettings, log: Sequence[Stored], partition: int) -> PartitionAuditor:
    """One uninterrupted fold of a partition of the log."""
    auditor = PartitionAuditor(partition, settings.flows.shards, settings.flows.partitions, {})
    for record in log:
        if record.partition == partition:
            auditor.apply(record.offset, record.timestamp, record.value)
    return auditor


def states(auditor: PartitionAuditor) -> list[bytes]:
    """The state of every shard, byte for byte."""
    return [auditor.checkpoint(number) for number in range(auditor.shards)]
