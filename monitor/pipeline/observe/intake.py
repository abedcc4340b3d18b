"""From the records of one partition to spans, each record at its moment.

What gives no spans is rejected, and holds the low offset until the caller has reported it.
"""

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Mapping
from typing import NamedTuple, Protocol

from monitor.base.errors import UndecodableError
from monitor.base.steps import Steps
from monitor.base.units import LogTime
from monitor.pipeline.defects import DEFECT, defect
from monitor.pipeline.observe.logtime import LogClock, Moment
from monitor.pipeline.observe.records import (
    WRONG_SIGNAL,
    Rejection,
    SourceRecord,
    environment_in,
    foreign_signal,
    headers_of,
)
from monitor.pipeline.observe.waypoints import Waypoint, Waypoints
from monitor.pipeline.observe.wrong_clocks import LEAST_MS, WrongClocks
from monitor.wire.hosts import host_in
from monitor.wire.span import Span

_IDLE_STEP_MS = 1_000
"""One empty fetch lets at most so much idle time pass: an outage or a stopped process closes nothing."""


class SpanDecoder(Protocol):
    """Bytes -> spans; raises UndecodableError."""

    def steps(self, payload: bytes, encoding: str, environment: str | None) -> Steps[list[Span]]:
        """The spans of one record, step by step."""


class Read(NamedTuple):
    """A record that was read, and when it is folded; no spans: it was rejected, or has none to fold.

    cut: whether what belongs to these spans may have been lost before them.
    """

    offset: int
    moment: Moment
    spans: list[Span]
    cut: bool = False


class Standing(NamedTuple):
    """How far a partition is folded.

    low: the first offset that is not; log_time: in ms, None before the first; at_end: nothing is left to do.
    """

    low: int
    log_time: LogTime | None
    at_end: bool


class Intake(ABC):
    """Reads the records of one partition from the offset `position` on.

    rejected: what gave no spans; the caller takes out what it has reported. rejections: how many there were.

    Reading goes in steps. Whoever folds says when a record is in hand (`begin`, `done`): meanwhile `standing`
    is what it was before, so that what is said of the partition is true at every step.
    """

    def __init__(self, start: int) -> None:
        self.position = start
        self._before: Standing | None = None
        self.rejected: list[Rejection] = []
        self.rejections = 0

    @abstractmethod
    def take(self, record: SourceRecord) -> Steps[list[Read]]:
        """Take the next record: what can be folded now, in order."""

    @abstractmethod
    def idle(self, milliseconds: int) -> list[Read]:
        """A fetch was answered without a record, so long after the answer before it."""

    @abstractmethod
    def flush(self) -> list[Read]:
        """The input has ended: what was held back."""

    def begin(self) -> None:
        """What is read from now on is in hand."""
        self._before = Standing(self.low, self.log_time, at_end=False)

    def done(self) -> None:
        """What was read is folded."""
        self._before = None

    @property
    def standing(self) -> Standing:
        """How far the partition is folded."""
        return self._before or Standing(self.low, self.log_time, self.at_end)

    @property
    @abstractmethod
    def log_time(self) -> LogTime | None:
        """Log time in ms, with idle time; None before the first."""

    @property
    @abstractmethod
    def age(self) -> int | None:
        """The age that never decreases, with idle time; None before the first moment."""

    @property
    @abstractmethod
    def low(self) -> int:
        """The first offset that is not read yet: of records held back, else the position."""

    @property
    @abstractmethod
    def tallies(self) -> Mapping[str, int]:
        """Steps of log time."""

    @property
    def at_end(self) -> bool:
        """Whether nothing is held back before the end of the log."""
        return self.low == self.position

    @abstractmethod
    def reread(self, low: int) -> Waypoint | None:
        """Where a restart has to read again if it begins at `low`, which never falls; None: not known yet."""

    def reject(self, offset: int, code: str, message: str, record: SourceRecord | None = None) -> None:
        """Reject what came from the record at `offset`."""
        self.rejections += 1
        self.rejected.append(Rejection(offset, code, message, record))


class SourceIntake(Intake):
    """Reads a partition of a source topic. Some records are held back until log time is decided (`logtime`).

    environment: the topic's, if it is mapped to one. guarded: False where the broker sets the timestamps.
    patience_ms: idle time after which records are not held back any longer. reread_ms: how much a restart
    reads again. clock: of the waypoint at `start`.
    """

    def __init__(
        self,
        decoder: SpanDecoder,
        *,
        start: int,
        encoding: str,
        environment: str | None,
        guarded: bool,
        patience_ms: int,
        reread_ms: int = 0,
        clock: tuple[int, ...] = (),
    ) -> None:
        super().__init__(start)
        self._decoder, self._encoding, self._environment = decoder, encoding, environment
        self._clock = LogClock(guarded, clock)
        self._waypoints = Waypoints(Waypoint(start, clock, self._clock.age), reread_ms)
        self._held: deque[tuple[SourceRecord, list[Span]]] = deque()
        self._patience_ms = patience_ms
        self._wrong = WrongClocks()
        self._idle_ms = 0

    def take(self, record: SourceRecord) -> Steps[list[Read]]:
        """Take the next record: what can be folded now, in order."""
        self._held.append((record, (yield from self._spans(record))))
        moments = self._clock.feed(record.timestamp, self._idle_ms)
        self._idle_ms = 0
        self.position = record.offset + 1
        reads = self._reads(moments)
        if not self._held and self._waypoints.is_due(self._clock.age):
            self._waypoints.add(Waypoint(self.position, self._clock.state, self._clock.age))
        return reads

    def idle(self, milliseconds: int) -> list[Read]:
        """A fetch was answered without a record, so long after the answer before it (at most 1 s counts)."""
        self._idle_ms += min(milliseconds, _IDLE_STEP_MS)
        is_due = self._held and self._idle_ms >= self._patience_ms
        return self._reads(self._clock.flush()) if is_due else []

    def flush(self) -> list[Read]:
        """Decide on the records that are held back, with what has been read."""
        return self._reads(self._clock.flush())

    @property
    def log_time(self) -> LogTime | None:
        """Log time in ms, with idle time; None before the first records are decided."""
        now = self._clock.now
        return None if now is None else LogTime(now.log_time + self._idle)

    @property
    def reached(self) -> LogTime | None:
        """Log time of the newest record that is decided, without idle time; None before the first."""
        now = self._clock.now
        return None if now is None else now.log_time

    @property
    def age(self) -> int | None:
        """The age that never decreases, with idle time; None before the first records are decided."""
        now = self._clock.now
        return None if now is None else now.age + self._idle

    @property
    def _idle(self) -> int:
        """Idle time since the last record: none while some are held back, which came before it."""
        return 0 if self._held else self._idle_ms

    def reread(self, low: int) -> Waypoint | None:
        """Where a restart has to read again if it begins at `low`, which never falls."""
        return self._waypoints.before(low)

    @property
    def low(self) -> int:
        """The first offset that is not read yet: of records held back, else the position."""
        return self._held[0][0].offset if self._held else self.position

    @property
    def tallies(self) -> Mapping[str, int]:
        """Steps of log time, timestamps that were left out, and whose clocks are off."""
        clock = self._clock
        return {
            "log_time_forward": clock.forward,
            "log_time_backward": clock.backward,
            "log_time_ignored": clock.ignored,
            **self._wrong.tallies(self.age or clock.age),
        }

    def _reads(self, moments: list[Moment]) -> list[Read]:
        """As many held records as there are moments for them."""
        reads = []
        for moment in moments:
            record, spans = self._held.popleft()
            if spans and (moment.step or abs(moment.off) >= LEAST_MS):
                self._wrong.see(moment, spans[0], host_in(record.value or b""))
            elif not (moment.off or moment.step):
                self._wrong.see_time()
            reads.append(Read(record.offset, moment, spans))
        return reads

    def _spans(self, record: SourceRecord) -> Steps[list[Span]]:
        """Its spans, at once: a record that ends the process is found by what was in hand then (`trials`)."""
        try:
            spans = yield from self._decode(record)
            if all(spans):
                return spans
            raise TypeError("a decoder gave what is no span")
        except UndecodableError as error:
            self.reject(record.offset, error.code, str(error), record)
        except Exception as error:  # noqa: BLE001 - nothing has changed yet
            self.reject(record.offset, DEFECT, defect(error), record)
        return []

    def _decode(self, record: SourceRecord) -> Steps[list[Span]]:
        if record.refused:
            raise UndecodableError(record.refused.message, code=record.refused.code)
        if record.value is None:
            raise UndecodableError("a record without a value", code="tombstone")
        headers = headers_of(record) if record.headers else {}
        if foreign_signal(headers):
            raise UndecodableError("a record of another signal than traces", code=WRONG_SIGNAL)
        environment = self._environment or environment_in(headers)
        return (yield from self._decoder.steps(record.value, self._encoding, environment))
