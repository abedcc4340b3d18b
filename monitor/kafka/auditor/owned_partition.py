"""One partition of the flows topic while this process owns it: its pure auditor, fed without a gap."""

import asyncio
from typing import Any

import structlog
from aiokafka import TopicPartition

from monitor.base.errors import NewerFormatError
from monitor.drift.judge import Alert
from monitor.kafka.client.reader import LogReader, RecordsGoneError
from monitor.pipeline.audit.auditor import PartitionAuditor
from monitor.pipeline.defects import HalfFoldedError

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
    alerts: events of the fold that the alerts topic has not acknowledged yet. stopped: why nothing more is
    folded; '' otherwise. Where a newer release wrote the next record, the state stays and is still published.
    Where a record failed, which is `failed_at`, the state is half changed: nothing of it may be used.
    """

    def __init__(self, partition: TopicPartition, auditor: PartitionAuditor, reader: LogReader) -> None:
        self.partition, self.auditor = partition, auditor
        self.alerts: list[Alert] = []
        self.gone = asyncio.Event()
        self.caught_up = False
        self.stopped = ""
        self.failed_at: int | None = None
        self._reader = reader
        self._one_at_a_time = asyncio.Lock()

    @property
    def sound(self) -> bool:
        """Whether its state may be published."""
        return self.ours and self.failed_at is None

    @property
    def ours(self) -> bool:
        """True until the partition is revoked."""
        return not self.gone.is_set()

    async def receive(self, record: Any) -> None:
        """Apply a live record, after the records before it; skip it where it was applied already."""
        async with self._one_at_a_time:
            await self._read_up_to(record.offset)
            self._apply(record)

    async def follow(self) -> None:
        """Read and apply up to the present end of the log."""
        async with self._one_at_a_time:
            await self._read_up_to((await self._reader.ends([self.partition]))[self.partition])
            self.caught_up = True

    def _apply(self, record: Any) -> bool:
        """Fold one record; False when no further record may be folded."""
        if not self._goes_on:
            return False
        try:
            self.alerts += self.auditor.apply(record.offset, record.timestamp, record.value or b"")
        except NewerFormatError as newer:
            at = f"{newer.found} at offset {record.offset}"
            self.stopped = stopped_at(self.partition, at, newer)
        except HalfFoldedError as failed:
            self.broke(failed)
        for offset, reason in self.auditor.refused:
            place = {"topic": self.partition.topic, "partition": self.partition.partition, "offset": offset}
            _log.error("record_skipped", **place, reason=reason)
        self.auditor.refused.clear()
        return self._goes_on

    def broke(self, failed: HalfFoldedError) -> None:
        """Its state may not be used any more, since a record failed at it."""
        self.stopped, self.failed_at = failed_at(self.partition, failed), failed.offset

    @property
    def _goes_on(self) -> bool:
        return self.ours and not self.stopped

    async def _read_up_to(self, stop: int) -> None:
        if not self._goes_on or self.auditor.next_offset >= stop:
            return
        try:
            await self._reader.each(self.partition, self.auditor.next_offset, stop, self._apply)
        except RecordsGoneError as gone:
            if self.auditor.next_offset > 0:
                lost = gone.begin - self.auditor.next_offset
                _log.error("flow_records_lost", partition=self.partition.partition, records=lost)
            await self._reader.each(self.partition, gone.begin, stop, self._apply)
