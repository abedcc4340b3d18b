"""Records that Kafka's client cannot read: the observer names, counts and passes them."""

from collections import Counter
from functools import partial
from typing import Any, cast

import pytest
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.protocol.produce import ProduceRequest
from aiokafka.record.default_records import _DefaultRecordBatchBuilderPy

from monitor.base.clock import SystemClock
from monitor.flows.codec import decode
from monitor.flows.record import Source
from monitor.kafka.client.topics import SourceTopic
from monitor.kafka.observer.offsets import StartingPoint
from monitor.kafka.observer.opening import OpenObserver
from monitor.kafka.observer.partition import Rejected
from monitor.kafka.observer.role import ObserverRole
from monitor.pipeline.observe.observer import SourceObserver, SourceRecord
from tests.integration.observing import case, committed_at, flows_of, is_at, role_of, run
from tests.integration.running import eventually, running
from tests.integration.shop_traffic import (
    BEGIN_MS,
    SETTINGS,
    Row,
    SentRecord,
    create,
    observer_at,
    open_observer,
    send,
    traffic,
)

BATCH = 40
UNREADABLE = {13, 57, 58}
"""Offsets of records with a header key that is not UTF-8: in two batches of four."""


class _Latin(str):
    """A header key as a producer in another language may write it."""

    __slots__ = ()

    def encode(self, encoding: str = "", errors: str = "") -> bytes:
        return b"\xe9\xff"


def batch_of(records: list[SentRecord], first: int) -> bytes:
    """A batch of records as it stands in the log; `first`: offset of its first record."""
    builder = _DefaultRecordBatchBuilderPy(
        magic=2,
        compression_type=0,
        is_transactional=0,
        producer_id=-1,
        producer_epoch=-1,
        base_sequence=-1,
        batch_size=1 << 20,
    )
    for number, record in enumerate(records):
        headers = [(_Latin(), b"")] if first + number in UNREADABLE else []
        builder.append(number, timestamp=record.timestamp, key=None, value=record.value, headers=headers)
    return bytes(builder.build())


def bomb() -> bytes:
    """A batch of some 8 KB of zstd whose one record has 256 MiB."""
    builder = _DefaultRecordBatchBuilderPy(2, 4, 0, -1, -1, -1, 1 << 30)
    builder.append(0, timestamp=BEGIN_MS, key=None, value=bytes(256 * 1024 * 1024), headers=[])
    return bytes(builder.build())


async def send_batches(bootstrap: str, topic: str, batches: list[bytes]) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap)
    await producer.start()
    try:
        await producer.partitions_for(topic)
        leader = producer.client.cluster.leader_for_partition(TopicPartition(topic, 0))

        async def sent(batch: bytes) -> bool:
            """Whether the broker took it: it does not at once know that it leads a new partition."""
            request = ProduceRequest(None, -1, 10_000, [(topic, [(0, batch)])])
            answer = await producer.client.send(leader, request)
            ((_, ((_, code, *_),)),) = answer.topics
            return not code

        for batch in batches:
            await eventually(partial(sent, batch), "the broker takes a batch")
    finally:
        await producer.stop()


def batches_of(records: list[SentRecord]) -> list[bytes]:
    return [batch_of(records[first : first + BATCH], first) for first in range(0, len(records), BATCH)]


def expected(records: list[SentRecord], lost: set[int]) -> Counter[Row]:
    """What the pure observer makes of the records without those that are lost."""
    observer = observer_at(Source("default", "t", "1", 0), 0, 1)
    for offset, record in enumerate(records):
        if offset not in lost:
            observer.fold(SourceRecord(offset, record.timestamp, record.value))
    for _ in range(20):
        observer.idle(1000)
    rows: Counter[Row] = Counter()
    for outgoing in observer.outgoing(at_end=True, partitions=1, heartbeat=True):
        rows.update((0, flow) for flow in decode(outgoing.value).flows)
    return rows


@pytest.mark.fault(28)
def test_a_header_key_that_is_not_utf8_stops_nothing(kafka: str) -> None:
    """It is a dead letter, named by topic, partition and offset; all other records of its batch count."""
    settings, topic = case(kafka)
    records, lost = traffic(50, 1), UNREADABLE
    rejected: list[Rejected] = []

    async def scenario() -> None:
        await create(kafka, topic, 1)
        await send_batches(kafka, topic, batches_of(records))
        for _ in range(2):
            async with running(role := role_of(settings, rejected)):
                await eventually(partial(is_at, role, len(records)), "all is read")
                await eventually(lambda: committed_at(settings, topic, len(records)), "all is out")
        assert await flows_of(settings) == expected(records, lost)

    run(scenario())
    assert [each.offset for each in rejected] == sorted(lost)
    assert {(each.topic, each.partition, each.code) for each in rejected} == {(topic, 0, "headers")}


def breaking(partition: int, broken: list[SourceObserver]) -> OpenObserver:
    """Observers as ever, but that one partition's fails in idle time whenever it is opened."""
    build = open_observer()

    def broken_one(source: Source, start: StartingPoint, topic: SourceTopic) -> SourceObserver:
        observer: Any = build(source, start, topic)
        if source.partition == partition:
            broken.append(observer)
            observer._activity = None
        return cast("SourceObserver", observer)

    return broken_one


def test_a_defect_in_idle_time_is_one_of_its_partition(kafka: str) -> None:
    """It is opened anew once, then stays closed and says why; the other partition is read on."""
    settings, topic = case(kafka)
    broken: list[SourceObserver] = []
    role = ObserverRole(
        settings,
        breaking(0, broken),
        SystemClock(),
        reread_ms=SETTINGS.reread_ms,
        on_rejected=lambda _: None,
        publish_every_ms=200,
    )

    async def scenario() -> None:
        await create(kafka, topic, 2)
        async with running(role):

            async def is_named() -> bool:
                return any(f"{topic}/0 is not read on: flowdrift failed" in why for why in role.wrong)

            await eventually(is_named, "the defect is named")
            await send(kafka, topic, [r for r in traffic(20, 2) if r.partition == 1])
            await eventually(lambda: committed_at(settings, topic, 30, 1), "the other one is read")
            assert len(broken) == 2

    run(scenario())


@pytest.mark.fault(14, 15)
def test_a_bomb_is_passed_and_the_batches_around_it_count(kafka: str) -> None:
    """A few KB that become 256 MiB are one dead letter; all flows of the other batches are there."""
    settings, topic = case(kafka)
    records = traffic(50, 1)
    rejected: list[Rejected] = []

    async def scenario() -> None:
        await create(kafka, topic, 1)
        first, *others = batches_of(records)
        await send_batches(kafka, topic, [first, bomb(), *others])
        async with running(role := role_of(settings, rejected)):
            await eventually(partial(is_at, role, len(records) + 1), "all is read")
            await eventually(lambda: committed_at(settings, topic, len(records) + 1), "all is out")
        around = [*records[:BATCH], records[BATCH], *records[BATCH:]]
        assert await flows_of(settings) == expected(around, lost)

    lost = {BATCH, *(offset + (offset >= BATCH) for offset in UNREADABLE)}
    run(scenario())
    assert sorted(each.offset for each in rejected) == sorted(lost)
    (bombed,) = (each for each in rejected if each.offset == BATCH)
    assert bombed.code == "unreadable" and "lower the batch size" in bombed.message
