"""Opens assigned source partitions: finds where to begin reading, and builds their observers."""

from collections.abc import Callable, Iterable, Mapping
from itertools import groupby
from typing import Any

import structlog
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from monitor.base.clock import Clock
from monitor.flows.record import Source
from monitor.kafka.client.reader import LogReader
from monitor.kafka.client.topic_ids import topic_ids
from monitor.kafka.client.topics import SourceTopic, partition_counts, source_topic
from monitor.kafka.observer.offsets import Commit, StartFinder, StartingPoint, committed
from monitor.kafka.observer.partition import SourcePartition
from monitor.kafka.observer.stage import Stage
from monitor.kafka.settings import KafkaSettings
from monitor.pipeline.observe.records import Refusal

OpenObserver = Callable[[Source, StartingPoint, SourceTopic], Any]
_log = structlog.get_logger()


class Opener:
    """Turns an assignment into source partitions that can be read.

    unread: offsets that must be passed unread, and why, by partition.
    """

    def __init__(
        self,
        settings: KafkaSettings,
        client: AIOKafkaAdminClient,
        reader: LogReader,
        open_observer: OpenObserver,
        clock: Clock,
        reread_ms: int,
        cluster: str,
        stage: Stage,
    ) -> None:
        self._settings, self._client, self._reader, self._cluster = settings, client, reader, cluster
        self._stage = stage
        self._open_observer, self._clock, self._reread_ms = open_observer, clock, reread_ms
        self._has_notes = True
        self.unread: dict[TopicPartition, dict[int, Refusal]] = {}

    async def open(
        self, assigned: Iterable[TopicPartition], kept: Mapping[TopicPartition, SourcePartition]
    ) -> dict[TopicPartition, SourcePartition]:
        """Every assigned partition, ready to be read from its observer's position.

        kept: partitions that were owned until the last rebalance; one that has read at least as far as its
        commit goes on from memory.
        """
        opened: dict[TopicPartition, SourcePartition] = {}
        for topic, partitions in groupby(sorted(assigned), lambda partition: partition.topic):
            opened |= await self._topic(topic, list(partitions), kept)
        return opened

    async def renewed(self, opened: Mapping[TopicPartition, SourcePartition]) -> list[TopicPartition]:
        """Of opened partitions those whose topic was deleted and made again since."""
        ids = await topic_ids(self._client, {tp.topic for tp in opened}) if opened else {}
        return [tp for tp, one in opened.items() if ids.get(tp.topic, one.incarnation) != one.incarnation]

    async def _topic(
        self, name: str, assigned: list[TopicPartition], kept: Mapping[TopicPartition, SourcePartition]
    ) -> dict[TopicPartition, SourcePartition]:
        count = (await partition_counts(self._client, [name])).get(name)
        if count is None:
            _log.error("source_topic_gone", topic=name)  # the look at the cluster says what to do
            return {}
        topic = await source_topic(self._client, name, count, self._reread_ms)
        every = [TopicPartition(name, number) for number in range(count)]
        commits = await self._commits(every)
        self._look_for_notes(commits.values())
        ids = await topic_ids(self._client, [name])
        begins, ends = await self._reader.begins(assigned), await self._reader.ends(assigned)
        opened = {}
        for partition in assigned:
            finder = StartFinder(
                partition,
                commits,
                begins[partition],
                ends[partition],
                ids.get(name, ""),
                self._settings.initial_offset,
                self._reread_ms,
                int(self._clock.now() * 1000),
            )
            opened[partition] = await self._partition(topic, finder, kept.get(partition))
        return opened

    async def _commits(self, partitions: list[TopicPartition]) -> dict[TopicPartition, Commit | None]:
        """What the stage has committed; where it has nothing of a partition, what the stage before it had."""
        commits = await committed(self._client, self._stage.group, partitions)
        missing = [each for each, commit in commits.items() if commit is None]
        if not self._stage.before or not missing:
            return commits
        before = await committed(self._client, self._stage.before, missing)
        known = len(partitions)
        return commits | {each: c and c._replace(known=known, first=c.offset) for each, c in before.items()}

    def _look_for_notes(self, commits: Iterable[Commit | None]) -> None:
        """Say once where commits come back without what stood beside them."""
        if self._has_notes and any(commit is not None and not commit.known for commit in commits):
            self._has_notes = False
            _log.warning(
                "commits_without_notes",
                reason="the broker keeps no metadata of commits, or another tool set these",
                consequence="a record that ends the process is not found, nor a topic that was made again",
            )

    async def _partition(
        self, topic: SourceTopic, finder: StartFinder, kept: SourcePartition | None
    ) -> SourcePartition:
        commit = finder.commits[finder.partition]
        if kept and commit and finder.goes_on(commit, kept.observer.position):
            kept.resume(commit)
            return kept
        start = await finder.find(self._reader)
        source = Source(self._cluster, topic.name, start.commit.incarnation, finder.partition.partition)
        _log.info(
            "source_partition_opened",
            source=str(source),
            position=start.position,
            committed=start.commit.offset,
            fresh=start.fresh,
        )
        return self._stage.partition(
            finder.partition,
            self._open_observer(source, start, topic),
            start,
            self._clock,
            self.unread.get(finder.partition, {}),
            self._settings.dead_letters.most,
        )
