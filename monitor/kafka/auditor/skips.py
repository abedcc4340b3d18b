"""Records of the flows topic that somebody said are to be passed, from the commands topic."""

from typing import Any

import orjson

from monitor.base.clock import Clock
from monitor.base.errors import FlowdriftError
from monitor.kafka.client.feed import Feed
from monitor.kafka.client.topics import Names
from monitor.kafka.settings import KafkaSettings
from monitor.pipeline.timeline.commands import Skip, command_of


class Skips:
    """Offsets to pass, by partition.

    Every auditor reads them before it folds anything, so that all fold the same. They are not in the flows
    topic: who must pass a record cannot know that from a later one. Other commands concern the owner alone.
    """

    def __init__(self, settings: KafkaSettings, clock: Clock) -> None:
        self._feed = Feed(settings, Names(settings.prefix).commands, self._receive, clock)
        self._offsets: dict[int, set[int]] = {}

    @property
    def known(self) -> bool:
        """Whether all commands that were there at the start are read."""
        return self._feed.caught_up

    def of(self, partition: int) -> set[int]:
        """The offsets to pass; the set grows when such a command comes."""
        return self._offsets.setdefault(partition, set())

    async def run(self) -> None:
        """Follow the commands topic until cancelled."""
        await self._feed.run()

    def _receive(self, record: Any) -> None:
        try:
            command = command_of(orjson.loads(record.value or b""))
        except (FlowdriftError, ValueError, TypeError):
            return
        if isinstance(command, Skip):
            self.of(command.partition).add(command.offset)
