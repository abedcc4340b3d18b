"""One partition of the flows topic while it is ours: its pure auditor, fed without a gap."""

import asyncio
from typing import Any

import structlog
from aiokafka import TopicPartition

from monitor.drift.judge import Alert
from monitor.kafka.client.reader import LogReader, RecordsGoneError
from monitor.pipeline.audit.auditor import PartitionAuditor

_log = structlog.get_logger()


class OwnedPartition:
    """Applies every record of the log exactly once and in order, whoever brings it.

    Faust's live records may lack some after an orderly restart, or come again: the offset of each decides.
    alerts: events of the fold that are not acknowledged on the alerts topic yet.
    """

    def __init__(self, partition: TopicPartition, auditor: PartitionAuditor, reader: LogReader) -> None:
        self.partition, self.auditor = partition, auditor
        self.alerts: list[Alert] = []
        self.gone = asyncio.Event()
        self.caught_up = False
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
        if self.ours:
            self.alerts += self.auditor.apply(record.offset, record.timestamp, record.value or b"")
        return self.ours

    async def _read_up_to(self, stop: int) -> None:
        if not self.ours or self.auditor.next_offset >= stop:
            return
        try:
            await self._reader.each(self.partition, self.auditor.next_offset, stop, self._apply)
        except RecordsGoneError as gone:
            if self.auditor.next_offset > 0:
                lost = gone.begin - self.auditor.next_offset
                _log.error("flow_records_lost", partition=self.partition.partition, records=lost)
            await self._reader.each(self.partition, gone.begin, stop, self._apply)
