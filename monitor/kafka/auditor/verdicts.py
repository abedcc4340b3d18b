"""Feeds a view with the whole verdicts topic: every replica that answers questions holds all of it."""

import asyncio
from contextlib import AsyncExitStack
from typing import Any, Protocol

from monitor.base.clock import Clock
from monitor.kafka.client.clients import STOP_SECONDS, admin, open_client
from monitor.kafka.client.feed import Feed
from monitor.kafka.client.tasks import until
from monitor.kafka.client.topics import Names, ensure_topics
from monitor.kafka.settings import KafkaSettings


class Listener(Protocol):
    """Whoever keeps what the verdicts topic says."""

    def hear(self, key: str, value: bytes | None) -> None:
        """One record; None takes the key back. A record of a lower offset than the known one is old."""


class VerdictsRole:
    """Reads `flowdrift-verdicts` from the beginning and follows it; `ready` once it has caught up."""

    def __init__(self, settings: KafkaSettings, listener: Listener, clock: Clock) -> None:
        self._settings, self._listener = settings, listener
        self._topic = Names(settings.prefix).verdicts
        self._feed = Feed(settings, self._topic, self._hear, clock)

    @property
    def ready(self) -> bool:
        """All that stood there at the start was heard."""
        return self._feed.caught_up

    def progress(self) -> int:
        """The next offset to read."""
        return self._feed.position

    async def run(self, stop: asyncio.Event) -> None:
        """Follow the topic until `stop` is set."""
        await until(stop, self._follow(), patience=2 * STOP_SECONDS)

    async def _follow(self) -> None:
        """Follow the topic once it is there: a broker may make one of its own kind of whatever is read."""
        async with AsyncExitStack() as clients:
            asking = await open_client(clients, lambda: admin(self._settings))
            await ensure_topics(asking, self._settings, [self._topic])
        await self._feed.run()

    def _hear(self, record: Any) -> None:
        if record.key is not None:
            self._listener.hear(record.key.decode(), record.value)
