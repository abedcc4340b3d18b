"""Sends records, and knows which of them are not taken: since when, and what to do about it."""

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import structlog
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.errors import (
    KafkaError,
    NotEnoughReplicasAfterAppendError,
    NotEnoughReplicasError,
    TopicAuthorizationFailedError,
)

from monitor.base.clock import Clock
from monitor.base.permission import not_permitted
from monitor.kafka.client.clients import MAX_RECORD_BYTES, TOO_LARGE

SLOW_SECONDS = 12.0
"""A broker that has not acknowledged a record for so long is said to be at fault; aiokafka waits for 40 s."""
FORGOTTEN_SECONDS = 60.0
"""What nobody has tried to send for so long is not ours any more: another process has its partition."""
LARGE_FORGOTTEN_SECONDS = 1200.0
"""Every record is written again within half of this time by whoever still has to write it."""
_FEW_REPLICAS = (NotEnoughReplicasError, NotEnoughReplicasAfterAppendError)
_log = structlog.get_logger()


@dataclass(slots=True)
class _Waiting:
    since: float
    tried: float
    error: KafkaError | None = None


@dataclass(slots=True)
class _Large:
    size: int
    tried: float


class Writer:
    """A producer whose records are acknowledged, and what stands in their way.

    A record that has a key and is too large is remembered until one with its key is taken.
    """

    def __init__(self, producer: AIOKafkaProducer, clock: Clock) -> None:
        self._producer, self._clock = producer, clock
        self._waiting: dict[TopicPartition, _Waiting] = {}
        self._too_large: dict[tuple[str, str], _Large] = {}

    @property
    def unwritten(self) -> list[str]:
        """Why records are not written, each with what to do; empty where all are."""
        now = self._clock.monotonic()
        current = {place: one for place, one in self._waiting.items() if now - one.tried < FORGOTTEN_SECONDS}
        said = {_refused(place, one.error) for place, one in current.items() if one.error is not None}
        slow = (place for place, one in current.items() if now - one.since > SLOW_SECONDS)
        said |= {_slow(place) for place in slow if not _is_clear(current[place].error)}
        large = (
            _large(topic, key, one.size)
            for (topic, key), one in self._too_large.items()
            if now - one.tried < LARGE_FORGOTTEN_SECONDS
        )
        return [*sorted(filter(None, said)), *large]

    async def send_and_wait(
        self,
        topic: str,
        value: bytes | None,
        *,
        partition: int,
        key: bytes | None = None,
        headers: list[tuple[str, bytes]] | None = None,
    ) -> Any:
        """Append a record, and return where it stands once it is acknowledged; KafkaError where it is not."""
        with self._trying(TopicPartition(topic, partition)):
            return await self._producer.send_and_wait(
                topic, value, key=key, partition=partition, headers=headers
            )

    async def send_batch(self, topic: str, values: Iterable[bytes], *, partition: int) -> int:
        """Append records in one batch, which a log takes whole or not at all; how many fitted into it."""
        batch = self._producer.create_batch()
        for value in values:
            batch.append(key=None, value=value, timestamp=None)
        batch.close()  # else records that others send to this partition meanwhile would come into it
        with self._trying(TopicPartition(topic, partition)):
            await (await self._producer.send_batch(batch, topic, partition=partition))
        return int(batch.record_count())

    async def append_all(
        self, topic: str, records: Iterable[tuple[str, bytes | None]], partition: int
    ) -> set[str]:
        """Append (key, value) records in order, and wait until they are acknowledged.

        Returns the keys of those that are too large: they are left out, and named.

        Raises:
            KafkaError: another one was not acknowledged.
        """
        place, waiting = TopicPartition(topic, partition), []
        self._begins(place)
        sizes: dict[str, int] = {}
        for key, value in records:
            sizes[key] = len(key) + len(value or b"")
            waiting.append((key, await self._send(place, key, value)))
        done = await asyncio.gather(*(future for _, future in waiting), return_exceptions=True)
        refused = {key for (key, _), error in zip(waiting, done, strict=True) if isinstance(error, TOO_LARGE)}
        for error in done:
            if isinstance(error, BaseException) and not isinstance(error, TOO_LARGE):
                self._failed(place, error)
                raise error
        self._waiting.pop(place, None)
        self._note(topic, sizes, refused)
        return refused

    async def _send(self, place: TopicPartition, key: str, value: bytes | None) -> "asyncio.Future[Any]":
        """The acknowledgement to come; a record that is too large for our own client fails there, too."""
        try:
            sent: asyncio.Future[Any] = await self._producer.send(
                place.topic, value, key=key.encode(), partition=place.partition
            )
        except TOO_LARGE as error:
            sent = asyncio.get_running_loop().create_future()
            sent.set_exception(error)
        except KafkaError as error:
            self._failed(place, error)
            raise
        return sent

    def _note(self, topic: str, sizes: dict[str, int], refused: set[str]) -> None:
        for key, size in sizes.items():
            if key not in refused:
                self._too_large.pop((topic, key), None)
                continue
            if (topic, key) not in self._too_large:
                _log.error("record_too_large", topic=topic, key=key, bytes=size)
            self._too_large[topic, key] = _Large(size, self._clock.monotonic())

    @contextmanager
    def _trying(self, place: TopicPartition) -> Iterator[None]:
        self._begins(place)
        try:
            yield
        except KafkaError as error:
            self._failed(place, error)
            raise
        self._waiting.pop(place, None)

    def _begins(self, place: TopicPartition) -> None:
        now = self._clock.monotonic()
        self._waiting.setdefault(place, _Waiting(now, now)).tried = now

    def _failed(self, place: TopicPartition, error: BaseException) -> None:
        if isinstance(error, TOO_LARGE):
            self._waiting.pop(place, None)
        elif isinstance(error, KafkaError) and place in self._waiting:
            self._waiting[place].error = error


def _is_clear(error: KafkaError | None) -> bool:
    return isinstance(error, (TopicAuthorizationFailedError, *_FEW_REPLICAS))


def _refused(place: TopicPartition, error: KafkaError) -> str:
    """Why a broker refuses, where its answer says what to do; '' for what may pass."""
    topic = place.topic
    if isinstance(error, TopicAuthorizationFailedError):
        return str(not_permitted("topic", topic, "Write"))
    if isinstance(error, _FEW_REPLICAS):
        return (
            f"{topic} takes no record: fewer replicas are in sync than its min.insync.replicas; "
            "start their brokers, or lower it"
        )
    return ""


def _slow(place: TopicPartition) -> str:
    return (
        f"{place.topic} has acknowledged no record for {SLOW_SECONDS:.0f} s: is the topic there, are its "
        "brokers up, and as many replicas in sync as its min.insync.replicas says? What waits is sent again"
    )


def _large(topic: str, key: str, size: int) -> str:
    what = f"the record {key!r} of {size:,} bytes is too large for {topic}"
    if size > MAX_RECORD_BYTES:
        return f"{what}, and for flowdrift: double kafka.flows.shards, which folds the retained flows anew"
    return f"{what}: raise the topic's max.message.bytes to {MAX_RECORD_BYTES}"
