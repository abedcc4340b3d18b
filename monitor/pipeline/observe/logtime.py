"""Log time of a source partition: the running maximum of its record timestamps, guarded by counting.

Rules (delivery, observer 1); they count records and look at no clock:

1. The first log time is the lower median of the first five timestamps (or of those read, when asked to
   wait no longer).
2. A timestamp more than five minutes ahead counts only where three of five records are that far ahead;
   log time then jumps to the lower median of these. Until that is decided such a record and those after it
   are held back, so that the spans of all of them are dated alike.
3. When 1,000 consecutive records, or consecutive records whose own timestamps span 60 s, lie more than
   five minutes behind, log time steps back to their latest.

Ages count forward moves only: `Moment.age` never decreases, and deadlines are ages.
"""

from collections import deque
from typing import NamedTuple

from monitor.base.units import LogTime

FIRST = 5
"""Records whose lower median is the first log time; also the width of the window of rule 2."""
AGREEING = 3
FAR_MS = 300_000
BEHIND_RECORDS = 1_000
BEHIND_SPAN_MS = 60_000


class Moment(NamedTuple):
    """When a record is folded: its partition's log time, and the age (ms that never decrease)."""

    log_time: LogTime
    age: int


class LogClock:
    """Turns timestamps (ms) into moments, in order; `guarded` is False where the broker set the timestamps.

    `forward` and `backward` count the steps of rules 2 and 3, `ignored` the timestamps that rule 2 left out.
    """

    def __init__(self, guarded: bool) -> None:
        self.forward = self.backward = self.ignored = 0
        self._guarded = guarded
        self._started = False
        self._known = 0
        self._set_back = 0
        self._pending: deque[tuple[int, int]] = deque()
        self._behind = _Behind()

    @property
    def now(self) -> Moment | None:
        """The moment of the last decided record; None before the first."""
        return self._moment() if self._started else None

    def feed(self, timestamp: int, idle_ms: int = 0) -> list[Moment]:
        """Take a record's timestamp, after `idle_ms` without records: moments of all records decided now.

        There is one moment for each record, in order of arrival; at most five records wait.
        """
        self._pending.append((timestamp, idle_ms))
        return self._decide(final=False)

    def flush(self) -> list[Moment]:
        """Decide the records that wait, with what has been read."""
        return self._decide(final=True)

    def _decide(self, final: bool) -> list[Moment]:
        pending = self._pending
        if not self._started:
            if not pending or (self._guarded and len(pending) < FIRST and not final):
                return []
            self._known = _lower_median([timestamp for timestamp, _ in pending])
            self._started = True
        decided = []
        while pending:
            if self._is_far_ahead(pending[0]) and not self._jump() and not (final or len(pending) >= FIRST):
                break
            decided.append(self._step(pending.popleft()))
        return decided

    def _is_far_ahead(self, entry: tuple[int, int]) -> bool:
        timestamp, idle_ms = entry
        return self._guarded and timestamp > self._known + idle_ms + FAR_MS

    def _jump(self) -> bool:
        """Rule 2: jump where enough of the records that wait are far ahead; says whether it did."""
        window = list(self._pending)[:FIRST]
        ahead = [entry[0] for entry in window if self._is_far_ahead(entry)]
        if len(ahead) < AGREEING:
            return False
        self._known = _lower_median(ahead)
        self.forward += 1
        return True

    def _step(self, entry: tuple[int, int]) -> Moment:
        timestamp, _ = entry
        if self._is_far_ahead(entry):
            self.ignored += 1
            self._behind.clear()
        else:
            self._known = max(self._known, timestamp)
            self._step_back(timestamp)
        return self._moment()

    def _step_back(self, timestamp: int) -> None:
        """Rule 3, for a record that is not ahead."""
        if not self._guarded or timestamp >= self._known - FAR_MS:
            self._behind.clear()
            return
        self._behind.add(timestamp)
        if self._behind.records >= BEHIND_RECORDS or self._behind.span_ms >= BEHIND_SPAN_MS:
            self._set_back += self._known - self._behind.latest
            self._known = self._behind.latest
            self.backward += 1
            self._behind.clear()

    def _moment(self) -> Moment:
        return Moment(LogTime(self._known), self._known + self._set_back)


class _Behind:
    """Consecutive records that lie far behind: how many, and their earliest and latest timestamps."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        self.records, self.earliest, self.latest = 0, 0, 0

    def add(self, timestamp: int) -> None:
        self.earliest = min(self.earliest, timestamp) if self.records else timestamp
        self.latest = max(self.latest, timestamp) if self.records else timestamp
        self.records += 1

    @property
    def span_ms(self) -> int:
        return self.latest - self.earliest


def _lower_median(timestamps: list[int]) -> int:
    return sorted(timestamps)[(len(timestamps) - 1) // 2]
