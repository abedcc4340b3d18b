"""One source partition while it is ours: its pure observer, and what goes out for it."""

import asyncio
from collections.abc import Callable
from itertools import groupby
from operator import attrgetter
from typing import Any, NamedTuple

import structlog
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError
from aiokafka.structs import OffsetAndMetadata

from monitor.base.clock import Clock
from monitor.kafka.observer.idle import IdleTime
from monitor.kafka.observer.offsets import Commit, Place
from monitor.pipeline.observe.observer import Outgoing, SourceObserver, SourceRecord

HEARTBEAT_SECONDS = 4.0
"""Every target hears of every source partition at least every 5 s (delivery, observer 4)."""
RETRY_SECONDS = 0.5
_log = structlog.get_logger()


class Rejected(NamedTuple):
    """A record that could not be decoded; nothing stops for it."""

    topic: str
    partition: int
    offset: int
    code: str
    message: str


class SourcePartition:
    """Feeds one `SourceObserver`, publishes what it gives, knows what may be committed."""

    def __init__(
        self, partition: TopicPartition, observer: SourceObserver, place: Place, clock: Clock
    ) -> None:
        self.partition, self.observer, self.commit = partition, observer, place.commit
        self.is_first_start = place.fresh and not place.lost
        self._lost = place.lost
        self.ours = True
        self.records = 0
        self.bytes = 0
        self._published_flows = 0
        self._quiet_below = place.commit.offset
        self._idle = IdleTime()
        self._clock = clock
        self._heartbeat_due = clock.monotonic()

    def resume(self, commit: Commit) -> None:
        """It came back to us, with `commit` as what is safely out; no fetch was answered meanwhile."""
        self.commit = commit._replace(incarnation=self.commit.incarnation)
        self.ours, self._idle = True, IdleTime()

    def fold(self, record: Any) -> bool:
        """Fold one record of aiokafka; False when the partition is no longer ours.

        A batch from before a rebalance may come beside the one that is read again after it: what is below
        the observer's own position was folded.
        """
        if not self.ours or record.offset < self.observer.position:
            return self.ours
        self.observer.fold(SourceRecord(record.offset, record.timestamp, record.value, record.headers))
        self.records += 1
        self.bytes += len(record.value or b"")
        return True

    def answered(self, stamp_ms: int | None, empty: bool) -> None:
        """The broker's last answer: an empty one lets idle time pass."""
        idle = self._idle.answered(stamp_ms, empty)
        if idle:
            self.observer.idle(idle)

    def rejections(self, tell: Callable[[Rejected], None]) -> None:
        """Tell what was rejected since the last call; what a restart reads again was told before."""
        for offset, code, message in self.observer.rejected:
            if offset >= self._quiet_below:
                tell(Rejected(self.partition.topic, self.partition.partition, offset, code, message))
        self.observer.rejected.clear()

    async def publish(self, producer: AIOKafkaProducer, topic: str, at_end: bool, partitions: int) -> None:
        """Send what is due and wait for its acknowledgement; `partitions`: of the source topic."""
        now = self._clock.monotonic()
        heartbeat = now >= self._heartbeat_due
        self._published_flows = self.observer.tallies["flows"]
        outgoing = self.observer.outgoing(at_end, partitions, heartbeat)
        if heartbeat:
            self._heartbeat_due = now + HEARTBEAT_SECONDS
        by_target = groupby(sorted(outgoing, key=attrgetter("target")), attrgetter("target"))
        await asyncio.gather(*(self._deliver(producer, topic, list(records)) for _, records in by_target))

    async def _deliver(self, producer: AIOKafkaProducer, topic: str, records: list[Outgoing]) -> None:
        """In order, one in flight: a record that is not acknowledged is sent again first, unchanged."""
        for target, value in records:
            while not await _acknowledged(producer, topic, target, value):
                if not self.ours:
                    return
                await asyncio.sleep(RETRY_SECONDS)
            self.observer.acknowledged(target)

    @property
    def waiting_flows(self) -> int:
        """Flows that closed since the last publication."""
        return self.observer.tallies["flows"] - self._published_flows

    def due_commit(self) -> OffsetAndMetadata | None:
        """The low offset to commit now; None while it has not grown."""
        low = self.observer.committable
        if low is None or low <= self.commit.offset:
            return None
        return OffsetAndMetadata(low, self.commit.metadata)

    def first_commit(self) -> OffsetAndMetadata:
        """Where the first start began, with what tells it from later ones."""
        return OffsetAndMetadata(self.commit.offset, self.commit.metadata)

    def count_lost(self) -> int:
        """Records that retention took before they were read; told once."""
        lost, self._lost = self._lost, 0
        if lost:
            _log.error(
                "records_lost", topic=self.partition.topic, partition=self.partition.partition, records=lost
            )
        return lost

    def committed(self, offset: int) -> None:
        """Kafka has the low offset."""
        self.commit = self.commit._replace(offset=offset)


async def _acknowledged(producer: AIOKafkaProducer, topic: str, target: int, value: bytes) -> bool:
    try:
        await producer.send_and_wait(topic, value, partition=target)
    except KafkaError as error:
        _log.warning(
            "flows_sent_again", topic=topic, partition=target, error=str(error) or type(error).__name__
        )
        return False
    return True
