"""Which sources must wait: what is read too far ahead of the slowest would wait in the observers' memory.

All workers of a cluster see the same: the commits of their group, beside which stands how far each source was
in log time, and where the logs end. A source that has read what there was a look ago holds nobody: where it
is behind all the same, its clock is. One whose commit has not moved in `PATIENCE` looks is left out: nobody
reads it, or it cannot be read.

Log times are those of records, without the idle time since. A source that was idle is as slow as its last
record until it has read a new one: with idle time it would be ahead of itself, and wait for itself.
"""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

AHEAD_MS = 60_000
"""Log time by which a source may be ahead of the slowest."""
PATIENCE = 300
"""Looks, one a second."""


class SourceProgress(NamedTuple):
    """How far a source is: its committed offset, the log time (ms) there, and the end of its log."""

    offset: int
    log_time: int
    end: int


@dataclass(slots=True)
class _Seen:
    offset: int = -1
    end: int | None = None
    looks: int = 0


class Pace:
    """The log time of the slowest source that has something left to read; None: nobody waits."""

    def __init__(self) -> None:
        self.slowest: int | None = None
        self._seen: dict[Hashable, _Seen] = {}

    def look(self, sources: Mapping[Hashable, SourceProgress]) -> None:
        """Take note of how far all sources of a cluster are."""
        self._seen = {source: self._seen.get(source, _Seen()) for source in sources}
        behind = [each.log_time for source, each in sources.items() if self._counts(source, each)]
        self.slowest = min(behind, default=None)

    def is_ahead(self, log_time: int | None) -> bool:
        """Whether a source at this log time must wait for others."""
        return self.slowest is not None and log_time is not None and log_time > self.slowest + AHEAD_MS

    def _counts(self, source: Hashable, progress: SourceProgress) -> bool:
        seen = self._seen[source]
        if progress.offset >= progress.end or progress.offset != seen.offset:
            seen.offset, seen.looks = progress.offset, 0
        seen.looks += 1
        ended = progress.end if seen.end is None else seen.end
        keeps_up, seen.end = progress.offset >= ended, progress.end
        return not keeps_up and progress.log_time > 0 and seen.looks <= PATIENCE
