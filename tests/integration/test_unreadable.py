"""Records that Kafka's client cannot read: the observer names, counts and passes them."""

from collections import Counter
from functools import partial

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.protocol.produce import ProduceRequest
from aiokafka.record.default_records import _DefaultRecordBatchBuilderPy

from monitor.flows.codec import decode
from monitor.flows.record import Source
from monitor.kafka.observer.partition import Rejected
from monitor.pipeline.observe.observer import SourceRecord
from tests.integration.observing import case, committed_at, flows_of, is_at, role_of, run
from tests.integration.running import eventually, running
from tests.integration.shop_traffic import Row, SentRecord, create, observer_at, traffic

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


async def send_batches(bootstrap: str, topic: str, records: list[SentRecord]) -> None:
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

        for first in range(0, len(records), BATCH):
            batch = batch_of(records[first : first + BATCH], first)
            await eventually(partial(sent, batch), "the broker takes a batch")
    finally:
        await producer.stop()


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


def test_a_header_key_that_is_not_utf8_stops_nothing(kafka: str) -> None:
    """It is a dead letter, named by topic, partition and offset; all other records of its batch count."""
    settings, topic = case(kafka)
    records, lost = traffic(50, 1), UNREADABLE
    rejected: list[Rejected] = []

    async def scenario() -> None:
        await create(kafka, topic, 1)
        await send_batches(kafka, topic, records)
        for _ in range(2):
            async with running(role := role_of(settings, rejected)):
                await eventually(partial(is_at, role, len(records)), "all is read")
                await eventually(lambda: committed_at(settings, topic, len(records)), "all is out")
        assert await flows_of(settings) == expected(records, lost)

    run(scenario())
    assert [each.offset for each in rejected] == sorted(lost)
    assert {(each.topic, each.partition, each.code) for each in rejected} == {(topic, 0, "headers")}
