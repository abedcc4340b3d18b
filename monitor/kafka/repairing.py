"""What a person does about records that cannot be read or folded: look at them, send them again, pass one.

One connection each, without a consumer group; nothing waits for ever.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, NamedTuple

import orjson
from aiokafka import TopicPartition
from aiokafka.errors import KafkaError, TopicAuthorizationFailedError

from monitor.base.errors import ConfigurationError, UnreachableError
from monitor.base.permission import not_permitted
from monitor.kafka.client.clients import C, free_consumer, producer, start_once, stop_client
from monitor.kafka.client.topics import Names
from monitor.kafka.observer.dead_letters import PREFIX, Headers
from monitor.kafka.settings import KafkaSettings
from monitor.pipeline.observe.records import UNREADABLE
from monitor.pipeline.timeline.log_notes import Skip

CONNECT_SECONDS, TALK_SECONDS, POLL_MS = 10.0, 30.0, 500


class StoredLetter(NamedTuple):
    """A dead letter; number: its offset in their topic. facts: what flowdrift says of it, by name."""

    number: int
    timestamp: int
    key: bytes
    value: bytes
    headers: Headers
    facts: Mapping[str, str]

    @property
    def source(self) -> str:
        """Where the record stood: TOPIC/PARTITION/OFFSET."""
        return "/".join(self.facts.get(name, "") for name in ("topic", "partition", "offset"))

    def lacks(self, part: str) -> bool:
        """Whether its key or value is not in the letter, or was null."""
        return part in self.facts.get("without", "").split(",")


async def stored_letters(settings: KafkaSettings, first: int, last: int | None = None) -> list[StoredLetter]:
    """The dead letters with numbers in [first, last]; first < 0: that many of the newest.

    Raises:
        UnreachableError: no broker answers.
        ConfigurationError: this user may not read them.
    """
    place = TopicPartition(Names(settings.prefix).dead_letters, 0)
    async with AsyncExitStack() as clients, _answering("Read", place.topic):
        reading = await _opened(clients, lambda: free_consumer(settings))
        if place.topic not in await reading.topics():
            return []
        reading.assign([place])
        begin = (await reading.beginning_offsets([place]))[place]
        end = (await reading.end_offsets([place]))[place]
        start = max(begin, end + first if first < 0 else first)
        stop = end if last is None else min(end, last + 1)
        reading.seek(place, start)
        found: list[StoredLetter] = []
        while start < stop:
            batch = (await reading.getmany(place, timeout_ms=POLL_MS)).get(place, ())
            found += [_stored(record) for record in batch if record.offset < stop]
            start = await reading.position(place)
        return found


def _stored(record: Any) -> StoredLetter:
    facts = {
        name.removeprefix(PREFIX): (value or b"").decode("utf-8", "replace")
        for name, value in record.headers
        if name.startswith(PREFIX)
    }
    headers = tuple(header for header in record.headers if not header[0].startswith(PREFIX))
    return StoredLetter(
        record.offset, record.timestamp, record.key or b"", record.value or b"", headers, facts
    )


async def resubmit(settings: KafkaSettings, letter: StoredLetter) -> int:
    """Append the record of a letter to its source partition once more, as a new one; its offset there.

    settings: of the cluster where that is.

    Raises:
        UnreachableError: no broker answers.
        ConfigurationError: the letter is no record, or this user may not write there.
    """
    if letter.facts.get("reason") == UNREADABLE or letter.lacks("value"):
        raise ConfigurationError(f"letter {letter.number} does not hold its record's value", code="no_value")
    topic, partition = letter.facts["topic"], int(letter.facts["partition"])
    async with AsyncExitStack() as clients, _answering("Write", topic):
        sending = await _opened(clients, lambda: producer(settings))
        key = None if letter.lacks("key") else letter.key
        written = await sending.send_and_wait(
            topic, letter.value, key=key, partition=partition, headers=list(letter.headers)
        )
        return int(written.offset)


async def skip(settings: KafkaSettings, place: str) -> None:
    """Say that the record at TOPIC/PARTITION/OFFSET of the flows topic is to be passed by whoever folds it.

    Raises:
        UnreachableError: no broker answers.
        ConfigurationError: it is no such place, or this user may not say so.
    """
    names = Names(settings.prefix)
    topic, *numbers = place.rsplit("/", 2)
    if topic != names.flows or len(numbers) != len(Skip._fields) or not all(map(str.isdecimal, numbers)):
        raise ConfigurationError(f"'{place}' must be {names.flows}/PARTITION/OFFSET", code="place")
    command = Skip(*map(int, numbers))
    async with AsyncExitStack() as clients, _answering("Write", names.commands):
        sending = await _opened(clients, lambda: producer(settings))
        value = orjson.dumps(command.plain())
        await sending.send_and_wait(names.commands, value, key=command.subject.encode(), partition=0)


async def _opened(clients: AsyncExitStack, build: Callable[[], C]) -> C:
    client = await start_once(build, CONNECT_SECONDS)
    clients.push_async_callback(stop_client, client)
    return client


@asynccontextmanager
async def _answering(operation: str, topic: str) -> AsyncIterator[None]:
    """What a broker answers meanwhile, in at most `TALK_SECONDS`, as errors that say what to do."""
    try:
        async with asyncio.timeout(TALK_SECONDS):
            yield
    except TopicAuthorizationFailedError as error:
        raise not_permitted("topic", topic, operation) from error
    except (KafkaError, OSError, TimeoutError) as error:
        raise UnreachableError(f"kafka: {error or type(error).__name__}", code="kafka") from error
