"""The partitions of the flows topic that the group gives to this process, and what is done for them.

Faust (faust_app.py) provides membership, assignment and recovery of the table, but not delivery: at orderly
restarts it loses live records and delivers some twice. So the offset of every record is checked, and gaps
are read from the log (owned_partition.py). Its recovery suffices by construction: an entry states a fact,
'this is the fold up to offset n', and an old or missing entry costs reading more of the log, never
correctness. Faust's commits are not used.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from functools import partial

import structlog
from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from monitor.base.clock import Clock
from monitor.base.errors import FlowdriftError, NewerFormatError
from monitor.drift.records.alert import Alert
from monitor.kafka.auditor.checkpoints import entries_of, restoring
from monitor.kafka.auditor.delivery import Delivery
from monitor.kafka.auditor.faust_app import LiveRecord, build_app
from monitor.kafka.auditor.log_notes import LogNotes
from monitor.kafka.auditor.log_renewal import LogRenewal
from monitor.kafka.auditor.owned_partition import OwnedPartition, stopped_at
from monitor.kafka.auditor.owner_loop import OwnerLoop
from monitor.kafka.client.clients import stop_client
from monitor.kafka.client.reader import LogReader, RecordsGoneError
from monitor.kafka.client.retry import retry
from monitor.kafka.client.tasks import in_steps
from monitor.kafka.client.topics import Names
from monitor.kafka.client.writing import Writer
from monitor.kafka.settings import KafkaSettings
from monitor.pipeline.fleet.owner import Owner

REBUILDS = 3
TICK_SECONDS, FOLLOW_SECONDS, FAUST_STOP_SECONDS = 0.25, 1.0, 10.0
Table = list[tuple[bytes | None, bytes | None]]
"""Keys and values of checkpoints."""
_log = structlog.get_logger()


class StreamProcessorEndedError(FlowdriftError):
    """Faust ended without being asked to."""

    retriable = True


class OwnedPartitions:
    """Restores, folds and publishes every partition of the flows topic that this process owns.

    owned: by number. failed: gets the error that ends the role.
    """

    def __init__(
        self,
        settings: KafkaSettings,
        writer: Writer,
        reader: LogReader,
        clock: Clock,
        checkpoint_every: float,
        standing: Mapping[str, bytes],
        on_alert: Callable[[Alert], None],
    ) -> None:
        self._settings, self._names, self._clock = settings, Names(settings.prefix), clock
        self._writer, self._reader = writer, reader
        self._checkpoint_every, self._standing = checkpoint_every, standing
        self._on_alert = on_alert
        self._notes = LogNotes(settings, clock)
        self._renewal = LogRenewal(writer, reader, self._names, self._notes, clock)
        self._rebuilt: Counter[tuple[int, int]] = Counter()
        self.owned: dict[int, OwnedPartition] = {}
        self._unreadable: dict[int, str] = {}
        self._owner: OwnerLoop | None = None
        self._table: Table = []
        self._waiting: set[int] = set()
        self._recovered = False

    async def receive(self, record: LiveRecord) -> None:
        """Apply a live record of an owned partition; ignore any other, and all before notes are known.

        What is ignored is read from the log later.
        """
        owned = self.owned.get(record.partition)
        if owned is not None and self._notes.known:
            await owned.receive(record)

    def revoked(self) -> None:
        """Drop all state and write nothing: the next owner folds the same log."""
        for owned in self.owned.values():
            owned.gone.set()
        self.owned, self._unreadable = {}, {}
        self._waiting = set()

    @property
    def restored(self) -> bool:
        """Whether every partition that the group gave to this process has its state."""
        return self._recovered and not self._waiting

    @property
    def stopped(self) -> dict[int, str]:
        """Why an owned partition is not folded any more; under 0 also why its owner stopped deciding."""
        folding = {number: one.stopped for number, one in self.owned.items() if one.stopped}
        deciding = {0: self._owner.stopped} if self._owner is not None and self._owner.stopped else {}
        return deciding | folding | self._unreadable

    @property
    def unpublished(self) -> list[str]:
        """Why results of owned partitions are not published."""
        return [one.unpublished for one in self.owned.values() if one.unpublished]

    def recovered(self, assigned: set[int], table: Iterable[tuple[bytes | None, bytes | None]]) -> None:
        """Take note of newly owned partitions; `restore` builds their state."""
        self._table, self._waiting = list(table), assigned - self.owned.keys()
        self._recovered = True

    async def restore(self) -> None:
        """Restore owned partitions, one after the other, until cancelled.

        After a time without the flows topic Faust's table is empty, whatever the checkpoints' topic holds:
        what it has nothing of is read from there.
        """
        while True:
            await asyncio.sleep(TICK_SECONDS)
            for number in sorted(self._waiting):
                with suppress(RecordsGoneError):  # compaction went on: the next try finds the rest
                    has_any = any(_of(number, key) for key, _ in self._table)
                    table = self._table if has_any else await self._stored(number)
                    if number in self._waiting:
                        await self._take_up(number, table, partial(self._waits_for, number))
                        self._waiting.discard(number)
            if not self._waiting:
                self._table = []

    def _waits_for(self, number: int) -> bool:
        return number in self._waiting

    async def _take_up(self, partition: int, table: Table, wanted: Callable[[], bool]) -> None:
        """Own a partition, if it is still wanted once its state is restored.

        Where a newer release wrote its state, leave that alone and do not fold.
        """
        try:
            restored = await self._restored(partition, table)
        except NewerFormatError as newer:
            if wanted():
                stored = TopicPartition(self._names.checkpoints, partition)
                self._unreadable[partition] = stopped_at(stored, newer.found, newer)
        else:
            if wanted():
                self.owned[partition] = restored

    async def _restored(self, partition: int, table: Table) -> OwnedPartition:
        flows = self._settings.flows
        entries = entries_of(partition, flows.shards, table)
        steps = restoring(partition, flows.shards, flows.partitions, entries)
        auditor = await in_steps(steps, self._clock)
        _log.info(
            "auditor_restored", partition=partition, entries=len(entries), next_offset=auditor.next_offset
        )
        place = TopicPartition(self._names.flows, partition)
        return OwnedPartition(place, auditor, self._reader, self._notes.of(partition))

    async def deliver(self) -> None:
        """Publish for every owned partition, until cancelled."""
        deliveries: dict[OwnedPartition, Delivery] = {}
        while True:
            await asyncio.sleep(TICK_SECONDS)
            owned = list(self.owned.values())
            deliveries = {one: deliveries.get(one) or self._delivery(one) for one in owned}
            await asyncio.gather(*(delivery.deliver() for delivery in deliveries.values()))

    def _delivery(self, owned: OwnedPartition) -> Delivery:
        every = self._checkpoint_every
        partitions = self._settings.flows.partitions
        return Delivery(owned, self._writer, self._names, self._clock, every, self._on_alert, partitions)

    async def follow(self) -> None:
        """Read every partition to its end each second: Faust may have lost its last records."""
        while True:
            following = list(self.owned.values()) if self._notes.known else []
            ends = await self._reader.ends([owned.partition for owned in following]) if following else {}
            for owned in following:
                await owned.follow(ends[owned.partition])
                await retry(partial(self._renew, owned), KafkaError, "renewal_tried_again")
            await asyncio.sleep(FOLLOW_SECONDS)

    async def _renew(self, owned: OwnedPartition) -> None:
        if owned.renewal is not None:
            await self._renewal.say(owned.partition.partition, owned.renewal)

    async def read_notes(self) -> None:
        """Follow what is said of the flows topic, until cancelled."""
        await self._notes.run()

    async def mend(self) -> None:
        """Build partitions anew whose state is half changed, until cancelled.

        What failed is tried again `REBUILDS` times, and then once somebody says that it is to be passed.
        """
        while True:
            await asyncio.sleep(FOLLOW_SECONDS)
            for number, owned in list(self.owned.items()):
                if owned.failed_at is not None and self._may_rebuild(number, owned.failed_at):
                    with suppress(RecordsGoneError):  # compaction went on: the next try finds the rest
                        await self._rebuild(number, owned)

    def _may_rebuild(self, number: int, failed_at: int) -> bool:
        return self._rebuilt[number, failed_at] < REBUILDS or failed_at in self._notes.of(number).skips

    async def _rebuild(self, number: int, broken: OwnedPartition) -> None:
        stored = await self._stored(number)
        if self.owned.get(number) is broken:
            self._rebuilt[number, broken.failed_at or 0] += 1
            await self._take_up(number, stored, lambda: self.owned.get(number) is broken)
            broken.gone.set()

    async def _stored(self, number: int) -> Table:
        """The checkpoints of a partition as they stand in their topic."""
        place = TopicPartition(self._names.checkpoints, number)
        begin, end = (await self._reader.begins([place]))[place], (await self._reader.ends([place]))[place]
        stored: dict[bytes | None, bytes | None] = {}
        await self._reader.each(place, begin, end, lambda each: stored.update({each.key: each.value}))
        return list(stored.items())

    async def own(self) -> None:
        """While this process owns partition 0, decide what belongs to no single flow."""
        while True:
            first = self.owned.get(0)
            if first is None:
                await asyncio.sleep(TICK_SECONDS)
            else:
                owner = Owner(self._settings.flows.partitions)
                self._owner = OwnerLoop(
                    owner, self._writer, self._settings, self._clock, self._standing, self._renewal
                )
                await self._owner.run(first.gone)
                self._owner = None

    async def faust(self) -> None:
        """Run the Faust app; StreamProcessorEndedError when it ends, which Faust itself does not report."""
        app = build_app(self._settings, self)
        try:
            await app.start()
            await app.wait_until_stopped()
        finally:
            self.revoked()
            await stop_client(app, FAUST_STOP_SECONDS)
        raise StreamProcessorEndedError("the stream processor ended by itself", code="auditor_crashed")


def _of(partition: int, key: bytes | None) -> bool:
    """Whether a key of the table is of that partition (`entry_key`)."""
    return (key or b"").startswith(f"{partition}/".encode())
