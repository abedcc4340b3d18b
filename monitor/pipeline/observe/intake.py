"""What was read of a partition and is not folded yet: records and idle time, each with its moment."""

from collections import deque
from itertools import chain
from typing import NamedTuple

from monitor.base.units import LogTime
from monitor.pipeline.observe.logtime import LogClock, Moment
from monitor.pipeline.observe.records import SourceRecord

_IDLE_STEP_MS = 1_000
"""One empty fetch lets at most so much idle time pass: an outage or a stopped process closes nothing."""


class Task(NamedTuple):
    """Something to fold in its turn: a record, or None for idle time alone; and the moment that it brings."""

    record: SourceRecord | None
    moment: Moment


class Intake:
    """Tasks of one source partition, which is read from the offset `start` on.

    position: the next offset to read. guarded: as in `LogClock`. patience_ms: records whose moment is
    undecided wait at most that long. tasks: what is to be folded, in order; the first one is in hand.
    """

    def __init__(self, start: int, guarded: bool, patience_ms: int) -> None:
        self.position = start
        self.clock = LogClock(guarded)
        self.tasks: deque[Task] = deque()
        self._patience_ms = patience_ms
        self._held: deque[SourceRecord] = deque()
        self._idle_ms = 0
        self._done_at: LogTime | None = None

    def take(self, record: SourceRecord) -> None:
        """Take the next record. Up to four records may be held back until log time is decided."""
        self._held.append(record)
        moments = self.clock.feed(record.timestamp, self._idle_ms)
        self._idle_ms = 0
        self.position = record.offset + 1
        self._decided(moments)

    def wait(self, milliseconds: int) -> None:
        """A fetch was answered without a record, so long after the answer before it (at most 1 s counts)."""
        self._idle_ms += min(milliseconds, _IDLE_STEP_MS)
        if self._held and self._idle_ms >= self._patience_ms:
            self.flush()
        now = self.clock.now
        if now is not None:
            self.tasks.append(Task(None, now._replace(age=now.age + self._idle_ms)))

    def flush(self) -> None:
        """Decide the records that are held back."""
        self._decided(self.clock.flush())

    def done(self) -> None:
        """The first task is folded."""
        self._done_at = self.tasks.popleft().moment.log_time

    @property
    def log_time(self) -> LogTime | None:
        """Log time in ms of the last task that is done, with idle time; None before the first."""
        return None if self._done_at is None else LogTime(self._done_at + self._idle_ms)

    @property
    def offsets(self) -> list[int]:
        """Of the records that are not folded yet."""
        records = chain((task.record for task in self.tasks), self._held)
        return [record.offset for record in records if record is not None]

    @property
    def is_empty(self) -> bool:
        """Whether all that was read is folded."""
        return not (self._held or self.tasks)

    def _decided(self, moments: list[Moment]) -> None:
        """As many of the records that are held back have a moment now."""
        self.tasks.extend(Task(self._held.popleft(), moment) for moment in moments)
