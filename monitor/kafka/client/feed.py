"""Reads a compacted topic from its beginning and keeps following it."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError, OffsetOutOfRangeError

from monitor.base.clock import Clock
from monitor.kafka.client.clients import free_consumer, open_client
from monitor.kafka.client.tasks import in_slices
from monitor.kafka.settings import KafkaSettings

POLL_MS = 200
RETRY_SECONDS = 0.5
_log = structlog.get_logger()


class Feed:
    """Partition 0 of a topic, record by record, to `hear`; without a group: every reader hears all.

    caught_up: all that stood there when reading began was heard. position: the next offset.
    """

    def __init__(
        self, settings: KafkaSettings, topic: str, hear: Callable[[Any], None], clock: Clock
    ) -> None:
        self._settings, self._hear, self._clock = settings, hear, clock
        self._partition = TopicPartition(topic, 0)
        self.caught_up = False
        self.position = 0

    async def run(self) -> None:
        """Read and follow, until cancelled."""
        async with AsyncExitStack() as clients:
            consumer = await open_client(clients, lambda: free_consumer(self._settings))
            consumer.assign([self._partition])
            end = await self._begin(consumer)
            while True:
                await self._read(consumer)
                self.caught_up = self.caught_up or self.position >= end

    async def _begin(self, consumer: AIOKafkaConsumer) -> int:
        while True:
            try:
                begin = (await consumer.beginning_offsets([self._partition]))[self._partition]
                end: int = (await consumer.end_offsets([self._partition]))[self._partition]
            except (KafkaError, TimeoutError) as error:
                await self._pause(error)
            else:
                consumer.seek(self._partition, begin)
                self.position = begin
                return end

    async def _read(self, consumer: AIOKafkaConsumer) -> None:
        try:
            batches = await consumer.getmany(timeout_ms=POLL_MS)
            for records in batches.values():
                await in_slices(records, self._hear, self._clock)
            self.position = await consumer.position(self._partition)
        except OffsetOutOfRangeError:
            await self._begin(consumer)
        except KafkaError as error:
            await self._pause(error)

    async def _pause(self, error: Exception) -> None:
        cause = str(error) or type(error).__name__
        _log.warning("feed_tried_again", topic=self._partition.topic, error=cause)
        await asyncio.sleep(RETRY_SECONDS)
