"""How an observer reads the rekeyed topic: every span once, at the common log time of all sources."""

from collections import deque
from collections.abc import Mapping

from monitor.base.errors import UndecodableError
from monitor.base.units import LogTime
from monitor.flows.record import Source
from monitor.pipeline.defects import DEFECT, defect
from monitor.pipeline.observe.intake import Intake, Read
from monitor.pipeline.observe.records import SourceRecord
from monitor.pipeline.rekey.common_clock import CommonClock
from monitor.pipeline.rekey.record import Rekeyed, RekeyedDecoder, Word

_MARK_MS = 1_000


class RekeyedIntake(Intake):
    """Reads one partition of the rekeyed topic.

    A worker that starts again sends again what it had sent since its last commit, in the same order. So a
    record is a repetition if its source offset, with its part, was reached before: it is passed.

    reread_ms: how much log time before the low offset a restart reads again. Records are dated by the common
    clock, so a restart finds the offset in a trail of (age, offset), and not by timestamps.
    """

    def __init__(self, start: int, decoder: RekeyedDecoder, reread_ms: int) -> None:
        super().__init__(start)
        self.clock = CommonClock()
        self.repeated = 0
        self._decoder, self._reread_ms = decoder, reread_ms
        self._due: dict[Source, tuple[int, int]] = {}
        self._trail: deque[tuple[int, int]] = deque()

    def take(self, record: SourceRecord) -> list[Read]:
        """Take the next record: its spans, unless it is a repetition."""
        self.position = record.offset + 1
        try:
            word, spans = self._decoded(record)
        except UndecodableError as error:
            self.reject(record.offset, error.code, str(error), record)
            return []
        except Exception as error:  # noqa: BLE001 - nothing has changed yet
            self.reject(record.offset, DEFECT, defect(error), record)
            return []
        if self._is_repeated(word, bool(spans)):
            self.repeated += 1
            return []
        moment = self.clock.hear(word, heartbeat=not spans)
        self._mark(record.offset, moment.age)
        return [Read(record.offset, moment, spans, word.cut)]

    def idle(self, milliseconds: int) -> list[Read]:  # noqa: ARG002
        """Nothing: while no worker speaks, nobody knows whether the sources are idle."""
        return []

    def flush(self) -> list[Read]:
        """Nothing is held back."""
        return []

    @property
    def log_time(self) -> LogTime | None:
        """Log time in ms; None before the first."""
        return self.clock.now and self.clock.now.log_time

    @property
    def age(self) -> int | None:
        """The age that never decreases; None before the first moment."""
        return self.clock.now and self.clock.now.age

    @property
    def low(self) -> int:
        """The position: nothing is held back."""
        return self.position

    @property
    def at_end(self) -> bool:
        """Whether the sources are at their end as well."""
        return self.clock.at_end

    @property
    def tallies(self) -> Mapping[str, int]:
        """Steps of log time; those forward are counted where the sources are read."""
        return {"log_time_forward": 0, "log_time_backward": self.clock.backward, "log_time_ignored": 0}

    def reread(self, low: int) -> int | None:
        """Where a restart has to read again if it begins at `low`, which never falls; None: not known yet."""
        trail = self._trail
        then = max((age for age, offset in trail if offset <= low), default=0)
        while len(trail) > 1 and trail[1][0] <= then - self._reread_ms:
            trail.popleft()
        return trail[0][1] if trail else None

    def _decoded(self, record: SourceRecord) -> Rekeyed:
        if record.refused:
            raise UndecodableError(record.refused.message, code=record.refused.code)
        if record.value is None:
            raise UndecodableError("a record without a value", code="tombstone")
        return self._decoder.decode(record.value)

    def _is_repeated(self, word: Word, has_spans: bool) -> bool:
        """Whether all that the record says was said before; takes note of it otherwise."""
        place, due = (word.offset, word.part), self._due.get(word.source, (0, 0))
        if place < due:
            return True
        self._due[word.source] = (word.offset, word.part + 1) if has_spans else place
        return False

    def _mark(self, offset: int, age: int) -> None:
        """Note how old the log is at an offset, once a second of log time."""
        trail = self._trail
        if not trail or age >= trail[-1][0] + _MARK_MS:
            trail.append((age, offset))
