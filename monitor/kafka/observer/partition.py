"""One source partition while this process owns it: what its records feed, and which offset to commit."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol

import structlog
from aiokafka import TopicPartition
from aiokafka.structs import OffsetAndMetadata

from monitor.base.clock import Clock
from monitor.base.steps import Steps
from monitor.base.units import LogTime
from monitor.flows.record import Source
from monitor.kafka.client.clients import TOO_LARGE
from monitor.kafka.client.unpacking import damage_of
from monitor.kafka.client.writing import Writer
from monitor.kafka.observer.dead_letters import MOST_WAITING, Burst, Letter, letter_of
from monitor.kafka.observer.idle import IdleTime
from monitor.kafka.observer.offsets import Commit, StartingPoint
from monitor.kafka.observer.trials import Mark, Trials
from monitor.pipeline.defects import HalfFoldedError
from monitor.pipeline.observe.records import FATAL, UNREADABLE, Refusal, Rejection, SourceRecord
from monitor.pipeline.observe.waypoints import Waypoint

LETTERS_AT_ONCE = 100
_log = structlog.get_logger()


class Rejected(NamedTuple):
    """A record that could not be decoded, and is skipped."""

    topic: str
    partition: int
    offset: int
    code: str
    message: str


class SourceFold(Protocol):
    """What is fed with the records of a source partition: a `SourceObserver` or a `Rekeyer`."""

    source: Source

    @property
    def position(self) -> int:
        """The offset of the next record to fold."""

    @property
    def rejected(self) -> list[Rejection]:
        """What gave no spans; the caller takes out what it has reported."""

    @property
    def log_time(self) -> LogTime | None:
        """Log time in ms; None before the first records are decided."""

    @property
    def low(self) -> int:
        """The smallest offset still needed."""

    @property
    def committable(self) -> int | None:
        """The offset to commit: everything below it is safely out."""

    @property
    def tallies(self) -> Mapping[str, int]:
        """What was counted since this began."""

    def folding(self, record: SourceRecord) -> Steps[None]:
        """Take the next record, step by step."""

    def idling(self, milliseconds: int) -> Steps[None]:
        """A fetch was answered without a record, so long after the answer before it."""

    def reread(self, low: int) -> Waypoint | None:
        """Where a restart has to read again if it begins at `low`; None: the timestamps of the log say it."""


class SourcePartition(ABC):
    """Feeds one `SourceFold`, publishes its records, and knows which offset may be committed.

    unread: offsets that must be passed without being read, and why. most_letters: see `Burst`.
    """

    def __init__(
        self,
        partition: TopicPartition,
        observer: SourceFold,
        start: StartingPoint,
        clock: Clock,
        unread: Mapping[int, Refusal] = MappingProxyType({}),
        most_letters: int = 1000,
    ) -> None:
        self.partition, self.observer, self.commit = partition, observer, start.commit
        self._lost = start.lost
        self.trials = Trials(start.commit.opened, start.commit.mark)
        self.ours = True
        self.records = 0
        self.bytes = 0
        self._quiet_below = start.commit.offset
        self._unread, self._burst, self._reported = {**unread, **self._fatal()}, Burst(most_letters), 0
        self._idle = IdleTime()
        self._clock = clock
        self._heartbeat_due = clock.monotonic()

    def _fatal(self) -> dict[int, Refusal]:
        why = "the process ended again and again while this record was in hand"
        return {} if self.trials.fatal is None else {self.trials.fatal: Refusal(FATAL, why)}

    @property
    def incarnation(self) -> str:
        """Of its topic: the id, where the broker has ids."""
        return self.commit.incarnation

    def resume(self, commit: Commit) -> None:
        """Own the partition again after a rebalance, with `commit` as what Kafka holds now."""
        self.commit = commit._replace(incarnation=self.commit.incarnation)
        self.ours, self._idle = True, IdleTime()

    def folding(self, records: Iterable[Any]) -> Steps[None]:
        """Fold records of aiokafka step by step, while this process owns the partition.

        A batch from before a rebalance may come together with the one that is read again after it: a record
        below the observer's position was folded already. A record that was begun is folded to its end.

        Raises:
            HalfFoldedError: the state is lost. Build it again, and pass the record that the error names.
        """
        for record in records:
            if not self.ours:
                return
            if record.offset >= self.observer.position:
                yield from self._whole(self.observer.folding(self._source_record(record)))
                self.records += 1
                self.bytes += len(record.value or b"")

    def _whole(self, steps: Steps[None]) -> Steps[None]:
        try:
            yield from steps
        except HalfFoldedError:
            self.ours = False
            raise

    def _source_record(self, record: Any) -> SourceRecord:
        damage = damage_of(record)
        if damage is not None:
            now = self.observer.log_time or int(self._clock.now() * 1000)
            unreadable = Refusal(UNREADABLE, damage.reason)
            return SourceRecord(record.offset, now, damage.raw, refused=unreadable)
        refused = self._unread.get(record.offset) if self._unread else None
        return SourceRecord(
            record.offset, record.timestamp, record.value, record.headers, record.key, refused
        )

    def answered(self, stamp_ms: int | None, empty: bool) -> Steps[None]:
        """Take note of the broker's last answer, step by step: an empty one adds idle time."""
        idle = self._idle.answered(stamp_ms, empty)
        if idle:
            yield from self._whole(self.observer.idling(idle))

    def report_rejected(self, report: Callable[[Rejected], None]) -> None:
        """Report records rejected since the last call, except those that were read and reported before."""
        rejected, (topic, partition) = self.observer.rejected, self.partition
        new, rejected[self._reported :] = rejected[self._reported :], []
        for each in new:
            if each.offset >= self._quiet_below:
                report(Rejected(topic, partition, each.offset, each.code, each.message))
                if not each.is_foreign:
                    rejected.append(each)
                    self._burst.add(self.records)
        self._reported = len(rejected)

    @property
    def held_back(self) -> str:
        """Why the partition is not read on at present; '' where it is."""
        place = f"{self.partition.topic}/{self.partition.partition}"
        if self._burst.is_on:
            return (
                f"{place} is not read on: too many of its last records went to the dead letters. "
                "'flowdrift dead-letters list' shows why; mend kafka.traces.encoding or the producer, "
                "or raise kafka.dead_letters.most, and restart"
            )
        if self._reported >= MOST_WAITING:
            return f"{place} is not read on: {self._reported} dead letters wait for their topic"
        return ""

    async def bury(self, writer: Writer, topic: str) -> None:
        """Send the oldest dead letters; those that are acknowledged no longer hold the low offset.

        Raises:
            KafkaError: some were not; they are sent again at the next call.
        """
        for rejection in self.observer.rejected[: min(self._reported, LETTERS_AT_ONCE)]:
            if not self.ours:
                return
            letter = letter_of(rejection, self.observer.source)
            try:
                await self._buried(writer, topic, letter)
            except TOO_LARGE:
                await self._buried(writer, topic, letter.reference())
            self.observer.rejected.pop(0)
            self._reported -= 1

    async def _buried(self, writer: Writer, topic: str, letter: Letter) -> None:
        await writer.send_and_wait(
            topic, letter.value, key=letter.key, partition=0, headers=list(letter.headers)
        )

    @abstractmethod
    async def publish(self, writer: Writer, topic: str, at_end: bool, partitions: int) -> None:
        """Send what is due and wait for its acknowledgement. partitions: of the source topic."""

    @property
    @abstractmethod
    def waiting(self) -> int:
        """How much there is to send that was not there at the last publication."""

    def _beats(self, every_seconds: float) -> bool:
        """Whether a heartbeat is due, which then is taken as sent."""
        now = self._clock.monotonic()
        if now < self._heartbeat_due or not self._has_word:
            return False
        self._heartbeat_due = now + every_seconds
        return True

    @property
    def _has_word(self) -> bool:
        """False while it is held back and has said all: a silent partition leaves the clocks of the fold."""
        return not self.held_back or self.observer.low > self.commit.offset

    def due_commit(self) -> OffsetAndMetadata | None:
        """The low offset to commit now; None while it has not grown."""
        low = self.observer.committable
        if low is None or low <= self.commit.offset:
            return None
        return OffsetAndMetadata(low, self._at(low).metadata)

    def opening(self) -> OffsetAndMetadata:
        """To commit when it is opened: how often that was, and at the first start where reading begins."""
        return self._noted(self.commit._replace(opened=self.commit.opened + 1))

    def marked(self, mark: Mark) -> OffsetAndMetadata:
        """To commit before records are folded that may end the process; no mark: after them."""
        return self._noted(self.commit._replace(mark=mark))

    def given_back(self) -> OffsetAndMetadata | None:
        """To commit at an orderly end; None where nothing is to be said."""
        return self._noted(self.commit._replace(opened=0, mark=Mark())) if self.commit.opened else None

    def _noted(self, commit: Commit) -> OffsetAndMetadata:
        """Take note of `commit`, and say the same to Kafka at the offset that it has."""
        self.commit = commit
        return OffsetAndMetadata(commit.offset, commit.metadata)

    def count_lost(self) -> int:
        """How many records retention deleted unread; 0 from the second call on."""
        lost, self._lost = self._lost, 0
        if lost:
            _log.error(
                "records_lost", topic=self.partition.topic, partition=self.partition.partition, records=lost
            )
        return lost

    def committed(self, offset: int) -> None:
        """Take note that Kafka holds the low offset."""
        self.commit = self._at(offset)
        self.trials.end()

    @property
    def waits(self) -> bool:
        """Whether it is not read on until others have caught up."""
        return False

    def _at(self, offset: int) -> Commit:
        reread = self.observer.reread(offset)
        place, clock = (None, ()) if reread is None else (reread.offset, reread.clock)
        return self.commit._replace(offset=offset, opened=0, mark=Mark(), reread=place, clock=clock)
