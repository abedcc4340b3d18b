"""One partition of the flows topic while it is ours: its pure auditor, fed without a gap."""

import asyncio
from typing import Any

import structlog
from aiokafka import TopicPartition

from monitor.base.errors import NewerFormatError
from monitor.drift.judge import Alert
from monitor.kafka.client.reader import LogReader, RecordsGoneError
from monitor.pipeline.audit.auditor import PartitionAuditor

_log = structlog.get_logger()


def stopped_at(partition: TopicPartition, found: str, newer: NewerFormatError) -> str:
    """Why a partition is not folded, for the log and for /readyz?verbose; logged here, once."""
    place = f"partition {partition.partition} of {partition.topic}"
    reason = f"{place}: {found}, this release reads {newer.reads}: upgrade flowdrift"
    _log.error("partition_stopped", reason=reason)
    return reason


class OwnedPartition:
    """Applies every record of the log exactly once and in order, whoever brings it.

    Faust's live records may lack some after an orderly restart, or come again: the offset of each decides.
    alerts: events of the fold that are not acknowledged on the alerts topic yet. stopped: why nothing more
    is folded, '' in general: a newer release wrote the next record. What was folded stays, and is published.
    """

    def __init__(self, partition: TopicPartition, auditor: PartitionAuditor, reader: LogReader) -> None:
        self.partition, self.auditor = partition, auditor
        self.alerts: list[Alert] = []
        self.gone = asyncio.Event()
        self.caught_up = False
        self.stopped = ""
        self._reader = reader
        self._one_at_a_time = asyncio.Lock()

    @property
    def ours(self) -> bool:
        """Until it is revoked."""
        return not self.gone.is_set()

    async def hear(self, record: Any) -> None:
        """A live record: applied, or skipped where it was, after whatever lies before it."""
        async with self._one_at_a_time:
            await self._read_up_to(record.offset)
            self._apply(record)

    async def follow(self) -> None:
        """Read up to the end of the log as it is now."""
        async with self._one_at_a_time:
            await self._read_up_to((await self._reader.ends([self.partition]))[self.partition])
            self.caught_up = True

    def _apply(self, record: Any) -> bool:
        """Fold one record; False when no more may be folded."""
        if not self._goes_on:
            return False
        try:
            self.alerts += self.auditor.apply(record.offset, record.timestamp, record.value or b"")
        except NewerFormatError as newer:
            at = f"{newer.found} at offset {record.offset}"
            self.stopped = stopped_at(self.partition, at, newer)
        return self._goes_on

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
