"""Records that give no spans: dead letters with their bytes, while everything around them is counted."""

import asyncio
from collections.abc import Sequence
from functools import partial
from itertools import product
from random import Random
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.structs import ConsumerRecord

from monitor.base.clock import SystemClock
from monitor.base.steps import Steps
from monitor.flows.record import Source
from monitor.kafka.client.topics import Names, SourceTopic
from monitor.kafka.observer.offsets import StartingPoint
from monitor.kafka.observer.partition import Rejected
from monitor.kafka.observer.role import ObserverRole
from monitor.kafka.settings import DeadLetterSettings, KafkaSettings
from monitor.pipeline.observe.observer import SourceObserver
from monitor.wire.attribution import AttributionSettings
from monitor.wire.decode import Decoder
from monitor.wire.encode import OutgoingSpan, export_request
from monitor.wire.span import Kind, Span
from tests.integration.observing import case, committed_at, flows_of, is_at, role_of, run
from tests.integration.running import eventually, running
from tests.integration.shop_traffic import (
    BEGIN_MS,
    SETTINGS,
    SentRecord,
    create,
    expected_rows,
    send,
    traffic,
)

BAD, LATER = b"\xff\xff no telemetry", BEGIN_MS + 60_000


class EndOfProcessError(BaseException):
    """Ends the role at once, as a native abort ends its process."""


class Fragile:
    """A decoder with defects: it fails at one value, makes no span of another, and ends with a third."""

    def __init__(self) -> None:
        self._sound = Decoder(AttributionSettings())

    def steps(self, payload: bytes, encoding: str, environment: str | None) -> Steps[list[Span]]:
        if payload == b"fails":
            raise ZeroDivisionError("the secret in it")
        if payload == b"fatal":
            raise EndOfProcessError
        if payload == b"no span":
            return [None]  # type: ignore[list-item]
        return (yield from self._sound.steps(payload, encoding, environment))


def fragile_role(settings: KafkaSettings, rejected: list[Rejected]) -> ObserverRole:
    def build(source: Source, start: StartingPoint, topic: SourceTopic) -> SourceObserver:
        return SourceObserver(
            source,
            Fragile(),
            SETTINGS,
            start=start.position,
            targets=3,
            fresh=False,
            encoding="otlp_proto",
            guarded=not topic.stamped,
            clock=start.clock,
        )

    on_rejected = rejected.append
    reread = SETTINGS.reread_ms
    return ObserverRole(
        settings, build, SystemClock(), reread_ms=reread, on_rejected=on_rejected, publish_every_ms=200
    )


async def write(bootstrap: str, topic: str, *records: tuple[bytes | None, Sequence[tuple[str, Any]]]) -> None:
    """Append (value, headers) to partition 0, with the key `k`."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap)
    await producer.start()
    try:
        for value, headers in records:
            await producer.send_and_wait(
                topic, value, key=b"k", partition=0, headers=list(headers), timestamp_ms=LATER
            )
    finally:
        await producer.stop()


async def letters(settings: KafkaSettings) -> list[ConsumerRecord[bytes, bytes]]:
    """All dead letters."""
    place = TopicPartition(Names(settings.prefix).dead_letters, 0)
    consumer = AIOKafkaConsumer(bootstrap_servers=settings.brokers[0])
    await consumer.start()
    try:
        consumer.assign([place])
        await consumer.seek_to_beginning(place)
        end = (await consumer.end_offsets([place]))[place]
        found: list[Any] = []
        while await consumer.position(place) < end:
            found += (await consumer.getmany(place, timeout_ms=500)).get(place, [])
        return found
    finally:
        await consumer.stop()


def fact(letter: Any, name: str) -> str:
    """A header that flowdrift added to a dead letter."""
    return str(dict(letter.headers)[f"flowdrift.dlq.{name}"], "utf-8")


@pytest.mark.fault(17)
def test_what_cannot_be_read_is_a_dead_letter_with_its_bytes(kafka: str) -> None:
    """Key, value and headers are the source's, the reason stands beside them; a restart writes none again."""
    settings, topic = case(kafka)
    rejected: list[Rejected] = []
    records = traffic(20, 1)

    async def scenario() -> None:
        await create(kafka, topic, 1)
        await send(kafka, topic, records)
        strange = [("x", b"\x00\xff"), ("otelcol.signal", b"traces")]
        foreign = [("otelcol.signal", b"logs")]
        await write(kafka, topic, (BAD, strange), (None, ()), (b"{}", foreign))
        await send(kafka, topic, traffic(5, 1, first=1000, begin_ms=LATER))
        for _ in range(2):
            async with running(role := role_of(settings, rejected)):
                await eventually(partial(is_at, role, 78), "all is read")
                await eventually(lambda: committed_at(settings, topic, 78), "all is out")
        malformed, tombstone = await letters(settings)
        assert (malformed.key, malformed.value, malformed.headers[:2]) == (b"k", BAD, tuple(strange))
        assert [fact(malformed, name) for name in ("reason", "topic", "partition", "offset")] == [
            *("malformed", topic),
            *("0", "60"),
        ]
        assert (fact(tombstone, "reason"), fact(tombstone, "without")) == ("tombstone", "value")

    run(scenario())
    assert [(each.offset, each.code) for each in rejected] == [
        (60, "malformed"),
        (61, "tombstone"),
        (62, "wrong_signal"),
    ]


@pytest.mark.parametrize("value", [b"fails", b"no span"])
def test_a_defect_of_our_own_passes_one_record(broker: str, value: bytes) -> None:
    """Also where the state was half changed: it is built again, and what failed is passed unread."""
    settings, topic = case(broker)
    rejected: list[Rejected] = []
    records = traffic(20, 1)

    async def scenario() -> None:
        await create(broker, topic, 1)
        await send(broker, topic, records[:30])
        await write(broker, topic, (value, ()))
        await send(broker, topic, records[30:])
        async with running(role := fragile_role(settings, rejected)):
            await eventually(partial(is_at, role, 61), "all is read")
            await eventually(lambda: committed_at(settings, topic, 61), "all is out")
        (letter,) = await letters(settings)
        assert (letter.value, fact(letter, "reason"), fact(letter, "offset")) == (value, "defect", "30")
        assert "secret" not in fact(letter, "message")

    run(scenario())
    assert [(each.offset, each.code) for each in rejected] == [(30, "defect")]


@pytest.mark.fault(16)
def test_a_record_that_ends_the_process_is_passed_unread(kafka: str) -> None:
    """After some unclean exits with this very record in hand; all others are counted."""
    settings, topic = case(kafka)
    rejected: list[Rejected] = []
    records = traffic(20, 1)

    async def scenario() -> None:
        await create(kafka, topic, 1)
        await send(kafka, topic, records[:30])
        await write(kafka, topic, (b"fatal", ()))
        await send(kafka, topic, records[30:])
        for _ in range(4):
            with pytest.raises(EndOfProcessError):
                await fragile_role(settings, rejected).run(asyncio.Event())
        async with running(role := fragile_role(settings, rejected)):
            await eventually(partial(is_at, role, 61), "all is read")
            await eventually(lambda: committed_at(settings, topic, 61), "all is out")
        (letter,) = await letters(settings)
        assert (letter.value, fact(letter, "reason"), fact(letter, "offset")) == (b"fatal", "fatal", "30")

    run(scenario())
    assert [(each.offset, each.code) for each in rejected] == [(30, "fatal")]


@pytest.mark.fault(17)
def test_a_partition_of_junk_is_not_read_on(kafka: str) -> None:
    """It says so, what was read is safely out, and with a higher limit it goes on where it stopped."""
    settings, topic = case(kafka)
    few = settings.model_copy(update={"dead_letters": DeadLetterSettings(most=10)})
    held: list[str] = []

    async def is_held(role: ObserverRole) -> bool:
        held[:] = [part.held_back for part in role.progress().partitions.values()]
        return any(held)

    async def scenario() -> None:
        await create(kafka, topic, 1)
        junk = [SentRecord(0, BEGIN_MS + 2_500 * number, BAD) for number in range(1, 13)]
        await send(kafka, topic, [*traffic(20, 1), *junk])  # time goes on with it, until nothing is open
        async with running(role := role_of(few, [])):
            await eventually(partial(is_held, role), "the partition is held back")
            await eventually(lambda: committed_at(settings, topic, 72), "what was read is out")
        await write(kafka, topic, *[(BAD, ())] * 3)
        async with running(role := role_of(settings, [])):
            await eventually(lambda: committed_at(settings, topic, 75), "the rest is out")
        assert len(await letters(settings)) == 15

    run(scenario())
    assert "kafka.dead_letters.most" in held[0]


def wide() -> bytes:
    """One trace with a thousand calls, none of which has the name of another one."""
    words = (
        "cart price stock order user item offer tax rate label",
        "alpha beta gamma delta eta iota kappa mu nu xi",
    )
    names = [" ".join(each) for each in product(*(line.split() for line in (*words, words[0])))]
    Random(1).shuffle(names)
    entry = OutgoingSpan(b"w" * 16, b"e" * 8, b"", "GET /wide", Kind.SERVER, 10**18, 10**18 + 10**6)
    spans = [
        OutgoingSpan(b"w" * 16, b"%08d" % n, b"e" * 8, name, Kind.CLIENT, 10**18, 10**18 + 1)
        for n, name in enumerate(names)
    ]
    return export_request({"service.name": "shop"}, "shop", [entry, *spans])


@pytest.mark.fault(30)
def test_a_flow_that_is_too_large_is_a_dead_letter_and_others_arrive(kafka: str) -> None:
    """What the flows topic refuses for its size is split; a flow too large by itself is named and passed."""
    settings, topic = case(kafka)
    rejected: list[Rejected] = []
    names, records = Names(settings.prefix), traffic(60, 1)

    async def scenario() -> None:
        await create(kafka, names.flows, 3, max_message_bytes="2500")
        await create(kafka, topic, 1)
        await send(kafka, topic, records)
        await write(kafka, topic, (wide(), ()))
        async with running(role := role_of(settings, rejected)):
            await eventually(partial(is_at, role, 181), "all is read")
            await eventually(lambda: committed_at(settings, topic, 181), "all is out")
        (letter,) = await letters(settings)
        assert (fact(letter, "reason"), fact(letter, "offset")) == ("too_large", "180")
        arrived = {flow.trace_id for _, flow in await flows_of(settings)}
        assert arrived == {flow.trace_id for _, flow in expected_rows(records, 1)}

    run(scenario())
    assert [(each.offset, each.code) for each in rejected] == [(180, "too_large")]
