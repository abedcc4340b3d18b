"""A look at source topics without joining a group: a sample of every partition is read, nothing is committed.

What we are not permitted is named as ACLs to grant, and the rest is looked at all the same.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import AsyncExitStack
from typing import NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import GroupAuthorizationFailedError, KafkaError

from monitor.base.clock import Clock
from monitor.base.errors import ConfigurationError, UnreachableError
from monitor.kafka.client.acls import of_own_topics
from monitor.kafka.client.clients import C, admin, free_consumer, start_once, stop_client
from monitor.kafka.client.topic_ids import SAID, Permitted, permissions
from monitor.kafka.client.topics import Names, partition_counts, source_pattern, topic_config
from monitor.kafka.sampling import FETCH_BYTES, SampleReader
from monitor.kafka.settings import KafkaSettings
from monitor.pipeline.inspect.inspected import Lacking, TopicSeen
from monitor.pipeline.inspect.inspection import SampledRecord
from monitor.pipeline.inspect.windows import Window

CONNECT_SECONDS = 10.0
NAMED = 20
"""Of the topics that are there at most this many are named when the wanted one is not."""
_SOURCE = ("Describe", "Read")


class Looked(NamedTuple):
    """What the broker said of the topics, and what it does not permit us."""

    topics: tuple[TopicSeen, ...]
    lacking: tuple[Lacking, ...]


async def look(
    settings: KafkaSettings, records: int, clock: Clock, visit: Callable[[SampledRecord], None]
) -> Looked:
    """Show `visit` about `records` records of the source topics.

    Raises:
        UnreachableError: no broker answers, or it stopped answering.
        ConfigurationError: a broker refuses us, or no topic of that name is there.
    """
    async with AsyncExitStack() as clients:
        asking = await _opened(clients, lambda: admin(settings))
        reading = await _opened(clients, lambda: free_consumer(settings, FETCH_BYTES))
        try:
            return await _Look(settings, asking, reading, SampleReader(reading, clock, visit)).run(records)
        except (KafkaError, OSError, TimeoutError) as error:
            raise UnreachableError(f"kafka: {error or type(error).__name__}", code="kafka") from error


async def _opened(clients: AsyncExitStack, build: Callable[[], C]) -> C:
    try:
        client = await start_once(build, CONNECT_SECONDS)
    except UnreachableError as error:
        raise UnreachableError(f"kafka.brokers: no broker answers: {error}", code=error.code) from None
    clients.push_async_callback(stop_client, client)
    return client


class _Look:
    def __init__(
        self,
        settings: KafkaSettings,
        asking: AIOKafkaAdminClient,
        reading: AIOKafkaConsumer,
        sample: SampleReader,
    ) -> None:
        self._settings, self._names = settings, Names(settings.prefix)
        self._asking, self._reading, self._sample = asking, reading, sample
        self._lacking: dict[str, tuple[str, ...]] = {}

    async def run(self, records: int) -> Looked:
        counts = await self._topics()
        partitions = [TopicPartition(name, n) for name, count in counts.items() for n in range(count)]
        begins, ends = {}, {}
        if partitions:
            begins = await self._reading.beginning_offsets(partitions)
            ends = await self._reading.end_offsets(partitions)
        await self._sample.read(
            records, {each: Window(begins[each], max(begins[each], ends[each])) for each in partitions}
        )
        self._lacking |= {_resource(topic): ("Read",) for topic in sorted(self._sample.refused)}
        held = {each: ends[each] - begins[each] for each in partitions}
        await self._groups(partitions)
        topics = [await self._seen(name, count, held) for name, count in sorted(counts.items())]
        lacking = (Lacking(resource=r, operations=o) for r, o in sorted(self._lacking.items()))
        return Looked(tuple(topics), tuple(lacking))

    async def _topics(self) -> dict[str, int]:
        """The source topics that are there and may be read, with their partitions."""
        there = await partition_counts(self._asking, None)
        pattern = re.compile(source_pattern(self._settings))
        named = [topic for topic in self._settings.traces.topics if not topic.startswith("^")]
        wanted = sorted({*filter(pattern.match, there), *named})
        permitted = await permissions(self._asking, (*wanted, *self._names.own()))
        for grant in of_own_topics(self._settings):
            self._check(grant.name, permitted.get(grant.name), ("Describe", *grant.operations))
        for name in wanted:
            self._check(name, permitted.get(name), _SOURCE)
        readable = {
            name: there[name] for name in wanted if name in there and _resource(name) not in self._lacking
        }
        if not readable and not any(_resource(name) in self._lacking for name in wanted):
            raise ConfigurationError(_no_topic(self._settings, there), code="topic_missing")
        return readable

    def _check(self, topic: str, permitted: Permitted | None, needed: Iterable[str]) -> None:
        if permitted is None or not permitted.exists or permitted.operations is None:
            return
        lacking = {*needed} & SAID - permitted.operations
        if missing := tuple(each for each in needed if each in lacking):
            self._lacking[_resource(topic)] = missing

    async def _groups(self, partitions: list[TopicPartition]) -> None:
        """Ask for the offsets of our groups, which needs the permission that joining them needs."""
        rekey = (self._names.rekey,) if self._settings.traces.rekey else ()
        for group in (*rekey, self._names.observer, self._names.auditor):
            try:
                await self._asking.list_consumer_group_offsets(group, partitions=partitions[:1] or None)
            except GroupAuthorizationFailedError:
                self._lacking[f"Group:LITERAL:{group}"] = ("Read",)
            except KafkaError:  # no coordinator yet on a new cluster: nothing is known of permissions
                continue

    async def _seen(self, name: str, count: int, held: Mapping[TopicPartition, int]) -> TopicSeen:
        config = await topic_config(self._asking, name)
        retention = config.get("retention.ms")
        return TopicSeen(
            name=name,
            partitions=count,
            held=sum(many for partition, many in held.items() if partition.topic == name),
            sampled=self._sample.sampled[name],
            timestamp_type=config.get("message.timestamp.type", ""),
            retention_ms=int(retention) if retention else None,
            cleanup_policy=config.get("cleanup.policy", ""),
        )


def _resource(topic: str) -> str:
    return f"Topic:LITERAL:{topic}"


def _no_topic(settings: KafkaSettings, there: Iterable[str]) -> str:
    wanted = ", ".join(settings.traces.topics)
    own = Names(settings.prefix).own()
    names = sorted(name for name in there if not name.startswith("__") and name not in own)
    known = ", ".join(names[:NAMED]) + (", ..." if len(names) > NAMED else "") or "none"
    return f"no topic {wanted} at {', '.join(settings.brokers)}; topics there that this user may see: {known}"
