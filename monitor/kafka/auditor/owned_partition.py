"""One partition of the flows topic while this process owns it: its pure auditor, fed without a gap."""

import asyncio
from typing import Any

import structlog
from aiokafka import TopicPartition

from monitor.base.errors import NewerFormatError, UndecodableError
from monitor.drift.records.alert import Alert
from monitor.drift.records.audit import CallRecord
from monitor.kafka.auditor.log_notes import PartitionNotes
from monitor.kafka.client.reader import LogReader, RecordsGoneError
from monitor.kafka.client.unpacking import damage_of
from monitor.pipeline.audit.auditor import PartitionAuditor
from monitor.pipeline.audit.record_check import read
from monitor.pipeline.audit.run_audits import list_calls, taken
from monitor.pipeline.defects import HalfFoldedError

LOOKS = 5
"""Looks in a row that must find another log: a leader may say an end that is too early for a while."""
TAIL = 5
"""Of the records before the next one so many tell whether they are those that were folded."""
MOST_WAITING = 20_000
"""Calls that wait for the audit topic, from which on nothing more is folded: a bound on memory."""
_log = structlog.get_logger()


def stopped_at(partition: TopicPartition, found: str, newer: NewerFormatError) -> str:
    """Log why a partition is not read on, and return the same sentence for /readyz?verbose."""
    place = f"partition {partition.partition} of {partition.topic}"
    reason = f"{place}: {found}, this release reads {newer.reads}: upgrade flowdrift"
    _log.error("partition_stopped", reason=reason)
    return reason


def failed_at(partition: TopicPartition, failed: HalfFoldedError) -> str:
    """Log which record cannot be folded, and return it as a sentence with what to do."""
    place = f"{partition.topic}/{partition.partition}/{failed.offset}"
    reason = f"record {place} cannot be folded: {failed}; 'flowdrift skip {place}' passes it"
    _log.error("record_failed", reason=reason)
    return reason


class OwnedPartition:
    """Applies every record of the log exactly once and in order.

    After an orderly restart Faust may skip live records or deliver some again: the offset of each decides.
    alerts, calls: events of the fold, and calls of test runs, that their topics have not acknowledged yet.
    stopped: why nothing more is folded; '' otherwise. Where a newer release wrote the next record, the state
    stays and is still published. Where a record failed, which is `failed_at`, the state is half changed:
    nothing of it may be used. unpublished: why its results are not published; '' where they are. renewal:
    where the log turns out to be another one than was folded, the base to say in a command (`log_notes`);
    nothing is folded until that is read. Offsets of the fold have the base in them.
    """

    def __init__(
        self, partition: TopicPartition, auditor: PartitionAuditor, reader: LogReader, notes: PartitionNotes
    ) -> None:
        self.partition, self.auditor = partition, auditor
        self.alerts: list[Alert] = []
        self.calls: list[CallRecord] = []
        self.gone = asyncio.Event()
        self.caught_up = False
        self.stopped = self.unpublished = ""
        self.failed_at: int | None = None
        self.renewal: int | None = None
        self._reader, self._notes = reader, notes
        self._same_log, self._strange = False, 0
        self._one_at_a_time = asyncio.Lock()
        auditor.skips = notes.skips
        list_calls(auditor.audits)

    @property
    def sound(self) -> bool:
        """Whether its state may be published."""
        return self.ours and self.failed_at is None

    @property
    def ours(self) -> bool:
        """True until the partition is revoked."""
        return not self.gone.is_set()

    async def receive(self, record: Any) -> None:
        """Apply a live record, after the records before it; skip it where it was applied already.

        Until `follow` has found that this is the log which was folded, it is left to that.
        """
        async with self._one_at_a_time:
            if self._same_log:
                await self._read_up_to(record.offset)
                self._apply(record)

    async def follow(self, end: int) -> None:
        """Read and apply up to the present `end` of the log, if it is the one that was folded."""
        async with self._one_at_a_time:
            self._same_log = await self._is_same_log(end)
            if self._same_log:
                self.renewal, self._strange = None, 0
                await self._read_up_to(end)
                self.caught_up |= len(self.calls) < MOST_WAITING
            else:
                self._strange += 1
                if self._strange >= LOOKS:
                    begin = (await self._reader.begins([self.partition]))[self.partition]
                    self.renewal = self.auditor.next_offset - begin

    async def _is_same_log(self, end: int) -> bool:
        """Whether the log still holds what was folded: it does not end before, and is not younger.

        No record with a header below is younger than all that were folded.
        """
        last = self._next - 1
        if last >= end:  # it may have been asked for before the record came that is folded by now
            end = (await self._reader.ends([self.partition]))[self.partition]
        if last >= end and not await self._reader.holds(self.partition, last):
            return False
        if self._same_log or last < 0 or not self.auditor.stamp:
            return True
        for record in reversed(await self._tail(last)):
            if record.offset + self._notes.base not in self._notes.skips and _has_header(record):
                return bool(record.timestamp <= self.auditor.stamp)
        return True

    async def _tail(self, last: int) -> list[Any]:
        """The records up to `last`, an offset of the log, as far as they are there: TAIL of them at most."""
        try:
            return await self._reader.last(self.partition, max(0, last + 1 - TAIL), last + 1)
        except RecordsGoneError as gone:
            return await self._reader.last(self.partition, min(gone.begin, last + 1), last + 1)

    @property
    def _next(self) -> int:
        """Offset in the log of the next record to fold; below 0 for one of the log before this one."""
        return self.auditor.next_offset - self._notes.base

    def _apply(self, record: Any) -> bool:
        """Fold one record; False when no further record may be folded."""
        if not self._goes_on:
            return False
        offset = record.offset + self._notes.base
        try:
            self.alerts += self.auditor.apply(offset, record.timestamp, record.value or b"")
            self.calls += taken(self.auditor.audits)
        except NewerFormatError as newer:
            self.stopped = stopped_at(self.partition, f"{newer.found} at offset {record.offset}", newer)
        except HalfFoldedError as failed:
            self.broke(failed)
        for refused, reason in self.auditor.refused:
            place = {"topic": self.partition.topic, "partition": self.partition.partition, "offset": refused}
            _log.error("record_skipped", **place, reason=reason)
        self.auditor.refused.clear()
        return self._goes_on

    def take_calls(self) -> list[CallRecord]:
        """The calls that wait for the audit topic; whoever takes them puts back what he cannot append."""
        taken_now, self.calls = self.calls, []
        return taken_now

    def broke(self, failed: HalfFoldedError) -> None:
        """Its state may not be used any more, since a record failed at it."""
        self.stopped, self.failed_at = failed_at(self.partition, failed), failed.offset

    @property
    def _goes_on(self) -> bool:
        return self.ours and not self.stopped and len(self.calls) < MOST_WAITING

    async def _read_up_to(self, stop: int) -> None:
        """Fold what lies before `stop`, an offset of the log."""
        if not self._goes_on or self._next >= stop:
            return
        try:
            await self._read(self._next, stop)
        except RecordsGoneError as gone:
            if self.auditor.next_offset > 0:
                lost = gone.begin - self._next
                _log.error("flow_records_lost", partition=self.partition.partition, records=lost)
            await self._read(gone.begin, stop)

    async def _read(self, start: int, stop: int) -> None:
        if start < 0:
            raise RecordsGoneError(self.partition, 0)
        await self._reader.each(self.partition, start, stop, self._apply)


def _has_header(record: Any) -> bool:
    """Whether a record moves the time of the fold."""
    if damage_of(record) is not None:
        return False
    try:
        return read(record.value or b"").header is not None
    except (NewerFormatError, UndecodableError):
        return False
