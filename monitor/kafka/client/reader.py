"""Reads ranges of a log without a consumer group."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import partial
from typing import Any, TypeVar

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import (
    KafkaError,
    OffsetOutOfRangeError,
    TopicAuthorizationFailedError,
)

from monitor.base.clock import Clock
from monitor.base.errors import FlowdriftError
from monitor.base.permission import named_in, not_permitted
from monitor.kafka.client.clients import free_consumer, start_client, stop_client
from monitor.kafka.client.retry import retry
from monitor.kafka.client.tasks import in_slices
from monitor.kafka.client.unpacking import damage_of
from monitor.kafka.settings import KafkaSettings

POLL_MS = 500
T = TypeVar("T")
_FAILURES = (KafkaError, OSError, TimeoutError)
_FAILED = "log_read_retried"


class RecordsGoneError(FlowdriftError):
    """The log no longer holds the wanted offsets; `begin`: its present first offset."""

    def __init__(self, partition: TopicPartition, begin: int) -> None:
        super().__init__(f"{partition.topic}/{partition.partition} begins at {begin}", code="records_gone")
        self.begin = begin


class LogReader:
    """One consumer without a group; it waits until the broker answers. Ranges are read one at a time.

    Records are those of aiokafka: offset, timestamp (ms), key, value, headers.
    """

    def __init__(self, settings: KafkaSettings, clock: Clock) -> None:
        self._settings, self._clock = settings, clock
        self._consumer: AIOKafkaConsumer | None = None
        self._lock, self._connecting = asyncio.Lock(), asyncio.Lock()

    async def stop(self) -> None:
        """Disconnect; the next question connects again."""
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            await stop_client(consumer)

    async def begins(self, partitions: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
        """The offset of the first record that each partition still holds."""
        wanted = list(partitions)
        begins: dict[TopicPartition, int] = await self._ask(lambda c: c.beginning_offsets(wanted))
        return begins

    async def ends(self, partitions: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
        """The offset that the next record of each partition will have."""
        wanted = list(partitions)
        ends: dict[TopicPartition, int] = await self._ask(lambda c: c.end_offsets(wanted))
        return ends

    async def at_time(self, partition: TopicPartition, timestamp_ms: int) -> int | None:
        """The first offset whose record timestamp is at least `timestamp_ms`; None where there is none."""
        asked = {partition: max(0, timestamp_ms)}
        found = (await self._ask(lambda consumer: consumer.offsets_for_times(asked)))[partition]
        return found.offset if found is not None else None

    async def each(
        self, partition: TopicPartition, start: int, stop: int, visit: Callable[[Any], bool | None]
    ) -> None:
        """Call `visit(record)` for the records in [start, stop), in order, until it returns False.

        Raises:
            RecordsGoneError: `start` lies before the beginning of the log.
        """
        async with self._lock:
            position = start
            while position < stop:
                reading = partial(self._batch, partition, position, stop)
                records, position = await retry(reading, _FAILURES, _FAILED)
                if not await in_slices((r for r in records if r.offset < stop), visit, self._clock):
                    return

    async def last(self, partition: TopicPartition, start: int, stop: int) -> list[Any]:
        """The records in [start, stop), as a list: for small ranges only."""
        records: list[Any] = []
        await self.each(partition, start, stop, records.append)
        return records

    async def holds(self, partition: TopicPartition, offset: int) -> bool:
        """Whether the log has a record at an offset, from its beginning on, whatever is said of its end.

        The embedded broker says the offset after the first record of the last batch.
        """
        async with self._lock:
            reading = partial(self._batch, partition, offset, offset + 1)
            records, _ = await retry(reading, _FAILURES, _FAILED)
            return any(record.offset == offset for record in records)

    async def timestamps(self, partition: TopicPartition, start: int, stop: int) -> list[int]:
        """Timestamps (ms) of the records in [start, stop), in log order; unreadable ones have none."""
        records = await self.last(partition, start, stop)
        return [record.timestamp for record in records if damage_of(record) is None]

    async def _batch(self, partition: TopicPartition, position: int, stop: int) -> tuple[Sequence[Any], int]:
        """Some records from `position` on, and the position after them (which skips control records)."""
        try:
            consumer = await self._connected()
            if consumer.assignment() != {partition}:
                consumer.assign([partition])
                consumer.seek(partition, position)
            elif await consumer.position(partition) != position:
                consumer.seek(partition, position)
            batch = await consumer.getmany(partition, timeout_ms=POLL_MS)
            return batch.get(partition, ()), await consumer.position(partition)
        except OffsetOutOfRangeError:
            begin = (await self.begins([partition]))[partition]
            if position < begin:
                raise RecordsGoneError(partition, begin) from None
            return (), stop
        except TopicAuthorizationFailedError as error:
            raise not_permitted("topic", named_in(error), "Read") from error

    async def _ask(self, question: Callable[[AIOKafkaConsumer], Awaitable[T]]) -> T:
        async def asking() -> T:
            try:
                return await question(await self._connected())
            except TopicAuthorizationFailedError as error:
                raise not_permitted("topic", named_in(error), "Read") from error

        return await retry(asking, _FAILURES, _FAILED)

    async def _connected(self) -> AIOKafkaConsumer:
        async with self._connecting:
            if self._consumer is None:
                self._consumer = await start_client(lambda: free_consumer(self._settings))
            return self._consumer
