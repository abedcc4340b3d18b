"""Reads the whole verdicts topic into a view: every process that answers questions holds all of it."""

import asyncio
from contextlib import AsyncExitStack
from typing import Any, Protocol

import structlog

from monitor.base.clock import Clock
from monitor.base.errors import NewerFormatError, UndecodableError
from monitor.kafka.client.clients import STOP_SECONDS, admin, open_client
from monitor.kafka.client.feed import Feed
from monitor.kafka.client.tasks import run_until
from monitor.kafka.client.topics import Names, ensure_topics
from monitor.kafka.settings import KafkaSettings

_log = structlog.get_logger()


class Listener(Protocol):
    """Keeps the records of the verdicts topic."""

    def receive(self, key: str, value: bytes | None) -> None:
        """Take one record; None deletes the key. One of a lower offset than the known one is outdated."""


class VerdictsRole:
    """Reads `flowdrift-verdicts` from the beginning and then follows it."""

    def __init__(self, settings: KafkaSettings, listener: Listener, clock: Clock) -> None:
        self._settings, self._listener = settings, listener
        self._topic = Names(settings.prefix).verdicts
        self._refused = 0
        self._feed = Feed(settings, self._topic, self._receive, clock)

    @property
    def unreadable(self) -> int:
        """Records that are left out: refused, such as those of a newer release, or not to be unpacked."""
        return self._refused + self._feed.refused

    @property
    def ready(self) -> bool:
        """Whether it has read all that the topic held when reading began."""
        return self._feed.caught_up

    def progress(self) -> int:
        """The next offset to read."""
        return self._feed.position

    async def run(self, stop: asyncio.Event) -> None:
        """Follow the topic until `stop` is set."""
        await run_until(stop, self._follow(), patience=2 * STOP_SECONDS)

    async def _follow(self) -> None:
        """Create the topic where it is missing, since a broker might with other settings; then follow it."""
        async with AsyncExitStack() as clients:
            asking = await open_client(clients, lambda: admin(self._settings))
            await ensure_topics(asking, self._settings, [self._topic])
        await self._feed.run()

    def _receive(self, record: Any) -> None:
        if record.key is None:
            return
        try:
            self._listener.receive(record.key.decode(), record.value)
        except (NewerFormatError, UndecodableError, ValueError, KeyError, TypeError) as error:
            if not self._refused:
                _log.error(
                    "verdict_unreadable", key=repr(record.key), offset=record.offset, error=repr(error)
                )
            self._refused += 1
