"""Reads the log without a group: gaps, compacted topics, the last records before a commit."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError, OffsetOutOfRangeError, TopicAuthorizationFailedError

from monitor.base.clock import Clock
from monitor.base.errors import ConfigurationError, FlowdriftError
from monitor.kafka.client.clients import free_consumer, started, stopped
from monitor.kafka.client.tasks import in_slices
from monitor.kafka.settings import KafkaSettings

RETRY_SECONDS = 0.5
POLL_MS = 500
_log = structlog.get_logger()


class RecordsGoneError(FlowdriftError):
    """The log no longer holds the offsets asked for; `begin` is where it begins now."""

    def __init__(self, partition: TopicPartition, begin: int) -> None:
        super().__init__(f"{partition.topic}/{partition.partition} begins at {begin}", code="records_gone")
        self.begin = begin


class LogReader:
    """One consumer without a group, for one task at a time; waits out an unreachable broker.

    A record is what aiokafka gives: offset, timestamp (ms), key, value, headers.
    """

    def __init__(self, settings: KafkaSettings, clock: Clock) -> None:
        self._settings, self._clock = settings, clock
        self._consumer: AIOKafkaConsumer | None = None
        self._lock = asyncio.Lock()

    async def stop(self) -> None:
        """Close the connection; the reader may be used again."""
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            await stopped(consumer)

    async def begins(self, partitions: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
        """The first offset that each partition still holds."""
        wanted = list(partitions)
        begins: dict[TopicPartition, int] = await self._ask(lambda c: c.beginning_offsets(wanted))
        return begins

    async def ends(self, partitions: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
        """The offset that each partition's next record will have."""
        wanted = list(partitions)
        ends: dict[TopicPartition, int] = await self._ask(lambda c: c.end_offsets(wanted))
        return ends

    async def at_time(self, partition: TopicPartition, timestamp_ms: int) -> int | None:
        """The first offset whose record timestamp is at least `timestamp_ms`; None if there is none."""
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
                records, position = await self._batch(partition, position, stop)
                if not await in_slices((r for r in records if r.offset < stop), visit, self._clock):
                    return

    async def last(self, partition: TopicPartition, start: int, stop: int) -> list[Any]:
        """The records in [start, stop): meant for a handful."""
        records: list[Any] = []
        await self.each(partition, start, stop, records.append)
        return records

    async def timestamps(self, partition: TopicPartition, start: int, stop: int) -> list[int]:
        """Timestamps (ms) of the records in [start, stop), in log order."""
        return [record.timestamp for record in await self.last(partition, start, stop)]

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
        except (KafkaError, OSError, TimeoutError) as error:
            await self._pause(error)
            return (), position

    async def _ask(self, question: Callable[[AIOKafkaConsumer], Any]) -> Any:
        while True:
            try:
                return await question(await self._connected())
            except (KafkaError, OSError, TimeoutError) as error:
                await self._pause(error)

    async def _pause(self, error: Exception) -> None:
        if isinstance(error, TopicAuthorizationFailedError):
            raise ConfigurationError(f"not permitted: Read on {error}", code="not_permitted") from error
        _log.warning("log_read_retried", error=str(error) or type(error).__name__)
        await asyncio.sleep(RETRY_SECONDS)

    async def _connected(self) -> AIOKafkaConsumer:
        if self._consumer is None:
            self._consumer = await started(lambda: free_consumer(self._settings))
        return self._consumer
