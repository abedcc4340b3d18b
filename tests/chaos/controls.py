"""Ways to break the protocol of delivery in a process, to see that the proofs find it."""

from collections.abc import Callable, Mapping
from typing import Any

from aiokafka.structs import OffsetAndMetadata

from monitor.kafka.observer.partition import SourcePartition
from monitor.pipeline.audit.shard import Shard


def commit_the_position() -> None:
    """Commit what was read, as consumers usually do, rather than what is safely out."""

    def due_commit(self: SourcePartition) -> OffsetAndMetadata | None:
        at = self.observer.position
        return OffsetAndMetadata(at, self._at(at).metadata) if at > self.commit.offset else None

    SourcePartition.due_commit = due_commit  # type: ignore[method-assign]


def forget_names() -> None:
    """Take every row for a new one, as a consumer does that knows no names of rows."""
    original = Shard._rows

    def rows(self: Shard, source: Any, flows: Any, timeline: Any) -> None:
        self.names.clear()
        original(self, source, flows, timeline)

    Shard._rows = rows  # type: ignore[method-assign]


CONTROLS: Mapping[str, Callable[[], None]] = {
    "commit-the-position": commit_the_position,
    "forget-names": forget_names,
}
