"""A look at source topics without joining a group: the end of every partition is read, nothing is committed.

What we are not permitted is told as ACLs to grant, and the rest is looked at all the same.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import AsyncExitStack
from typing import Any, NamedTuple, TypeVar

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import GroupAuthorizationFailedError, KafkaError, TopicAuthorizationFailedError

from monitor.base.clock import Clock
from monitor.base.errors import ConfigurationError, UnreachableError
from monitor.kafka.client.clients import C, admin, free_consumer, start_once, stop_client
from monitor.kafka.client.topic_ids import Permitted, permissions
from monitor.kafka.client.topics import Names, partition_counts, source_pattern, topic_config
from monitor.kafka.settings import KafkaSettings
from monitor.pipeline.inspect.inspected import Lacking, TopicSeen
from monitor.pipeline.inspect.inspection import SampledRecord

CONNECT_SECONDS = 10.0
POLL_MS = 500
IDLE_SECONDS = 5.0
"""So long without a record, the sample ends where it is."""
NAMED = 20
"""Of the topics that are there so many are named when the wanted one is not."""
_SOURCE, _OWN = ("Describe", "Read"), ("Describe", "Read", "Write")
K = TypeVar("K")


class Looked(NamedTuple):
    """What the broker said of the topics, and what it does not permit us."""

    topics: tuple[TopicSeen, ...]
    lacking: tuple[Lacking, ...]


async def look(
    settings: KafkaSettings, records: int, clock: Clock, visit: Callable[[SampledRecord], None]
) -> Looked:
    """Show `visit` about the last `records` records of the source topics.

    Raises:
        UnreachableError: no broker answers, or it stopped answering.
        ConfigurationError: a broker refuses us, or no topic of that name is there.
    """
    async with AsyncExitStack() as clients:
        asking = await _opened(clients, lambda: admin(settings))
        reading = await _opened(clients, lambda: free_consumer(settings))
        try:
            return await _Look(settings, asking, reading, clock, visit).run(records)
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
        clock: Clock,
        visit: Callable[[SampledRecord], None],
    ) -> None:
        self._settings, self._names = settings, Names(settings.prefix)
        self._asking, self._reading, self._clock, self._visit = asking, reading, clock, visit
        self._lacking: dict[str, tuple[str, ...]] = {}
        self._sampled: Counter[str] = Counter()

    async def run(self, records: int) -> Looked:
        counts = await self._topics()
        partitions = [TopicPartition(name, n) for name, count in counts.items() for n in range(count)]
        begins, ends = {}, {}
        if partitions:
            begins = await self._reading.beginning_offsets(partitions)
            ends = await self._reading.end_offsets(partitions)
        held = {each: max(0, ends[each] - begins[each]) for each in partitions}
        wanted = quotas(held, records)
        await self._read({each: (ends[each] - many, ends[each]) for each, many in wanted.items() if many})
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
        for name in self._names.own():
            self._check(name, permitted.get(name), _OWN)
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
        if missing := tuple(each for each in needed if each not in permitted.operations):
            self._lacking[_resource(topic)] = missing

    async def _read(self, ranges: Mapping[TopicPartition, tuple[int, int]]) -> None:
        """Read [start, end) of every partition, until all are read or nothing comes any more."""
        left = dict(ranges)
        self._reading.assign(list(left))
        for partition, (start, _) in left.items():
            self._reading.seek(partition, start)
        heard = self._clock.monotonic()
        while left and self._clock.monotonic() - heard < IDLE_SECONDS:
            try:
                batch = await self._reading.getmany(*left, timeout_ms=POLL_MS)
            except TopicAuthorizationFailedError as error:
                refused = set(error.args[0] if error.args else ()) or {each.topic for each in left}
                self._lacking |= {_resource(topic): ("Read",) for topic in sorted(refused)}
                left = {each: range_ for each, range_ in left.items() if each.topic not in refused}
                continue
            for partition, fetched in batch.items():
                heard = self._clock.monotonic()
                self._show(partition, fetched, left[partition][1])
            left = {each: ends for each, ends in left.items() if await self._position(each) < ends[1]}

    async def _position(self, partition: TopicPartition) -> int:
        position: int = await self._reading.position(partition)
        return position

    def _show(self, partition: TopicPartition, fetched: Iterable[Any], end: int) -> None:
        for record in fetched:
            if record.offset < end:
                self._sampled[partition.topic] += 1
                headers = tuple((name, value or b"") for name, value in record.headers)
                place = (partition.topic, partition.partition, record.timestamp)
                self._visit(SampledRecord(*place, record.key, headers, record.value))

    async def _groups(self, partitions: list[TopicPartition]) -> None:
        """Ask for the offsets of our groups, which needs the permission that joining them needs."""
        for group in (self._names.observer, self._names.auditor):
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
            sampled=self._sampled[name],
            timestamp_type=config.get("message.timestamp.type", ""),
            retention_ms=int(retention) if retention else None,
            cleanup_policy=config.get("cleanup.policy", ""),
        )


def quotas(held: Mapping[K, int], records: int) -> dict[K, int]:
    """How many records to take of each partition: even parts, and what small ones lack from larger ones."""
    taken: dict[K, int] = {}
    for left, partition in zip(
        range(len(held), 0, -1), sorted(held, key=lambda each: held[each]), strict=True
    ):
        taken[partition] = min(held[partition], -(-records // left))
        records -= taken[partition]
    return taken


def _resource(topic: str) -> str:
    return f"Topic:LITERAL:{topic}"


def _no_topic(settings: KafkaSettings, there: Iterable[str]) -> str:
    wanted = ", ".join(settings.traces.topics)
    own = Names(settings.prefix).own()
    names = sorted(name for name in there if not name.startswith("__") and name not in own)
    known = ", ".join(names[:NAMED]) + (", ..." if len(names) > NAMED else "") or "none"
    return f"no topic {wanted} at {', '.join(settings.brokers)}; topics there that this user may see: {known}"
