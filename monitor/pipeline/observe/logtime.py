"""Log time of a source partition: what its records' timestamps say of time, whoever's clock is off.

Producers stamp the records of most topics, each by a clock of its own. Log time follows one clock at a time, the
running maximum of its timestamps. The rules (delivery, observer 1) count records and look at no clock:

1. The first log time is the lower median of the first five timestamps (or of those read, when asked to
   wait no longer).
2. A record at most three seconds ahead of log time and of the idle time since moves it. One further ahead is
   held back with those after it, so that all of them are dated alike, until it shows what it is:

   - another clock, which moves nothing, where a record comes that is not ahead;
   - a silence that ended, which passes as time, where five records come, ten seconds apart by their own
     timestamps, or nothing comes for as long, and none that is not ahead;
   - another clock in place of the first, where fifty come, or where another clock was seen just before:
     log time goes over to it, and no time passes.
3. Records more than ten seconds behind move nothing. Where they outnumber those that are not, log time steps back
   to them; where they are more than five minutes behind, only where as many of them follow each other.

Ages count what passes as time: `Moment.age` never decreases, and deadlines are ages.
"""

from collections import deque
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from monitor.base.units import LogTime

FIRST = 5
"""Records whose lower median is the first log time; also those that show the end of a silence."""
AGREEING = 3
"""So many records are followed more than `FAR_MS` ahead where nothing else comes."""
NEAR_MS = 3_000
SILENCE_MS = 10_000
MOST_HELD = 50
SLOW_MS = 10_000
FAR_MS = 300_000
MOST_SUPPORT = 1_000
"""So many records behind outweigh any number before them."""
_STATE = ("_known", "_set_back", "_idle_ms", "_support", "_behind_in_row", "_slow_off", "_slow", "_rival")


class Moment(NamedTuple):
    """When a record is folded: its partition's log time, and the age (ms that never decrease).

    off: how far the record's own timestamp lies from log time (ms), where it is of another clock; else 0.
    """

    log_time: LogTime
    age: int
    off: int = 0


class _Entry(NamedTuple):
    """A record that waits: its timestamp, and the idle time before it (ms)."""

    timestamp: int
    idle_ms: int


class LogClock:
    """Turns timestamps (ms) into moments, in order; `guarded` is False where the broker set the timestamps.

    `forward` and `backward` count how often log time went over to other clocks, `ignored` the records ahead that
    did not move it.
    """

    def __init__(self, guarded: bool, state: Sequence[int] = ()) -> None:
        self.forward = self.backward = self.ignored = 0
        self._guarded = guarded
        self._started = False
        self._known = 0
        self._set_back = 0
        self._idle_ms = 0
        self._support = 0
        self._behind_in_row = self._slow = self._slow_off = 0
        self._rival = 0
        self._pending: deque[_Entry] = deque()
        if len(state) == len(_STATE):
            self._started = True
            for name, number in zip(_STATE, state, strict=True):
                setattr(self, name, number)

    @property
    def now(self) -> Moment | None:
        """The moment of the last decided record; None before the first."""
        return self._moment() if self._started else None

    @property
    def age(self) -> int:
        """The age at the last decided record; 0 before the first."""
        return self._known + self._set_back

    @property
    def state(self) -> tuple[int, ...]:
        """All that decides on the records to come; () while some wait, or before the first.

        A clock that is made of it goes on as this one does.
        """
        if self._pending or not self._started:
            return ()
        return tuple(getattr(self, name) for name in _STATE)

    def feed(self, timestamp: int, idle_ms: int = 0) -> list[Moment]:
        """Take a record's timestamp, after `idle_ms` without records: moments of all records decided now.

        There is one moment for each record, in order of arrival; at most fifty records wait.
        """
        self._pending.append(_Entry(timestamp, idle_ms))
        return self._decide(final=False)

    def flush(self) -> list[Moment]:
        """Decide the records that wait, with what has been read."""
        return self._decide(final=True)

    def _decide(self, final: bool) -> list[Moment]:
        pending = self._pending
        if not self._started:
            if not pending or (self._guarded and len(pending) < FIRST and not final):
                return []
            self._known = _lower_median([entry.timestamp for entry in pending])
            self._started = True
        decided = []
        while pending:
            if self._lead(pending[0]) > NEAR_MS and not self._judge(final):
                break
            decided.append(self._step(pending.popleft()))
        return decided

    def _lead(self, entry: _Entry, idle_ms: int = 0) -> int:
        """How far a record is ahead of log time and of the idle time since; the latter includes `idle_ms`."""
        if not self._guarded:
            return 0
        return entry.timestamp - self._known - self._idle_ms - idle_ms - entry.idle_ms

    def _judge(self, final: bool) -> bool:
        """Rule 2: whether it is known what the first record that waits is; log time may have moved to it."""
        ahead, idle_ms = [], 0
        for entry in self._pending:
            lead = self._lead(entry, idle_ms)
            idle_ms += entry.idle_ms
            if lead > NEAR_MS:
                ahead.append(entry.timestamp)
            elif lead > -FAR_MS:
                return True
        ended = len(ahead) >= FIRST and max(ahead) - min(ahead) >= SILENCE_MS
        if ended or len(self._pending) >= MOST_HELD or final:
            if not (final and min(ahead) - self._known > FAR_MS and len(ahead) < AGREEING):
                self._go_over(ahead)
            return True
        return False

    def _go_over(self, ahead: list[int]) -> None:
        lead = min(ahead) - self._known
        rivalled = self.age - self._rival <= SILENCE_MS
        passes = 0 if rivalled else min(lead, max((b - a for a, b in pairwise(ahead)), default=0))
        self._known += lead
        self._set_back -= lead - max(passes, 0)
        self._support = self._idle_ms = self._slow = 0
        self.forward += 1

    def _step(self, entry: _Entry) -> Moment:
        timestamp = entry.timestamp
        off = timestamp - self._known
        if self._lead(entry) > NEAR_MS:
            self.ignored += 1
            self._rival = self.age
        elif off >= -SLOW_MS or not self._guarded:
            self._support = min(self._support + 1, MOST_SUPPORT)
            self._behind_in_row, off = 0, 0
            self._slow = max(self._slow - 1, 0)
        else:
            off = self._behind(timestamp, off)
        self._idle_ms += entry.idle_ms
        if not off and timestamp > self._known:
            self._known, self._idle_ms = timestamp, 0
        return self._moment(off)

    def _behind(self, timestamp: int, off: int) -> int:
        """Rule 3; how far the record is off, then."""
        self._behind_in_row += 1
        if self._behind_in_row < max(FIRST, self._support) and not self._is_majority(off):
            return off
        self._set_back -= off
        self._known, self._idle_ms = timestamp, 0
        self._support = self._behind_in_row = self._slow = 0
        self.backward += 1
        return 0

    def _is_majority(self, off: int) -> bool:
        """Whether records this far behind, steadily, outnumber those of the clock that log time follows."""
        if abs(off - self._slow_off) > NEAR_MS:
            self._slow_off, self._slow = off, 0
        self._slow += 1
        return off >= -FAR_MS and self._slow >= max(FIRST, self._support)

    def _moment(self, off: int = 0) -> Moment:
        return Moment(LogTime(self._known), self.age, off)


def _lower_median(timestamps: list[int]) -> int:
    return sorted(timestamps)[(len(timestamps) - 1) // 2]
