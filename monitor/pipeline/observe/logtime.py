"""Log time of a source partition, from the timestamps of its records, some of which are of wrong clocks.

Rules (delivery, observer 1); they look at no clock:

1. The first log time is the lower median of the first five timestamps (or of those read, when asked to
   wait no longer). From then on it follows one clock (`followed`).
2. A record at most three seconds ahead of log time and of the idle time since is of that clock. A later one
   is held back, with those after it, until it shows what it is:

   - of another clock, which moves nothing, once a record comes that is not ahead;
   - the end of a silence, or of a clock, once five come, ten seconds apart by their own timestamps, or fifty,
     or nothing for as long, and none that is not ahead: then log time goes over to them.
3. Records more than ten seconds behind move nothing, until there are more of them: then log time steps back.

Ages count what passes by one clock: `Moment.age` never decreases, and deadlines are ages.
"""

from collections import deque
from dataclasses import astuple, fields
from typing import NamedTuple

from monitor.base.units import LogTime
from monitor.pipeline.observe.followed import FAR_MS, FIRST, NEAR_MS, SLOW_MS, FollowedClock

SILENCE_MS = 10_000
MOST_HELD = 50
AGREEING = 3
"""Where nothing else comes, fewer records more than `FAR_MS` ahead move nothing."""


class Moment(NamedTuple):
    """When a record is folded: its partition's log time, and the age (ms that never decrease).

    off: how far the record's own timestamp lies from log time (ms), where it is of another clock; else 0.
    step: how far log time went (ms, below 0: back) to follow the record, if it was of another clock before.
    """

    log_time: LogTime
    age: int
    off: int = 0
    step: int = 0


class _Entry(NamedTuple):
    """A record that waits: its timestamp, and the idle time before it (ms)."""

    timestamp: int
    idle_ms: int


class LogClock:
    """Turns timestamps (ms) into moments, in order; `guarded` is False where the broker set the timestamps.

    state: of the clock that a restart goes on with. `forward` and `backward` count how often log time went
    over to another clock or over a silence, `ignored` the records ahead that did not move it.
    """

    def __init__(self, guarded: bool, state: tuple[int, ...] = ()) -> None:
        self.forward = self.backward = self.ignored = 0
        self._guarded = guarded
        known = state if len(state) == len(fields(FollowedClock)) else ()  # of another release: begins anew
        self._started = bool(known)
        self._followed = FollowedClock(*known)
        self._stepped = 0
        self._pending: deque[_Entry] = deque()

    @property
    def now(self) -> Moment | None:
        """The moment of the last decided record; None before the first."""
        return Moment(LogTime(self._followed.known), self._followed.age) if self._started else None

    @property
    def age(self) -> int:
        """The age at the last decided record; 0 before the first."""
        return self._followed.age

    @property
    def state(self) -> tuple[int, ...]:
        """All that decides on the records to come, while none waits; () before the first."""
        return astuple(self._followed) if self._started else ()

    def feed(self, timestamp: int, idle_ms: int = 0) -> list[Moment]:
        """Take a record's timestamp, after `idle_ms` without records: moments of all records decided now.

        There is one moment for each record, in order of arrival; fewer than fifty records wait.
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
            self._followed.known = _lower_median([entry.timestamp for entry in pending])
            self._started = True
            self._forget_idle()
        decided = []
        while pending and (self._lead(pending[0]) <= NEAR_MS or self._is_known(final)):
            decided.append(self._step(pending.popleft()))
        return decided

    def _lead(self, entry: _Entry, idle_ms: int = 0) -> int:
        """How far a record is ahead, after `idle_ms` before its own idle time."""
        return self._followed.lead(entry.timestamp - idle_ms - entry.idle_ms) if self._guarded else 0

    def _is_known(self, final: bool) -> bool:
        """Rule 2: whether the first record that waits has shown what it is; log time may go over to it."""
        ahead, idle_ms = [], 0
        for entry in self._pending:
            lead = self._lead(entry, idle_ms)
            idle_ms += entry.idle_ms
            if lead > NEAR_MS:
                ahead.append(entry.timestamp)
            elif lead > -FAR_MS:
                return True
        ended = len(ahead) >= FIRST and max(ahead) - min(ahead) >= SILENCE_MS
        if not (ended or final or len(self._pending) >= MOST_HELD):
            return False
        if len(ahead) >= AGREEING or self._lead(self._pending[0]) <= FAR_MS:
            self._stepped = self._followed.go_over(ahead)
            self._forget_idle()
            self.forward += 1
        return True

    def _forget_idle(self) -> None:
        """Log time was set to that of a record that waits: idle time before it is not time since.

        Else, after a silence, a record of another clock that is as far ahead would move log time.
        """
        pending, known = self._pending, self._followed.known
        for place, entry in enumerate(pending):
            pending[place] = entry._replace(idle_ms=0)
            if entry.timestamp == known:
                return

    def _step(self, entry: _Entry) -> Moment:
        followed, timestamp, lead = self._followed, entry.timestamp, self._lead(entry)
        followed.idle_ms += entry.idle_ms
        if lead > NEAR_MS:
            self.ignored += 1
            followed.meet_ahead()
        elif self._guarded and timestamp < followed.known - SLOW_MS:
            self._stepped = followed.meet_behind(timestamp)
            self.backward += self._stepped < 0
        else:
            followed.move(timestamp)
            return self._moment()
        return self._moment(off=timestamp - followed.known)

    def _moment(self, off: int = 0) -> Moment:
        step, self._stepped = self._stepped, 0
        return Moment(LogTime(self._followed.known), self._followed.age, off, step)


def _lower_median(timestamps: list[int]) -> int:
    return sorted(timestamps)[(len(timestamps) - 1) // 2]
