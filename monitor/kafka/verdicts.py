"""Feeds a view with the whole verdicts topic: every replica that answers questions holds all of it."""

import asyncio
from typing import Any, Protocol

from monitor.base.clock import Clock
from monitor.kafka.client import STOP_SECONDS
from monitor.kafka.feed import Feed
from monitor.kafka.settings import KafkaSettings
from monitor.kafka.tasks import until
from monitor.kafka.topics import Names


class Listener(Protocol):
    """Whoever keeps what the verdicts topic says."""

    def hear(self, key: str, value: bytes | None) -> None:
        """One record; None takes the key back. A record of a lower offset than the known one is old."""


class VerdictsRole:
    """Reads `flowdrift-verdicts` from the beginning and follows it; `ready` once it has caught up."""

    def __init__(self, settings: KafkaSettings, listener: Listener, clock: Clock) -> None:
        self._listener = listener
        self._feed = Feed(settings, Names(settings.prefix).verdicts, self._hear, clock)

    @property
    def ready(self) -> bool:
        """All that stood there at the start was heard."""
        return self._feed.caught_up

    def progress(self) -> int:
        """The next offset to read."""
        return self._feed.position

    async def run(self, stop: asyncio.Event) -> None:
        """Follow the topic until `stop` is set."""
        await until(stop, self._feed.run(), patience=2 * STOP_SECONDS)

    def _hear(self, record: Any) -> None:
        if record.key is not None:
            self._listener.hear(record.key.decode(), record.value)
