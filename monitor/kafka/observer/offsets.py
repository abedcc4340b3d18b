"""Where an observer begins to read a source partition: the rules of delivery, observer 6, 8 and 9."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import orjson
import structlog
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import GroupAuthorizationFailedError, KafkaError

from monitor.base.errors import ConfigurationError
from monitor.kafka.settings import back_ms

ASK_SECONDS, RETRY_SECONDS = 5.0, 0.2
TAIL = 5
"""So many records before the committed offset say what time it was there."""
_log = structlog.get_logger()


class Commit(NamedTuple):
    """A committed low offset, and what its metadata say.

    incarnation: of the topic ('' where the broker stores no metadata). known, since: how many partitions
    the topic had when it was first read, and when that was (ms since the epoch): a partition without a
    commit is a new one, or its first reader has not come to it yet. first: where that reading began, which
    no later re-read goes below.
    """

    offset: int
    incarnation: str = ""
    known: int = 0
    since: int = 0
    first: int = 0

    @property
    def metadata(self) -> str:
        """What stands beside the offset in Kafka."""
        return orjson.dumps(self[1:]).decode()

    @classmethod
    def read(cls, offset: int, metadata: str | None) -> "Commit":
        """The commit as Kafka gave it; metadata of another form count as none."""
        try:
            incarnation, known, since, first = orjson.loads(metadata or "")
            return cls(offset, str(incarnation), int(known), int(since), int(first))
        except (ValueError, TypeError):
            return cls(offset)


async def committed(
    client: AIOKafkaAdminClient, group: str, partitions: Iterable[TopicPartition]
) -> dict[TopicPartition, Commit | None]:
    """The commit of each partition; None where there is none.

    Asks until every partition is named: while a coordinator loads, aiokafka hides its error and gives an
    empty answer, and a broker's restart must not look like a first start. Only -1 means none.
    """
    wanted = sorted(set(partitions))
    while True:
        try:
            async with asyncio.timeout(ASK_SECONDS):
                answer = await client.list_consumer_group_offsets(group, partitions=wanted)
        except GroupAuthorizationFailedError as error:
            raise ConfigurationError(
                f"not permitted: Read on group {group}; allow it on Group:LITERAL:{group}",
                code="not_permitted",
            ) from error
        except (KafkaError, OSError, TimeoutError, AttributeError) as error:
            # AttributeError: aiokafka looks for the error of a partition in a field that is not there.
            _log.warning("offsets_asked_again", group=group, error=str(error) or type(error).__name__)
        else:
            if all(partition in answer for partition in wanted):
                return {p: _commit(*answer[p]) for p in wanted}
        await asyncio.sleep(RETRY_SECONDS)


def _commit(offset: int, metadata: str | None) -> Commit | None:
    return None if offset < 0 else Commit.read(offset, metadata)


class Log(Protocol):
    """What must be known of a log to find a place in it; timestamps in ms."""

    async def at_time(self, partition: TopicPartition, timestamp_ms: int) -> int | None:
        """First offset at or after a time."""

    async def timestamps(self, partition: TopicPartition, start: int, stop: int) -> list[int]:
        """Record timestamps in [start, stop), in log order."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where to begin: `position` is read first, `commit` is what is known to be safely out.

    fresh: spans of the first `max_age` may lack their beginning. lost: records that retention took before
    they were read.
    """

    position: int
    commit: Commit
    fresh: bool
    lost: int = 0


@dataclass(frozen=True, slots=True)
class Beginning:
    """Finds the place for one source partition.

    commits: of every partition of its topic. begin, end: of its log. topic_id: '' where the broker has none.
    """

    partition: TopicPartition
    commits: Mapping[TopicPartition, Commit | None]
    begin: int
    end: int
    topic_id: str
    initial_offset: str
    reread_ms: int
    now_ms: int

    async def place(self, log: Log) -> Place:
        """Apply the rules in their order."""
        commit = self.commits[self.partition]
        if commit is None:
            return await self._first(log)
        if self._recreated(commit):
            return self._new_incarnation(commit)
        if commit.offset < self.begin:
            lost = self.begin - commit.offset
            return Place(self.begin, commit._replace(first=self.begin), fresh=True, lost=lost)
        named = commit._replace(incarnation=commit.incarnation or self.topic_id or "1")
        position = max(named.first, await self._reread(log, commit.offset))
        return Place(position, named, fresh=named.known > 0 and position == named.first)

    def goes_on(self, commit: Commit, position: int) -> bool:
        """Whether memory that read up to `position` may simply go on there."""
        return not self._recreated(commit) and max(commit.offset, self.begin) <= position <= self.end

    async def _first(self, log: Log) -> Place:
        """No commit: the first start of the topic, or a partition that came later, which is read whole."""
        siblings = [c for c in self.commits.values() if c is not None]
        known = max((c.known for c in siblings), default=0) or len(self.commits)
        if self.partition.partition >= known:
            return self._fresh(self.begin, known=len(self.commits), since=self.now_ms)
        since = min((c.since for c in siblings if c.since), default=self.now_ms)
        return self._fresh(await self._initial(log, since), known=known, since=since)

    async def _initial(self, log: Log, since: int) -> int:
        """The place that `initial_offset` names, as of the time `since` of the topic's first start."""
        if self.initial_offset == "earliest":
            return self.begin
        back = back_ms(self.initial_offset)
        if back is None and since >= self.now_ms:
            return self.end
        found = await log.at_time(self.partition, since - (back or 0))
        return self.end if found is None else max(self.begin, found)

    def _fresh(self, position: int, known: int, since: int) -> Place:
        commit = Commit(position, self.topic_id or "1", known, since, first=position)
        return Place(position, commit, fresh=True)

    def _recreated(self, commit: Commit) -> bool:
        """Another topic id; where there is none, a commit beyond the end of the log."""
        if self.topic_id and commit.incarnation:
            return commit.incarnation != self.topic_id
        return commit.offset > self.end

    def _new_incarnation(self, commit: Commit) -> Place:
        number = (
            int(commit.incarnation) if commit.incarnation.isdecimal() and len(commit.incarnation) < 9 else 1
        )
        incarnation = self.topic_id or str(number + 1)
        renewed = Commit(self.begin, incarnation, len(self.commits), self.now_ms, first=self.begin)
        return Place(self.begin, renewed, fresh=True)

    async def _reread(self, log: Log, low: int) -> int:
        """So far before `low` that all groups and the memory are rebuilt as the first owner had them."""
        start = max(self.begin, low - 2 * TAIL)
        # Up to the record at `low` itself, where there is one; control records leave holes.
        times = sorted((await log.timestamps(self.partition, start, min(low + 1, self.end)))[-TAIL:])
        if not times:
            return low
        median = times[(len(times) - 1) // 2]
        found = await log.at_time(self.partition, median - self.reread_ms)
        return max(self.begin, min(low, low if found is None else found))
