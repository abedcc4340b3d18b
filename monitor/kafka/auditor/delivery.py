"""Publishes what an owned partition of the flows topic yields: alerts, verdict records, checkpoints."""

import asyncio
from collections.abc import Callable, Iterable, Mapping

import orjson
import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from monitor.base.clock import Clock
from monitor.drift.judge import Alert
from monitor.kafka.auditor.owned_partition import OwnedPartition
from monitor.kafka.client.clients import TOO_LARGE
from monitor.kafka.client.retry import retry
from monitor.kafka.client.topics import Names
from monitor.pipeline.audit.auditor import entry_key
from monitor.pipeline.defects import HalfFoldedError

REWRITE_SECONDS = 600.0
"""Every verdict record is written again within this time, so that one from a zombie does not stay."""
RECORDS_SECONDS = 1.0
"""Changed records are published this often; the summary is one, and changes with every record of the log."""
LARGE_CHECKPOINT_BYTES = 4 * 1024 * 1024
_log = structlog.get_logger()


async def append_all(
    producer: AIOKafkaProducer,
    topic: str,
    records: Iterable[tuple[str | None, bytes | None]],
    partition: int,
) -> None:
    """Append (key, value) records in order and wait for their acknowledgement.

    One that is too large is named and left out: its key keeps its last value.

    Raises:
        KafkaError: another one was not acknowledged.
    """
    waiting = []
    for key, value in records:
        name = None if key is None else key.encode()
        try:
            waiting.append((key, await producer.send(topic, value, key=name, partition=partition)))
        except TOO_LARGE:
            _log.error("record_too_large", topic=topic, key=key, bytes=len(value or b""))
    done = await asyncio.gather(*(each for _, each in waiting), return_exceptions=True)
    for (key, _), error in zip(waiting, done, strict=True):
        if isinstance(error, TOO_LARGE):
            _log.error("record_too_large", topic=topic, key=key)
        elif isinstance(error, BaseException):
            raise error


class Delivery:
    """Publishes for one partition, once all its shards stand at one offset.

    A checkpoint at offset n is taken only when all events up to n are acknowledged (delivery, auditor 4).
    It is written with our own producer, not through Faust's table, whose buffer gives up silently after an
    error, so that every later write would wait for ever. on_alert receives every acknowledged event; a
    repeated fold reports it again.
    """

    def __init__(
        self,
        owned: OwnedPartition,
        producer: AIOKafkaProducer,
        names: Names,
        clock: Clock,
        checkpoint_every: float,
        on_alert: Callable[[Alert], None],
    ) -> None:
        self._owned, self._producer, self._names, self._clock = owned, producer, names, clock
        self._on_alert = on_alert
        self._unsent: dict[str, bytes] = {}
        self._interval = checkpoint_every / owned.auditor.shards
        self._next_shard = 0
        self._checkpoint_due = clock.monotonic() + self._interval
        self._rewrite_due = clock.monotonic() + REWRITE_SECONDS
        self._records_due = clock.monotonic()
        self._published = 0

    async def deliver(self) -> None:
        """Publish alerts, then changed records, then the checkpoints that are due."""
        partition = self._owned.partition.partition
        await retry(self._deliver, KafkaError, "auditor_sends_again", partition=partition)

    async def _deliver(self) -> None:
        if self._owned.sound and self._owned.auditor.level:
            try:
                await self._alerts()
                await self._records()
                await self._checkpoints()
            except KafkaError:
                raise
            except Exception as error:  # noqa: BLE001 - this partition's state is at fault, not another one's
                self._owned.broke(HalfFoldedError(self._owned.auditor.next_offset - 1, error))

    async def _alerts(self) -> None:
        events = list(self._owned.alerts)
        if events:
            values = [(event.id, orjson.dumps(event.value)) for event in events]
            await append_all(self._producer, self._names.alerts, values, 0)
            del self._owned.alerts[: len(events)]
            for event in events:
                self._on_alert(event)

    async def _records(self) -> None:
        self._collect(self._clock.monotonic())
        sending, self._unsent = self._unsent, {}
        try:
            await append_all(self._producer, self._names.verdicts, sending.items(), 0)
        except KafkaError:
            self._unsent = sending | self._unsent
            raise

    def _collect(self, now: float) -> None:
        """Collect what changed, at most once a second and after new records; every ten minutes all of it."""
        auditor = self._owned.auditor
        if not self._owned.sound:
            return
        if now >= self._rewrite_due:
            self._rewrite_due = now + REWRITE_SECONDS
            self._unsent |= auditor.all_records()
        if now >= self._records_due and auditor.next_offset != self._published:
            self._records_due, self._published = now + RECORDS_SECONDS, auditor.next_offset
            self._unsent |= auditor.changed()

    async def _checkpoints(self) -> None:
        entries = self._due_checkpoints()
        if entries:
            partition = self._owned.partition.partition
            await append_all(self._producer, self._names.checkpoints, entries.items(), partition)

    def _due_checkpoints(self) -> Mapping[str, bytes]:
        """The next shards in turn, so that each is written about once per `checkpoint_every`, changed or not.

        Nothing is awaited in between: while an event is not acknowledged, no checkpoint is taken.
        """
        entries: dict[str, bytes] = {}
        owned, now = self._owned, self._clock.monotonic()
        if not owned.sound or not owned.auditor.level or owned.alerts:
            return entries
        while self._checkpoint_due <= now and len(entries) < owned.auditor.shards:
            self._checkpoint_due += self._interval
            number, self._next_shard = self._next_shard, (self._next_shard + 1) % owned.auditor.shards
            entries[entry_key(owned.partition.partition, number, owned.auditor.shards)] = self._entry(number)
        self._checkpoint_due = max(self._checkpoint_due, now)
        return entries

    def _entry(self, number: int) -> bytes:
        entry = self._owned.auditor.checkpoint(number)
        if len(entry) > LARGE_CHECKPOINT_BYTES:
            partition = self._owned.partition.partition
            _log.error(
                "checkpoint_large", partition=partition, shard=number, bytes=len(entry), remedy="more shards"
            )
        return entry
