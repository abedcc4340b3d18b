"""Looks from time to time how far all workers of the group are, for those that must wait for others."""

import asyncio
from collections.abc import Callable, Iterable
from functools import partial

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from monitor.kafka.client.reader import LogReader
from monitor.kafka.client.retry import retry
from monitor.kafka.client.topics import partition_counts
from monitor.kafka.observer.offsets import committed
from monitor.pipeline.rekey.pace import Pace, SourceProgress

LOOK_SECONDS = 1.0


async def follow(
    pace: Pace,
    group: str,
    client: AIOKafkaAdminClient,
    reader: LogReader,
    topics: Callable[[], Iterable[str]],
) -> None:
    """Keep `pace` up to date until cancelled. topics: those of which this process reads a partition."""
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        looking = partial(_standings, group, client, reader, set(topics()))
        pace.look(await retry(looking, (KafkaError, OSError, TimeoutError), "pace_asked_again"))


async def _standings(
    group: str, client: AIOKafkaAdminClient, reader: LogReader, topics: set[str]
) -> dict[TopicPartition, SourceProgress]:
    counts = await partition_counts(client, topics)
    every = [TopicPartition(topic, number) for topic, count in counts.items() for number in range(count)]
    if not every:
        return {}
    commits, ends = await committed(client, group, every), await reader.ends(every)
    return {tp: SourceProgress(c.offset, c.log_time, ends[tp]) for tp, c in commits.items() if c is not None}
