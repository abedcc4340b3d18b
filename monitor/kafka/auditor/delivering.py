"""What an owned partition of the flows topic gives to the world: alerts, verdict records, checkpoints."""

import asyncio
from collections.abc import Callable, Iterable, Mapping

import orjson
import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from monitor.base.clock import Clock
from monitor.drift.judge import Alert
from monitor.kafka.auditor.folding import OwnedPartition
from monitor.kafka.client.topics import Names
from monitor.pipeline.audit.auditor import entry_key

REWRITE_SECONDS = 600.0
"""Every verdict record is written again within this time, so that a zombie's last word does not stay."""
RECORDS_SECONDS = 1.0
"""Changed records go out this often; the summary is one of them and changes with every record of the log."""
LARGE_CHECKPOINT_BYTES = 4 * 1024 * 1024
_log = structlog.get_logger()


async def append_all(
    producer: AIOKafkaProducer, topic: str, records: Iterable[tuple[str | None, bytes]], partition: int
) -> None:
    """Append (key, value) records in order; returns when all are acknowledged, else raises KafkaError."""
    waiting = [
        await producer.send(topic, value, key=None if key is None else key.encode(), partition=partition)
        for key, value in records
    ]
    await asyncio.gather(*waiting)


class Delivery:
    """Publishes for one partition; nothing before all its shards stand at one offset.

    A checkpoint at offset n is taken only when all events up to n are acknowledged (delivery, auditor 4).
    It goes out through our own producer, not through the table: Faust's buffer gives up silently after an
    error, and every later write would wait for ever. on_alert hears of every event that was acknowledged;
    a fold that is done again tells it again.
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
        """Alerts first, then the changed records, then the checkpoints that are due."""
        if not (self._owned.ours and self._owned.auditor.level):
            return
        try:
            await self._alerts()
            await self._records()
            await self._checkpoints()
        except KafkaError as error:
            partition = self._owned.partition.partition
            cause = str(error) or type(error).__name__
            _log.warning("auditor_sends_again", partition=partition, error=cause)

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
        """Take what changed, at most once a second and only when the log went on; all of it now and then."""
        auditor = self._owned.auditor
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
        """Round robin, so that each shard is written about once per `checkpoint_every`, changed or not.

        Taken without awaiting: every event of the state in it is acknowledged, or nothing is taken.
        """
        entries: dict[str, bytes] = {}
        owned, now = self._owned, self._clock.monotonic()
        if not owned.ours or not owned.auditor.level or owned.alerts:
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
