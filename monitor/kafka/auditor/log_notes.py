"""What the commands topic says of the flows topic itself: records to pass, and logs that began anew."""

from dataclasses import dataclass, field
from typing import Any

import orjson

from monitor.base.clock import Clock
from monitor.base.errors import FlowdriftError
from monitor.kafka.client.feed import Feed
from monitor.kafka.client.topics import Names
from monitor.kafka.settings import KafkaSettings
from monitor.pipeline.timeline.commands import command_of
from monitor.pipeline.timeline.log_notes import Renewed, Skip


@dataclass(slots=True)
class PartitionNotes:
    """What was said of one partition; it changes when more is said.

    skips: offsets to pass. base: what to add to an offset of the log; above 0 once it was made again.
    """

    skips: set[int] = field(default_factory=set)
    base: int = 0


class LogNotes:
    """What was said of each partition.

    Every auditor reads it before it folds anything, so that all fold the same. It is not in the flows topic:
    whoever stands before a record cannot learn from a later one how to take it.
    """

    def __init__(self, settings: KafkaSettings, clock: Clock) -> None:
        self._feed = Feed(settings, Names(settings.prefix).commands, self._receive, clock)
        self._partitions: dict[int, PartitionNotes] = {}

    @property
    def known(self) -> bool:
        """Whether all commands that were there at the start are read."""
        return self._feed.caught_up

    def of(self, partition: int) -> PartitionNotes:
        """What was said of a partition."""
        return self._partitions.setdefault(partition, PartitionNotes())

    async def run(self) -> None:
        """Follow the commands topic until cancelled."""
        await self._feed.run()

    def _receive(self, record: Any) -> None:
        try:
            command = command_of(orjson.loads(record.value or b""))
        except (FlowdriftError, ValueError, TypeError):
            return
        if isinstance(command, Skip):
            self.of(command.partition).skips.add(command.offset)
        elif isinstance(command, Renewed):
            notes = self.of(command.partition)
            notes.base = max(notes.base, command.base)
