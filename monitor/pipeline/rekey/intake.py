"""How an observer reads the rekeyed topic: every span once, in the order of log time, whatever its source."""

from collections import deque
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from heapq import heappop, heappush
from typing import NamedTuple

from monitor.base.errors import UndecodableError
from monitor.base.steps import Steps
from monitor.base.units import LogTime
from monitor.flows.record import Source
from monitor.pipeline.defects import DEFECT, defect
from monitor.pipeline.observe.intake import Intake, Read
from monitor.pipeline.observe.logtime import Moment
from monitor.pipeline.observe.records import SourceRecord
from monitor.pipeline.observe.waypoints import Waypoint
from monitor.pipeline.rekey.common_clock import CommonClock
from monitor.pipeline.rekey.record import Rekeyed, RekeyedDecoder, Word
from monitor.wire.span import Span

_MARK_MS = 1_000
_MOST_SILENT = 50
"""Sources that a waypoint remembers: it stands beside a committed offset, in at most 4,096 bytes."""


class _Held(NamedTuple):
    """Spans that are folded when the common clock reaches the log time of their source."""

    log_time: LogTime
    offset: int
    spans: list[Span]
    cut: bool


class _Mark(NamedTuple):
    """When the record at `offset` came; low: the first offset not folded then; reached: of sources, then."""

    age: int
    offset: int
    low: int
    reached: tuple[int, ...]


class _Due(NamedTuple):
    """The next offset and part to come of a source; said_at: the offset of the record that said so."""

    offset: int
    part: int
    said_at: int


_NOTHING = _Due(0, 0, -1)


class RekeyedIntake(Intake):
    """Reads one partition of the rekeyed topic.

    Sources are read at different speeds, so spans are held back until the common clock is where their source
    was, and then folded in its order, as if they had been written to one partition.

    A worker that starts again sends again what it had sent since its last commit, in the same order. So a
    record is a repetition if its source offset, with its part, was reached before: it is passed.

    held: what is held back, as a heap. reread_ms: how much log time before the low offset a restart reads
    again. The offset is found by marks, since timestamps in this log say nothing about its order. reached: of
    the waypoint at `start`, how far the sources were that said nothing behind it (`_reached`).
    """

    def __init__(
        self, start: int, decoder: RekeyedDecoder, reread_ms: int, reached: Sequence[int] = ()
    ) -> None:
        super().__init__(start)
        self.clock = CommonClock()
        self.repeated = 0
        self._decoder, self._reread_ms = decoder, reread_ms
        self._due: dict[int, _Due] = {
            key: _Due(offset, part, -1) for key, offset, part in zip(*[iter(reached)] * 3, strict=False)
        }
        self._keys: dict[Source, int] = {}
        self._begin = Waypoint(start, tuple(reached)) if reached else None
        self.held: list[_Held] = []
        self._offsets: dict[int, None] = {}
        self._age: int | None = None
        self._marks: deque[_Mark] = deque()

    def take(self, record: SourceRecord) -> Steps[list[Read]]:
        """Take the next record: what can be folded now, in order."""
        self.position = record.offset + 1
        try:
            word, spans = self._decoded(record)
        except UndecodableError as error:
            self.reject(record.offset, error.code, str(error), record)
            return []
        except Exception as error:  # noqa: BLE001 - nothing has changed yet
            self.reject(record.offset, DEFECT, defect(error), record)
            return []
        if self._is_repeated(record.offset, word, bool(spans)):
            self.repeated += 1
            return []
        self.clock.listen(word, heartbeat=not spans)
        if spans:
            heappush(self.held, _Held(word.log_time, record.offset, spans, word.cut))
            self._offsets[record.offset] = None
        yield
        return [] if self.clock.now is None else self._reads(record.offset, self.clock.now)

    def idle(self, milliseconds: int) -> list[Read]:  # noqa: ARG002
        """Nothing: while no worker speaks, nobody knows whether the sources are idle."""
        return []

    def flush(self) -> list[Read]:
        """The input has ended: what was held back."""
        if not self.held:
            return []
        last = max(self.held)
        now = self.clock.now or Moment(last.log_time, last.log_time)
        return self._reads(last.offset, Moment(last.log_time, now.age + last.log_time - now.log_time))

    @property
    def log_time(self) -> LogTime | None:
        """Log time in ms; None before the first."""
        return self.clock.now and self.clock.now.log_time

    @property
    def age(self) -> int | None:
        """The age that never decreases; None before the first moment."""
        return self._age

    @property
    def low(self) -> int:
        """The first offset that is not folded yet: of spans held back, else the position."""
        return next(iter(self._offsets), self.position)

    @property
    def at_end(self) -> bool:
        """Whether nothing is held back, and the sources are at their end as well."""
        return not self.held and self.clock.at_end

    @property
    def tallies(self) -> Mapping[str, int]:
        """Steps of log time; those forward are counted where the sources are read."""
        return {"log_time_forward": 0, "log_time_backward": self.clock.backward, "log_time_ignored": 0}

    def reread(self, low: int) -> Waypoint | None:
        """Where a restart has to read again if it begins at `low`, which never falls; None: not known yet."""
        marks = self._marks
        then = max((mark.age for mark in marks if mark.offset <= low), default=0)
        while len(marks) > 1 and marks[1].age <= then - self._reread_ms:
            marks.popleft()
        return Waypoint(marks[0].low, marks[0].reached) if marks else self._begin

    def _reached(self, begin: int) -> tuple[int, ...]:
        """How far each source is that said nothing from the offset `begin` on: key, offset and part of each.

        A restart there would not know them again, if their worker sent once more what it had sent.
        """
        silent = [(key, due.offset, due.part) for key, due in self._due.items() if due.said_at < begin]
        return tuple([number for each in silent[-_MOST_SILENT:] for number in each])

    def _decoded(self, record: SourceRecord) -> Rekeyed:
        if record.refused:
            raise UndecodableError(record.refused.message, code=record.refused.code)
        if record.value is None:
            raise UndecodableError("a record without a value", code="tombstone")
        return self._decoder.decode(record.value)

    def _is_repeated(self, offset: int, word: Word, has_spans: bool) -> bool:
        """Whether all that the record at `offset` says was said before; takes note of it otherwise."""
        key = self._keys.get(word.source)
        if key is None:
            key = self._keys[word.source] = _key(word.source)
        due = self._due.pop(key, _NOTHING)
        is_repeated = (word.offset, word.part) < due[:2]
        self._due[key] = due if is_repeated else _Due(word.offset, word.part + has_spans, offset)
        return is_repeated

    def _reads(self, offset: int, now: Moment) -> list[Read]:
        """What the common clock has reached, each at the age of its own log time; at last the clock alone."""
        if not self._marks or now.age >= self._marks[-1].age + _MARK_MS:
            low = min(offset, self.low)
            self._marks.append(_Mark(now.age, offset, low, self._reached(low)))
        reads = []
        while self.held and self.held[0].log_time <= now.log_time:
            held = heappop(self.held)
            del self._offsets[held.offset]
            reads.append(Read(held.offset, self._moment(now, held.log_time), held.spans, held.cut))
        return [*reads, Read(offset, self._moment(now, now.log_time), [])]

    def _moment(self, now: Moment, log_time: LogTime) -> Moment:
        """The moment of a log time that `now` has passed; one that was passed before is late."""
        age = now.age - (now.log_time - log_time)
        self._age = age = age if self._age is None else max(self._age, age)
        return Moment(LogTime(now.log_time - (now.age - age)), age)


def _key(source: Source) -> int:
    """A number that stands for a source: 52 bits, as what stands beside a committed offset is short."""
    return int.from_bytes(blake2b(repr(tuple(source)).encode(), digest_size=8).digest()) >> 12
