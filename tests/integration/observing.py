"""What tests of the observer's role share: its settings, the role itself, and what can be awaited of it."""

import asyncio
import uuid
from collections.abc import Coroutine, Sequence
from typing import Any

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.records_to_delete import RecordsToDelete

from monitor.base.clock import SystemClock
from monitor.kafka.client.topics import Names
from monitor.kafka.observer.offsets import Commit, committed
from monitor.kafka.observer.partition import Rejected
from monitor.kafka.observer.role import ObserverRole
from monitor.kafka.settings import KafkaSettings
from monitor.pipeline.observe.observer import ObserverSettings
from tests.integration.running import eventually
from tests.integration.shop_traffic import (
    SETTINGS,
    SentRecord,
    distinct_rows,
    kafka_settings,
    open_observer,
    read_all,
)

PARTITIONS = 2


def run(scenario: Coroutine[Any, Any, None]) -> None:
    """Run one scenario with a limit."""
    asyncio.run(asyncio.wait_for(scenario, 90))


def name() -> str:
    """A prefix of this test's own."""
    return f"t{uuid.uuid4().hex[:12]}"


def case(broker: str, *, initial_offset: str = "earliest") -> tuple[KafkaSettings, str]:
    """Settings of this test's own, and the source topic that they name."""
    prefix = name()
    topic = f"{prefix}-spans"
    return kafka_settings(broker, prefix, topic, initial_offset=initial_offset), topic


def role_of(
    settings: KafkaSettings,
    rejected: list[Rejected] | None = None,
    observing: ObserverSettings = SETTINGS,
) -> ObserverRole:
    return ObserverRole(
        settings,
        open_observer(settings=observing),
        SystemClock(),
        reread_ms=observing.reread_ms,
        on_rejected=(rejected if rejected is not None else []).append,
        publish_every_ms=200,
    )


async def commits_of(settings: KafkaSettings, topic: str, partitions: int) -> list[Commit | None]:
    client = AIOKafkaAdminClient(bootstrap_servers=list(settings.brokers))
    await client.start()
    try:
        every = [TopicPartition(topic, number) for number in range(partitions)]
        found = await committed(client, Names(settings.prefix).observer, every)
        return [found[tp] for tp in every]
    finally:
        await client.close()


async def has_read(role: ObserverRole, records: int) -> bool:
    return sum(p.records for p in role.progress().partitions.values()) >= records


async def has_committed(role: ObserverRole, records: int) -> bool:
    return sum(p.committed for p in role.progress().partitions.values()) >= records


async def is_at(role: ObserverRole, position: int) -> bool:
    return any(p.position == position for p in role.progress().partitions.values())


async def has_partitions(role: ObserverRole, count: int) -> bool:
    return role.ready and len(role.progress().partitions) == count


async def committed_at(settings: KafkaSettings, topic: str, offset: int, partition: int = 0) -> bool:
    commit = (await commits_of(settings, topic, partition + 1))[partition]
    return commit is not None and commit.offset == offset


async def delete(bootstrap: str, topic: str) -> None:
    client = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await client.start()
    try:
        await client.delete_topics([topic])
    finally:
        await client.close()


async def delete_before(bootstrap: str, topic: str, offset: int) -> None:
    """Do to partition 0 what retention does."""
    client = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await client.start()
    try:
        await client.delete_records({TopicPartition(topic, 0): RecordsToDelete(before_offset=offset)})
    finally:
        await client.close()


async def all_out(settings: KafkaSettings, records: Sequence[SentRecord], topic: str) -> None:
    """Wait until everything is committed: nothing is open any more."""
    ends = [sum(r.partition == number for r in records) for number in range(PARTITIONS)]

    async def is_committed() -> bool:
        commits = await commits_of(settings, topic, PARTITIONS)
        return [commit.offset if commit else None for commit in commits] == ends

    await eventually(is_committed, f"commits at {ends}")


async def flows_of(settings: KafkaSettings) -> Any:
    stored = await read_all(settings.brokers[0], Names(settings.prefix).flows, settings.flows.partitions)
    return distinct_rows(stored)
