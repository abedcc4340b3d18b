"""Reads a compacted topic from its beginning and keeps following it."""

from collections.abc import Callable
from contextlib import AsyncExitStack
from functools import partial
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError, OffsetOutOfRangeError

from monitor.base.clock import Clock
from monitor.kafka.client.clients import free_consumer, open_client
from monitor.kafka.client.retry import retry
from monitor.kafka.client.tasks import in_slices
from monitor.kafka.client.unpacking import damage_of
from monitor.kafka.settings import KafkaSettings

POLL_MS = 200
FAILED = "feed_tried_again"
_log = structlog.get_logger()


class Feed:
    """Passes every record of partition 0 of a topic to `receive`, without a consumer group.

    A record at which `receive` fails is named, counted (`refused`) and passed: whoever is fed checks a record
    wholly before anything changes.
    caught_up: whether all records that the topic held at the start were passed on. position: the next offset.
    """

    def __init__(
        self, settings: KafkaSettings, topic: str, receive: Callable[[Any], None], clock: Clock
    ) -> None:
        self._settings, self._receiver, self._clock = settings, receive, clock
        self.refused = 0
        self._partition = TopicPartition(topic, 0)
        self.caught_up = False
        self.position = 0

    async def run(self) -> None:
        """Read from the beginning, then follow, until cancelled."""
        async with AsyncExitStack() as clients:
            consumer = await open_client(clients, lambda: free_consumer(self._settings))
            consumer.assign([self._partition])
            end = await self._begin(consumer)
            while True:
                await retry(partial(self._read, consumer), KafkaError, FAILED, topic=self._partition.topic)
                self.caught_up = self.caught_up or self.position >= end

    def _receive(self, record: Any) -> None:
        damage = damage_of(record)
        if damage is not None:
            self._refuse(record, damage.reason)
            return
        try:
            self._receiver(record)
        except Exception as error:  # noqa: BLE001 - a foreign record must not stop its reader for ever
            self._refuse(record, type(error).__name__)

    def _refuse(self, record: Any, reason: str) -> None:
        self.refused += 1
        _log.error("record_skipped", topic=record.topic, offset=record.offset, reason=reason)

    async def _begin(self, consumer: AIOKafkaConsumer) -> int:
        """Seek the first record; return the present end of the log."""
        asking = partial(self._range, consumer)
        topic = self._partition.topic
        self.position, end = await retry(asking, (KafkaError, TimeoutError), FAILED, topic=topic)
        consumer.seek(self._partition, self.position)
        return end

    async def _range(self, consumer: AIOKafkaConsumer) -> tuple[int, int]:
        begins = await consumer.beginning_offsets([self._partition])
        ends = await consumer.end_offsets([self._partition])
        return begins[self._partition], ends[self._partition]

    async def _read(self, consumer: AIOKafkaConsumer) -> None:
        try:
            batches = await consumer.getmany(timeout_ms=POLL_MS)
            for records in batches.values():
                await in_slices(records, self._receive, self._clock)
            self.position = await consumer.position(self._partition)
        except OffsetOutOfRangeError:
            await self._begin(consumer)
