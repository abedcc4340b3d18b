"""Publishes what an owned partition of the flows topic yields: alerts, verdict records, checkpoints."""

from collections.abc import Awaitable, Callable, Mapping

import structlog
from aiokafka.errors import KafkaError

from monitor.base.clock import Clock
from monitor.drift.records.alert import Alert
from monitor.kafka.auditor.calls import append_calls
from monitor.kafka.auditor.owned_partition import OwnedPartition
from monitor.kafka.client.retry import retry
from monitor.kafka.client.topics import Names
from monitor.kafka.client.writing import Writer
from monitor.pipeline.audit.auditor import entry_key
from monitor.pipeline.defects import defect

REWRITE_SECONDS = 600.0
"""Every verdict record is written again within this time, so that one from a zombie does not stay."""
RECORDS_SECONDS = 1.0
"""Changed records are published this often; the summary is one, and changes with every record of the log."""
AGAIN_SECONDS = 10.0
"""What failed here is tried again after this time: records are made anew, which takes long."""
REMEDY = (
    "The flows are folded on, and what is not published is made again: upgrade flowdrift, or go back to the "
    "release before"
)
LARGE_CHECKPOINT_BYTES = 4 * 1024 * 1024
_log = structlog.get_logger()


class Delivery:
    """Publishes for one partition, once all its shards stand at one offset.

    A checkpoint at offset n is taken only when all events up to n are acknowledged, and written only when the
    calls up to n are, too (delivery, auditor 4).
    It is written with our own producer, not through Faust's table, whose buffer gives up silently after an
    error, so that every later write would wait for ever. on_alert receives every acknowledged event; a
    repeated fold reports it again.
    """

    def __init__(
        self,
        owned: OwnedPartition,
        writer: Writer,
        names: Names,
        clock: Clock,
        checkpoint_every: float,
        on_alert: Callable[[Alert], None],
        partitions: int,
    ) -> None:
        self._owned, self._writer, self._names, self._clock = owned, writer, names, clock
        self._partitions = partitions
        self._on_alert = on_alert
        self._unsent: dict[str, bytes] = {}
        self._interval = checkpoint_every / owned.auditor.shards
        self._next_shard = 0
        self._checkpoint_due = clock.monotonic() + self._interval
        self._rewrite_due = clock.monotonic() + REWRITE_SECONDS
        self._records_due = clock.monotonic()
        self._published = 0
        self._again = self._alerts_due = clock.monotonic()

    async def deliver(self) -> None:
        """Publish alerts, then changed records, then the checkpoints that are due."""
        partition = self._owned.partition.partition
        await retry(self._deliver, KafkaError, "auditor_sends_again", partition=partition)

    async def _deliver(self) -> None:
        if not self._owned.sound or self._clock.monotonic() < self._again:
            return
        results = (self._alerts, self._records, self._checkpoints) if self._owned.auditor.level else ()
        stages = (self._calls, *results)
        failed = [why for why in [await self._tried(stage) for stage in stages] if why]
        self._owned.unpublished = failed[0] if failed else ""
        if failed:
            self._again = self._rewrite_due = self._clock.monotonic() + AGAIN_SECONDS

    async def _tried(self, stage: Callable[[], Awaitable[None]]) -> str:
        """Why a stage fails, if it is flowdrift that fails there: no record of the log is at fault."""
        try:
            await stage()
        except KafkaError:
            raise
        except Exception as error:  # noqa: BLE001 - this partition's state is at fault, not another one's
            place, what = self._owned.partition, defect(error)
            why = f"results of {place.topic}/{place.partition} are not published: {what}. {REMEDY}"
            if why != self._owned.unpublished:
                _log.error("publishing_failed", reason=why)
            return why
        return ""

    async def _alerts(self) -> None:
        """Send the events that wait, in order; one that is too large stays, and no checkpoint is taken."""
        events = list(self._owned.alerts)
        if not events or self._clock.monotonic() < self._alerts_due:
            return
        values = [(event.id, event.written()) for event in events]
        refused = await self._writer.append_all(self._names.alerts, values, 0)
        kept = [event for event in events if event.id in refused]
        self._owned.alerts[: len(events)] = kept
        if kept:
            self._alerts_due = self._clock.monotonic() + AGAIN_SECONDS
        for event in events:
            if event.id not in refused:
                self._on_alert(event)

    async def _records(self) -> None:
        self._collect(self._clock.monotonic())
        sending, self._unsent = self._unsent, {}
        try:
            await self._writer.append_all(self._names.verdicts, sending.items(), 0)
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

    async def _calls(self) -> None:
        """Append the calls that wait, also while shards stand apart: where too many wait, none is folded."""
        calls = self._owned.take_calls()
        try:
            await append_calls(self._writer, self._names.audit, calls, self._partitions)
        except KafkaError:
            self._owned.calls[:0] = calls
            raise

    async def _checkpoints(self) -> None:
        entries = self._due_checkpoints()
        if entries:
            await self._calls()  # no later ones than the entries know
            partition = self._owned.partition.partition
            await self._writer.append_all(self._names.checkpoints, entries.items(), partition)

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
