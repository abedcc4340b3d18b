"""Logs of simulated topics: append, read, delete from the front; and what they held, as a digest."""

from hashlib import blake2b

from aiokafka import TopicPartition

from monitor.pipeline.observe.records import SourceRecord


class Log:
    """One partition of a topic. begin: its first offset; what lay before was deleted."""

    def __init__(self, topic: str, number: int) -> None:
        self.topic, self.number = topic, number
        self.place = TopicPartition(topic, number)
        self.records: list[SourceRecord] = []
        self.begin = 0
        self._digest = blake2b()

    def __str__(self) -> str:
        return f"{self.topic}/{self.number}"

    @property
    def end(self) -> int:
        """The offset of the next record."""
        return self.begin + len(self.records)

    def append(self, timestamp: int, value: bytes) -> SourceRecord:
        """Write a record at `timestamp` (ms)."""
        record = SourceRecord(self.end, timestamp, value)
        self.records.append(record)
        self._digest.update(b"%d %d %d " % (record.offset, timestamp, len(value)))
        self._digest.update(value)
        return record

    def read(self, position: int, most: int) -> list[SourceRecord]:
        """At most so many records from `position` on."""
        at = position - self.begin
        return self.records[at : at + most]

    def delete_older(self, timestamp: int) -> list[SourceRecord]:
        """Delete records from before a time, from the front, as retention does; the last one stays."""
        kept = [n for n, each in enumerate(self.records) if each.timestamp >= timestamp]
        gone = self.records[: kept[0] if kept else -1]
        del self.records[: len(gone)]
        self.begin += len(gone)
        return gone

    def digest(self) -> str:
        """Of all records that were ever written."""
        return self._digest.hexdigest()

    async def at_time(self, partition: TopicPartition, timestamp_ms: int) -> int | None:
        """The first offset at or after a time."""
        return next((each.offset for each in self.records if each.timestamp >= timestamp_ms), None)

    async def timestamps(self, partition: TopicPartition, start: int, stop: int) -> list[int]:
        """Record timestamps in [start, stop), in log order."""
        return [each.timestamp for each in self.read(max(start, self.begin), stop - start)]
