"""Where an observer begins to read a source partition (delivery, observer 6, 8 and 9)."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import orjson
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import GroupAuthorizationFailedError, KafkaError

from monitor.base.permission import not_permitted
from monitor.kafka.client.retry import retry
from monitor.kafka.observer.trials import Mark
from monitor.kafka.settings import back_ms

ASK_SECONDS = 5.0
TAIL = 5
"""The timestamps of this many records before the committed offset give the log time there."""


class Commit(NamedTuple):
    """A committed low offset with its metadata.

    incarnation: of the topic ('' where the broker stores no metadata). known: how many partitions the topic
    had when it was first read; a partition without a commit beyond them was added later. since: when that
    was, in ms since the epoch. first: the offset at which reading began; no re-read goes below it. opened:
    how often the partition was opened since the offset grew, 0 after an orderly end; mark: what was in hand
    then (`trials`). reread: where a restart reads from; None: the timestamps of the log say it. log_time: of
    the rekey stage's source, in ms, for workers that are ahead of it; 0: unknown. clock: log time at `reread`
    (`Waypoint`).
    """

    offset: int
    incarnation: str = ""
    known: int = 0
    since: int = 0
    first: int = 0
    opened: int = 0
    mark: Mark = Mark()
    reread: int | None = None
    log_time: int = 0
    clock: tuple[int, ...] = ()

    @property
    def metadata(self) -> str:
        """The metadata that Kafka stores beside the offset."""
        rest: tuple[int | None, ...] = (self.opened, *self.mark) if self.opened else ()
        if self.reread is not None or self.log_time:
            rest = (self.opened, *self.mark, self.reread, self.log_time, *self.clock)
        return orjson.dumps([*self[1:5], *rest]).decode()

    @classmethod
    def read(cls, offset: int, metadata: str | None) -> "Commit":
        """The commit as Kafka returns it; metadata of another form are ignored."""
        try:
            incarnation, known, since, first, *rest = orjson.loads(metadata or "")
            opened, mark_first, after, times = map(int, rest[:4] or (0, 0, 0, 0))
            mark = Mark(mark_first, after, times)
            named = (str(incarnation), int(known), int(since), int(first))
            reread, log_time, *clock = rest[4:] or (None, 0)
            position = None if reread is None else int(reread)
            return cls(offset, *named, opened, mark, position, int(log_time), tuple(map(int, clock)))
        except (ValueError, TypeError):
            return cls(offset)


async def committed(
    client: AIOKafkaAdminClient, group: str, partitions: Iterable[TopicPartition]
) -> dict[TopicPartition, Commit | None]:
    """The commit of each partition; None where there is none.

    Asks until the answer names every partition: while a coordinator loads, aiokafka hides the error and
    returns an empty answer, and a broker's restart must not look like a first start. Only -1 means none.
    """
    wanted = sorted(set(partitions))
    # AttributeError: aiokafka looks for the error of a partition in a field that is not there.
    failures = (KafkaError, OSError, TimeoutError, AttributeError)
    return await retry(
        lambda: _committed(client, group, wanted), failures, "offsets_asked_again", group=group
    )


async def _committed(
    client: AIOKafkaAdminClient, group: str, wanted: list[TopicPartition]
) -> dict[TopicPartition, Commit | None]:
    try:
        async with asyncio.timeout(ASK_SECONDS):
            answer = await client.list_consumer_group_offsets(group, partitions=wanted)
    except GroupAuthorizationFailedError as error:
        raise not_permitted("group", group, "Read") from error
    if unnamed := [partition for partition in wanted if partition not in answer]:
        raise KafkaError(f"the answer lacks {len(unnamed)} of {len(wanted)} partitions")
    return {partition: _commit(*answer[partition]) for partition in wanted}


def _commit(offset: int, metadata: str | None) -> Commit | None:
    return None if offset < 0 else Commit.read(offset, metadata)


class Log(Protocol):
    """What a log must answer to find a starting point in it; timestamps in ms."""

    async def at_time(self, partition: TopicPartition, timestamp_ms: int) -> int | None:
        """The first offset at or after a time."""

    async def timestamps(self, partition: TopicPartition, start: int, stop: int) -> list[int]:
        """Record timestamps in [start, stop), in log order."""


@dataclass(frozen=True, slots=True)
class StartingPoint:
    """Where to begin reading.

    position: of the first record to read. commit: all flows below its offset stand in the flows topic. fresh:
    whether traces of the first `max_age` may lack their beginning. lost: records that retention deleted
    unread. clock: log time there, as whoever read it before found it; () where it begins anew.
    """

    position: int
    commit: Commit
    fresh: bool
    lost: int = 0
    clock: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class StartFinder:
    """Finds where to begin reading one source partition.

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

    async def find(self, log: Log) -> StartingPoint:
        """Apply the rules in their order."""
        commit = self.commits[self.partition]
        if commit is None:
            return await self._first(log)
        if self._recreated(commit):
            return self._new_incarnation(commit)
        if commit.offset < self.begin:
            lost = self.begin - commit.offset
            return StartingPoint(self.begin, commit._replace(first=self.begin), fresh=True, lost=lost)
        named = commit._replace(incarnation=commit.incarnation or self.topic_id or "1")
        again = commit.reread
        if again is None:
            again = await self._reread(log, commit.offset)
        position = max(named.first, self.begin, again)
        clock = commit.clock if position == again else ()
        return StartingPoint(position, named, named.known > 0 and position == named.first, clock=clock)

    def goes_on(self, commit: Commit, position: int) -> bool:
        """Whether an observer that has read up to `position` may go on from its memory."""
        return not self._recreated(commit) and max(commit.offset, self.begin) <= position <= self.end

    async def _first(self, log: Log) -> StartingPoint:
        """Without a commit: the first start of the topic, or a partition added later, which is read whole."""
        siblings = [c for c in self.commits.values() if c is not None]
        known = max((c.known for c in siblings), default=0) or len(self.commits)
        if self.partition.partition >= known:
            return self._fresh(self.begin, known=len(self.commits), since=self.now_ms)
        since = min((c.since for c in siblings if c.since), default=self.now_ms)
        return self._fresh(await self._initial(log, since), known=known, since=since)

    async def _initial(self, log: Log, since: int) -> int:
        """The offset that `initial_offset` names, as of `since`, when the topic was first read."""
        if self.initial_offset == "earliest":
            return self.begin
        back = back_ms(self.initial_offset)
        if back is None and since >= self.now_ms:
            return self.end
        found = await log.at_time(self.partition, since - (back or 0))
        return self.end if found is None else max(self.begin, found)

    def _fresh(self, position: int, known: int, since: int) -> StartingPoint:
        commit = Commit(position, self.topic_id or "1", known, since, first=position)
        return StartingPoint(position, commit, fresh=True)

    def _recreated(self, commit: Commit) -> bool:
        """Whether the topic has another id; without ids, whether its log ends before the commit."""
        if self.topic_id and commit.incarnation:
            return commit.incarnation != self.topic_id
        return commit.offset > self.end

    def _new_incarnation(self, commit: Commit) -> StartingPoint:
        number = (
            int(commit.incarnation) if commit.incarnation.isdecimal() and len(commit.incarnation) < 9 else 1
        )
        incarnation = self.topic_id or str(number + 1)
        renewed = Commit(self.begin, incarnation, len(self.commits), self.now_ms, first=self.begin)
        return StartingPoint(self.begin, renewed, fresh=True)

    async def _reread(self, log: Log, low: int) -> int:
        """The offset from which all groups and the memory are rebuilt as their first owner had them."""
        start = max(self.begin, low - 2 * TAIL)
        # Includes the record at `low` where there is one. Control records leave holes.
        times = sorted((await log.timestamps(self.partition, start, min(low + 1, self.end)))[-TAIL:])
        if not times:
            return low
        median = times[(len(times) - 1) // 2]
        found = await log.at_time(self.partition, median - self.reread_ms)
        return max(self.begin, min(low, low if found is None else found))
