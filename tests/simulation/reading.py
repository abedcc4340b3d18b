"""How a simulated process reads one source partition: the real fold and the real bookkeeping of commits."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from aiokafka import TopicPartition
from aiokafka.structs import OffsetAndMetadata

from monitor.base.steps import result_of
from monitor.kafka.observer.offsets import Commit, StartFinder, StartingPoint
from monitor.kafka.observer.partition import SourcePartition
from monitor.pipeline.observe.observer import Rejection
from tests.simulation.network import Lane, Message, Network
from tests.simulation.processes import ALWAYS, Process, Reader
from tests.simulation.rules import Rules
from tests.simulation.topics import Log

T = TypeVar("T")
AT_ONCE = 12
"""Records of a fetch, at most."""
LOOSE = 0.05
"""How often a letter that holds nothing is sent: it may wait."""
MEANWHILE = 0.02
"""How often something is sent between two steps of a fold."""


def done(work: Coroutine[Any, Any, T]) -> T:
    """The result of a coroutine that waits for nothing."""
    try:
        work.send(None)
    except StopIteration as end:
        result: T = end.value
        return result
    raise AssertionError("it waits")


@dataclass
class Group:
    """A group of consumers. logs: of the source topic; outputs: of the topic to which it writes.

    begin: builds what is fed with the records of a partition. largest: bytes of a record that outputs take.
    beats: so many records that come in a round may be heartbeats.
    """

    outputs: list[Log]
    letters: Log
    reread_ms: int
    begin: Callable[[Log, StartingPoint, int], SourcePartition]
    largest: int
    beats: int = 0
    logs: list[Log] = field(default_factory=list)
    commits: dict[TopicPartition, tuple[int, str]] = field(default_factory=dict)

    def low(self, log: Log) -> int:
        """The offset that is committed."""
        return self.commits.get(log.place, (0, ""))[0]

    def commit(self, log: Log, said: OffsetAndMetadata) -> None:
        """Store an offset with its metadata."""
        self.commits[log.place] = (said.offset, said.metadata)

    def finder(self, log: Log, now_ms: int) -> StartFinder:
        """Finds where to begin reading a partition."""
        commits = {
            each.place: Commit.read(*self.commits[each.place]) if each.place in self.commits else None
            for each in self.logs
        }
        return StartFinder(log.place, commits, log.begin, log.end, "", "earliest", self.reread_ms, now_ms)


class SourceReader(ABC):
    """Reads one partition in one process."""

    def __init__(
        self,
        network: Network,
        process: Process,
        group: Group,
        log: Log,
        rules: Rules,
        kept: Reader | None = None,
    ) -> None:
        self.process, self.until = process, ALWAYS
        self.partition: SourcePartition
        self._network, self._group, self._log, self._rules = network, group, log, rules
        self._lanes = [Lane(network, process, each, group.largest) for each in group.outputs]
        self._loose: list[Rejection] = []
        finder = group.finder(log, network.now)
        commit = finder.commits[log.place]
        memory = kept.partition if isinstance(kept, SourceReader) else None
        if memory and commit and finder.goes_on(commit, memory.observer.position):
            memory.resume(commit)
            self.partition = memory
        else:
            self.partition = group.begin(log, self._misled(done(finder.find(log))), len(group.logs))
            group.commit(log, self.partition.opening())

    def _misled(self, start: StartingPoint) -> StartingPoint:
        """The same, but for broken rules. All that was ever written is read, so that nothing is cut off."""
        position = start.position if self._rules.rereads else max(start.position, start.commit.offset)
        return StartingPoint(position, start.commit, False, start.lost, start.clock)

    def revoked(self) -> None:
        """The partition is another process's now."""
        self.partition.ours = False
        for lane in self._lanes:
            lane.drop()

    def act(self) -> None:
        """Read, fold, send, commit: a little of what is due."""
        if not self.partition.ours:
            return
        if self.process.reaches(self._log, self._network.now):
            self._read()
        if self.process.reaches(self._group.letters, self._network.now):
            self._bury()
        self._publish()
        self._commit()

    def _read(self) -> None:
        partition = self.partition
        if not partition.held_back and not partition.waits:
            for _ in partition.folding(self._log.read(partition.observer.position, AT_ONCE)):
                self.process.step()
                if self._network.rng.random() < MEANWHILE:
                    self._publish()
                    self._commit()
            for stamp in self._network.answers:
                result_of(partition.answered(stamp, self.at_end))
        partition.report_rejected(lambda rejected: None)

    @property
    def at_end(self) -> bool:
        """Whether nothing is left to read."""
        position: int = self.partition.observer.position
        return position >= self._log.end

    @property
    def is_busy(self) -> bool:
        """Whether something is open, or left to read."""
        observer = self.partition.observer
        left: int = self._log.end - observer.position
        is_open: bool = observer.low < observer.position
        return is_open or left > self._group.beats

    def _bury(self) -> None:
        """Send the oldest dead letter; what is acknowledged no longer holds the low offset."""
        waiting = self.partition.observer.rejected
        if not self._rules.holds_for_dead_letters:
            self._loose += waiting
            waiting.clear()
            waiting = self._loose if self._network.rng.random() < LOOSE else []
        if waiting:
            self.process.step()
            letter = b"%s/%d" % (str(self._log).encode(), waiting[0].offset)
            if self._network.try_write(self._group.letters, letter):
                waiting.pop(0)
        self.partition._reported = len(self.partition.observer.rejected)

    def _publish(self) -> None:
        """Send what is due, once all that was sent before is acknowledged."""
        if not any(lane.waiting for lane in self._lanes):
            self.process.step()
            for target, message in self._messages():
                self._lanes[target].waiting.append(message)
        for target, lane in enumerate(self._lanes):
            if lane.waiting:
                lane.pump(lambda at=target: self.partition.observer.too_large(at))  # type: ignore[misc,attr-defined]
                self.process.step()

    @abstractmethod
    def _messages(self) -> Iterable[tuple[int, Message]]:
        """What is to be sent now, with its target."""

    def _commit(self) -> None:
        said = self._due()
        if said is None or not self.process.reaches(self._log, self._network.now):
            return
        self.process.step()
        luck = self._network.rng.random()
        if luck < 0.9:
            self._group.commit(self._log, said)
            self.process.step()
        if luck < 0.8:
            self.partition.committed(said.offset)

    def _due(self) -> OffsetAndMetadata | None:
        if self._rules.commits_low_offset:
            return self.partition.due_commit()
        position = self.partition.observer.position
        return OffsetAndMetadata(position, self.partition._at(position).metadata)

    @abstractmethod
    def sizes(self) -> dict[str, int]:
        """How much it holds."""
