"""What is not written is said with what to do, for as long as it is not."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest
from aiokafka.errors import (
    KafkaError,
    KafkaTimeoutError,
    MessageSizeTooLargeError,
    NotEnoughReplicasError,
    TopicAuthorizationFailedError,
)
from aiokafka.producer.message_accumulator import BatchBuilder

from monitor.base.clock import ManualClock
from monitor.kafka.client.clients import MAX_RECORD_BYTES
from monitor.kafka.client.writing import FORGOTTEN_SECONDS, SLOW_SECONDS, Writer


class Broker:
    """What aiokafka's producer does where the broker refuses some records, by key."""

    def __init__(self, errors: Mapping[bytes | None, KafkaError | None]) -> None:
        self.errors = dict(errors)
        self.taken: list[bytes | None] = []

    async def send(self, topic: str, value: bytes, *, key: bytes | None, **_: Any) -> "asyncio.Future[Any]":
        """The acknowledgement to come."""
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        if error := self.errors.get(key):
            answer.set_exception(error)
        else:
            self.taken.append(key)
            answer.set_result(None)
        return answer

    async def send_and_wait(self, topic: str, value: bytes, **named: Any) -> Any:
        """Wait for it."""
        named.pop("headers")
        return await (await self.send(topic, value, **named))


class Busy:
    """A producer whose other senders put a record of theirs into every batch that they can."""

    def create_batch(self) -> BatchBuilder:
        """As aiokafka makes it."""
        return BatchBuilder(1_000, 0)

    async def send_batch(self, batch: BatchBuilder, *_: Any, **__: Any) -> "asyncio.Future[Any]":
        """Acknowledged at once."""
        batch.append(key=None, value=b"of somebody else", timestamp=None)
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        answer.set_result(None)
        return answer


def test_a_batch_counts_its_own_records_alone() -> None:
    """How many were taken is how many of these, whatever else is sent to the partition, or does not fit."""

    async def scenario() -> None:
        writer = Writer(Busy(), ManualClock())
        assert await writer.send_batch("rekeyed", [b"a", b"b"], partition=0) == 2
        assert await writer.send_batch("rekeyed", [b"a", bytes(2_000), b"b"], partition=0) == 1

    asyncio.run(scenario())


def sending(broker: Broker) -> tuple[Writer, ManualClock]:
    clock = ManualClock()
    return Writer(broker, clock), clock


async def send(writer: Writer) -> None:
    with pytest.raises(KafkaError):
        await writer.send_and_wait("flows", b"v", partition=3)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (TopicAuthorizationFailedError(), "--operation Write --topic flows"),
        (NotEnoughReplicasError(), "fewer replicas are in sync than its min.insync.replicas"),
    ],
)
def test_a_refusal_names_its_remedy_at_once(error: KafkaError, said: str) -> None:
    """A broker that refuses is quoted with what to do, until it takes a record."""

    async def scenario() -> None:
        writer, _ = sending(broker := Broker({None: error}))
        await send(writer)
        assert len(writer.unwritten) == 1
        assert said in writer.unwritten[0]
        broker.errors.clear()
        await writer.send_and_wait("flows", b"v", partition=3)
        assert not writer.unwritten

    asyncio.run(scenario())


@pytest.mark.fault(36)
def test_a_broker_that_does_not_answer_is_named_in_time() -> None:
    """What is not acknowledged is said after some seconds, and forgotten once nobody tries any more."""

    async def scenario() -> None:
        writer, clock = sending(Broker({None: KafkaTimeoutError()}))
        await send(writer)
        assert not writer.unwritten
        clock.advance(SLOW_SECONDS + 1)
        await send(writer)
        assert "flows has acknowledged no record" in writer.unwritten[0]
        clock.advance(FORGOTTEN_SECONDS + 1)
        assert not writer.unwritten

    asyncio.run(scenario())


@pytest.mark.fault(30)
@pytest.mark.parametrize(
    ("size", "remedy"),
    [(2_000_000, "raise the topic's max.message.bytes"), (MAX_RECORD_BYTES, "double kafka.flows.shards")],
)
def test_a_record_that_is_too_large_is_named_until_it_is_taken(size: int, remedy: str) -> None:
    """The others are written, its key is returned and said with the remedy, until a broker takes it."""

    async def scenario() -> None:
        writer, _ = sending(broker := Broker({b"large": MessageSizeTooLargeError()}))
        records = [("small", b"v"), ("large", bytes(size)), ("other", b"v")]
        assert await writer.append_all("verdicts", records, 0) == {"large"}
        assert broker.taken == [b"small", b"other"]
        assert "'large'" in writer.unwritten[0]
        assert remedy in writer.unwritten[0]
        broker.errors.clear()
        assert not await writer.append_all("verdicts", records[1:], 0)
        assert not writer.unwritten

    asyncio.run(scenario())
