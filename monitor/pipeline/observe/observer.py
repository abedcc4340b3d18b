"""The observer of one source partition: records in, records of the flows topic out. No I/O, no clock.

`fold` each record in order, `idle` for each fetch that was answered empty, `outgoing` every second, then
`acknowledged` for each record that the flows topic took, and commit `committable`. What it says about the
flows topic is a fact, true whoever says it and however late; why that is enough to count every flow
exactly once stands in ARCHITECTURE.md.

A record may take long. Whoever must not wait takes it (`take`) and works in steps (`work`); between two of
them everything may be asked, and what is said stays true: a record in hand holds the low offset, a group that
is being read counts as open, and log time is that of the last record that is done.
"""

from collections.abc import Iterable, Iterator
from typing import Protocol

from pydantic import BaseModel, ConfigDict

from monitor.base.errors import UndecodableError
from monitor.base.steps import Steps, result_of
from monitor.base.units import LogTime
from monitor.flows.identity import FlowSettings
from monitor.flows.read import Reader
from monitor.flows.record import Source
from monitor.pipeline.defects import DEFECT, HalfFoldedError, defect
from monitor.pipeline.observe.activity import Activity
from monitor.pipeline.observe.counts import ObserverCounts
from monitor.pipeline.observe.intake import Intake, Task
from monitor.pipeline.observe.logtime import Moment
from monitor.pipeline.observe.outbox import Outbox, Outgoing
from monitor.pipeline.observe.records import (
    TOO_LARGE,
    WRONG_SIGNAL,
    Rejection,
    SourceRecord,
    environment_in,
    foreign_signal,
    headers_of,
)
from monitor.traces.assembler import Assembler
from monitor.traces.fragment import Fragment
from monitor.traces.settings import AssemblySettings
from monitor.wire.span import Span

__all__ = ["ObserverSettings", "Outgoing", "Rejection", "SourceObserver", "SourceRecord", "SpanDecoder"]

_DISORDER_MS = 10_000
"""Slack for records whose timestamps are out of order, in what a restart reads again."""


class ObserverSettings(BaseModel):
    """How spans become flows."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    assembly: AssemblySettings = AssemblySettings()
    flows: FlowSettings = FlowSettings()

    @property
    def reread_ms(self) -> int:
        """How much log time before the committed offset a restart reads again (delivery, observer 6)."""
        return self.assembly.max_age_ms + self.assembly.memory_ms + _DISORDER_MS


class SpanDecoder(Protocol):
    """Bytes -> spans; raises UndecodableError."""

    def steps(self, payload: bytes, encoding: str, environment: str | None) -> Steps[list[Span]]:
        """The spans of one record, step by step."""


class SourceObserver:
    """Folds one source partition, from the offset `start` on.

    targets: partitions of the flows topic. fresh: what lies before `start` was never observed (first
    start, hole, new incarnation), so that groups without a root may be cut off there: for the first
    `max_age` they are counted as cut, and are no flows. environment: the topic's, if it is mapped to one.
    guarded: False where the broker sets the timestamps. `rejected`: what gave no spans; each holds the low
    offset until the caller has reported it, in a dead letter if need be, and takes it out.
    """

    def __init__(  # noqa: PLR0913 - called by keyword, where a partition is opened
        self,
        source: Source,
        decoder: SpanDecoder,
        settings: ObserverSettings,
        *,
        start: int,
        targets: int,
        fresh: bool,
        encoding: str,
        environment: str | None = None,
        guarded: bool = True,
    ) -> None:
        self.source = source
        self.rejected: list[Rejection] = []
        self._decoder = decoder
        self._encoding = encoding
        self._environment = environment
        self._settings = settings
        self._assembler = Assembler(settings.assembly)
        self._reader = Reader(settings.flows, settings.assembly.orphan_wait_ms)
        self._intake = Intake(start, guarded, settings.assembly.quiet_gap_ms)
        self._outbox = Outbox(targets, start)
        self._activity = Activity(settings.assembly.max_age_ms)
        self._working: Iterator[None] | None = None
        self._fresh = fresh
        self._cut_until: int | None = None
        self._counts = ObserverCounts(self._assembler.tally, self._reader.tally, self._intake.clock)

    @property
    def position(self) -> int:
        """The next offset to read."""
        return self._intake.position

    @property
    def log_time(self) -> LogTime | None:
        """Log time of the partition in ms, with idle time; None before the first record is done."""
        return self._intake.log_time

    @property
    def open_fragments(self) -> int:
        """How many fragments wait for more spans."""
        return len(self._assembler)

    @property
    def oldest(self) -> LogTime | None:
        """Log time at which the oldest open fragment began; None if none is open."""
        return min((fragment.began for fragment in self._assembler.open_fragments), default=None)

    @property
    def low(self) -> int:
        """The smallest offset still needed: of open fragments, rejections, records that are not done."""
        return min([self._low_beside, *(fragment.offset for fragment in self._assembler.open_fragments)])

    @property
    def _low_beside(self) -> int:
        """The same without open fragments."""
        rejected = (rejection.offset for rejection in self.rejected)
        return min([*self._intake.offsets, *rejected], default=self.position)

    @property
    def committable(self) -> int | None:
        """The offset to commit: everything below it is safely out. None until all targets have it."""
        return self._outbox.committable

    @property
    def flows(self) -> int:
        """How many flows closed since this observer began; asked after each fetch."""
        return self._counts.flows

    @property
    def tallies(self) -> dict[str, int]:
        """What was counted since this observer began."""
        return self._counts.tallies(self._activity.runs_over)

    @property
    def anomalies(self) -> dict[str, int]:
        """How traces were broken, by name: see `counts`."""
        return self._counts.anomalies()

    def fold(self, record: SourceRecord) -> None:
        """Take the next record and do all that is to be done."""
        self.take(record)
        self._work_on()

    def take(self, record: SourceRecord) -> None:
        """Take the next record; `work` folds it. Up to four may be held back until log time is decided."""
        self._intake.take(record)

    def idle(self, milliseconds: int) -> None:
        """A fetch was answered without a record, so long after the answer before it (at most 1 s counts)."""
        self.wait(milliseconds)
        self._work_on()

    def wait(self, milliseconds: int) -> None:
        """Take note of such an answer; `work` closes what is due then."""
        self._intake.wait(milliseconds)

    def work(self) -> Iterator[None]:
        """Do what was taken, in steps; whoever leaves off goes on there at the next call."""
        while self._intake.tasks:
            if self._working is None:
                self._working = self._do(self._intake.tasks[0])
            for _ in self._working:
                yield
            self._working = None
            self._intake.done()

    def _work_on(self) -> None:
        for _ in self.work():
            pass

    def close_all(self) -> None:
        """The input has ended: decide what is held back, and close every fragment."""
        self._intake.flush()
        self._work_on()
        for _ in self._emit(self._assembler.close_all()):
            pass

    def outgoing(self, at_end: bool, partitions: int, heartbeat: bool) -> list[Outgoing]:
        """Records to send now, in order for each target."""
        return result_of(self.publishing(at_end, partitions, heartbeat))

    def publishing(self, at_end: bool, partitions: int, heartbeat: bool) -> Steps[list[Outgoing]]:
        """The same step by step, of which all are taken, and what is sent then is true as well.

        at_end: nothing is left to read. partitions: of the source topic. heartbeat: to every target, rows
        or not. Call again only when the sending has ended: what is not acknowledged then comes again.
        An empty partition sends a header, too, with log time 0: otherwise it would hold the clocks.
        """
        log_time = self.log_time or LogTime(0)
        all_hear = heartbeat and not self._outbox.waits
        is_done = self._intake.is_empty
        open_now = list(self._assembler.open_fragments)
        header = yield from self._activity.header(
            self.source,
            partitions,
            self._low_beside,
            log_time,
            at_end and is_done,
            open_now,
            self.tallies,
        )
        outgoing = yield from self._outbox.take(header, heartbeat)
        if all_hear:
            self._activity.forget(log_time)
        return outgoing

    def acknowledged(self, target: int) -> None:
        """The flows topic took the first unacknowledged record of `target`."""
        self._outbox.acknowledged(target)

    def too_large(self, target: int) -> None:
        """The flows topic refuses the first unacknowledged record of `target` for its size."""
        for flow in self._outbox.split(target):
            message = f"a flow of {len(flow.shape)} calls is larger than the flows topic takes in one record"
            self._reject(flow.offset, TOO_LARGE, message)

    def _do(self, task: Task) -> Iterator[None]:
        """Fold a record, or close what is due. Here ends what any record can do."""
        record, moment = task
        if record is None:
            yield from self._emit(self._assembler.advance(moment.age))
            return
        spans: list[Span] = []
        try:
            spans = yield from self._decode(record)
        except UndecodableError as error:
            self._reject(record.offset, error.code, str(error), record)
        except Exception as error:  # noqa: BLE001 - nothing has changed yet
            self._reject(record.offset, DEFECT, defect(error), record)
        try:
            yield from self._fold(record, moment, spans)
        except Exception as error:
            raise HalfFoldedError(record.offset, error) from error

    def _fold(self, record: SourceRecord, moment: Moment, spans: list[Span]) -> Iterator[None]:
        if self._fresh and self._cut_until is None:
            self._cut_until = moment.age + self._settings.assembly.max_age_ms
        yield from self._emit(self._assembler.advance(moment.age))
        if spans:
            yield from self._emit(self._assembler.add(spans, record.offset, moment.age, moment.log_time))

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

    def _reject(self, offset: int, code: str, message: str, record: SourceRecord | None = None) -> None:
        self._counts.rejected += 1
        self.rejected.append(Rejection(offset, code, message, record))

    def _emit(self, fragments: Iterable[Fragment | None]) -> Iterator[None]:
        """Read closed fragments and queue their rows; what the start may have cut off is only counted."""
        for fragment in fragments:
            yield
            if fragment is None:
                continue
            if fragment.missing and self._cut_until is not None and fragment.first < self._cut_until:
                self._counts.cut += 1
                continue
            try:
                rows = yield from self._reader.steps(fragment)
            except Exception as error:  # noqa: BLE001 - a fragment is read alone: no other one is touched
                self._reject(fragment.offset, DEFECT, defect(error))
                continue
            self._counts.note(fragment, rows)
            self._activity.note(fragment, rows)
            self._outbox.put(rows)
