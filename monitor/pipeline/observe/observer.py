"""The observer of one source partition: records in, records of the flows topic out. No I/O, no clock.

`fold` each record in order, `idle` for each fetch that was answered empty, `outgoing` every second, then
`acknowledged` for each record that the flows topic took, and commit `committable`. What it says about the
flows topic is a fact, true whoever says it and however late; why that is enough to count every flow
exactly once stands in ARCHITECTURE.md.
"""

from collections import deque
from typing import Protocol

from pydantic import BaseModel, ConfigDict

from monitor.base.errors import UndecodableError
from monitor.base.units import LogTime
from monitor.flows.flow import Flaw, Flow
from monitor.flows.identity import FlowSettings
from monitor.flows.read import Reader
from monitor.flows.record import Source
from monitor.pipeline.defects import DEFECT, HalfFoldedError, defect
from monitor.pipeline.observe.activity import Activity
from monitor.pipeline.observe.logtime import LogClock, Moment
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
from monitor.pipeline.observe.waypoints import Waypoint, Waypoints
from monitor.traces.assembler import Assembler
from monitor.traces.fragment import Fragment
from monitor.traces.settings import AssemblySettings
from monitor.wire.span import Span

__all__ = ["ObserverSettings", "Outgoing", "Rejection", "SourceObserver", "SourceRecord", "SpanDecoder"]

_IDLE_STEP_MS = 1_000
"""One empty fetch lets at most so much idle time pass: an outage or a stopped process closes nothing."""
_DISORDER_MS = 10_000
"""Slack for records whose timestamps are out of order, in what a restart reads again."""
_FLAWS = {"orphaned": Flaw.ORPHANED, "truncated": Flaw.TRUNCATED, "split": Flaw.SPLIT, "cyclic": Flaw.CYCLIC}
BROKEN_SPANS = ("conflicting_copy", "shared_id")
"""Anomalies that are counted in spans; the decoder counts others."""
BROKEN_GROUPS = ("several_roots", "missing_parent", "unfinished", *_FLAWS, "inner_left_out")
"""Anomalies that are counted in groups of spans: a group may have several."""


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

    def decode(self, payload: bytes, encoding: str, environment: str | None) -> list[Span]:
        """Return the spans of one record."""


class SourceObserver:
    """Folds one source partition, from the offset `start` on.

    targets: partitions of the flows topic. fresh: what lies before `start` was never observed (first
    start, hole, new incarnation), so that groups without a root may be cut off there: for the first
    `max_age` they are counted as cut, and are no flows. environment: the topic's, if it is mapped to one.
    guarded: False where the broker sets the timestamps. clock: of the waypoint at `start`. `rejected`: what gave no spans; each holds the low
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
        clock: tuple[int, ...] = (),
    ) -> None:
        self.source = source
        self.position = start
        self.rejected: list[Rejection] = []
        self._decoder = decoder
        self._encoding = encoding
        self._environment = environment
        self._settings = settings
        self._assembler = Assembler(settings.assembly)
        self._reader = Reader(settings.flows, settings.assembly.orphan_wait_ms)
        self._clock = LogClock(guarded, clock)
        self._waypoints = Waypoints(Waypoint(start, self._clock.age, clock), settings.reread_ms)
        self._outbox = Outbox(targets, start)
        self._activity = Activity(settings.assembly.max_age_ms)
        self._held: deque[SourceRecord] = deque()
        self._idle_ms = 0
        self._fresh = fresh
        self._cut_until: int | None = None
        self._counts = dict.fromkeys(("flows", "incomplete", "unfinished", "cut", "rejected"), 0)
        self._broken = dict.fromkeys(("missing_parent", *_FLAWS), 0)

    @property
    def log_time(self) -> LogTime | None:
        """Log time of the partition in ms, with idle time; None before the first records are decided."""
        now = self._clock.now
        return None if now is None else LogTime(now.log_time + self._idle_ms)

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
        """The smallest offset still needed: of open fragments, rejections, records held back."""
        firsts = [fragment.offset for fragment in self._assembler.open_fragments]
        firsts += [rejection.offset for rejection in self.rejected]
        if self._held:
            firsts.append(self._held[0].offset)
        return min(firsts, default=self.position)

    @property
    def committable(self) -> int | None:
        """The offset to commit: everything below it is safely out. None until all targets have it."""
        return self._outbox.committable

    def waypoint(self, low: int) -> Waypoint:
        """Where a restart begins to read when `low`, which never decreases, is committed."""
        return self._waypoints.before(low)

    @property
    def flows(self) -> int:
        """How many flows closed since this observer began; asked after each fetch."""
        return self._counts["flows"]

    @property
    def tallies(self) -> dict[str, int]:
        """What was counted since this observer began."""
        tally = self._assembler.tally
        return {
            "spans": tally.spans,
            "traces": tally.traces,
            "late": tally.late,
            "duplicates": tally.duplicates,
            **self._counts,
            "runs_over": self._activity.runs_over,
            "ignored": self._reader.tally.ignored.total,
            "log_time_forward": self._clock.forward,
            "log_time_backward": self._clock.backward,
            "log_time_ignored": self._clock.ignored,
            **tally.late_of,
            **self._reader.tally.ignored.tallies(),
        }

    @property
    def anomalies(self) -> dict[str, int]:
        """How traces were broken, by name: see `BROKEN_SPANS` and `BROKEN_GROUPS`."""
        assembled, read = self._assembler.tally, self._reader.tally
        return {
            "conflicting_copy": assembled.conflicts,
            "shared_id": assembled.shared,
            "several_roots": assembled.roots,
            "inner_left_out": read.inner,
            "unfinished": self._counts["unfinished"],
            **self._broken,
        }

    def fold(self, record: SourceRecord) -> None:
        """Take the next record. Up to four records may be held back until log time is decided."""
        self._held.append(record)
        moments = self._clock.feed(record.timestamp, self._idle_ms)
        self._idle_ms = 0
        self.position = record.offset + 1
        self._apply(moments)
        if moments and self._waypoints.due(moments[-1].age) and not self._held:
            self._waypoints.add(Waypoint(self.position, moments[-1].age, self._clock.state))

    def idle(self, milliseconds: int) -> None:
        """A fetch was answered without a record, so long after the answer before it (at most 1 s counts)."""
        self._idle_ms += min(milliseconds, _IDLE_STEP_MS)
        if self._held:
            if self._idle_ms < self._settings.assembly.quiet_gap_ms:
                return  # they came before the idle time, which must not close what their spans belong to
            self._apply(self._clock.flush())
        now = self._clock.now
        if now is not None:
            self._emit(self._assembler.advance(now.age + self._idle_ms))

    def close_all(self) -> None:
        """The input has ended: decide what is held back, and close every fragment."""
        self._apply(self._clock.flush())
        self._emit(self._assembler.close_all())

    def outgoing(self, at_end: bool, partitions: int, heartbeat: bool) -> list[Outgoing]:
        """Records to send now, in order for each target.

        at_end: nothing is left to read. partitions: of the source topic. heartbeat: to every target, rows
        or not. Call again only when the sending has ended: what is not acknowledged then comes again.
        An empty partition sends a header, too, with log time 0: otherwise it would hold the clocks.
        """
        log_time = self.log_time or LogTime(0)
        all_hear = heartbeat and not self._outbox.waits
        header = self._activity.header(
            self.source,
            partitions,
            self.low,
            log_time,
            at_end and not self._held,
            self._assembler.open_fragments,
            self.tallies,
        )
        if all_hear:
            self._activity.forget(log_time)
        return self._outbox.take(header, heartbeat)

    def acknowledged(self, target: int) -> None:
        """The flows topic took the first unacknowledged record of `target`."""
        self._outbox.acknowledged(target)

    def too_large(self, target: int) -> None:
        """The flows topic refuses the first unacknowledged record of `target` for its size."""
        for flow in self._outbox.split(target):
            message = f"a flow of {len(flow.shape)} calls is larger than the flows topic takes in one record"
            self._reject(flow.offset, TOO_LARGE, message)

    def _apply(self, moments: list[Moment]) -> None:
        """Fold as many held records as there are moments for them. Here ends what any record can do."""
        for moment in moments:
            record = self._held.popleft()
            spans: list[Span] = []
            try:
                spans = self._decode(record)
            except UndecodableError as error:
                self._reject(record.offset, error.code, str(error), record)
            except Exception as error:  # noqa: BLE001 - nothing has changed yet
                self._reject(record.offset, DEFECT, defect(error), record)
            try:
                self._take(record, moment, spans)
            except Exception as error:
                raise HalfFoldedError(record.offset, error) from error

    def _take(self, record: SourceRecord, moment: Moment, spans: list[Span]) -> None:
        if self._fresh and self._cut_until is None:
            self._cut_until = moment.age + self._settings.assembly.max_age_ms
        self._emit(self._assembler.advance(moment.age))
        if spans:
            self._emit(self._assembler.add(spans, record.offset, moment.age, moment.log_time))

    def _decode(self, record: SourceRecord) -> list[Span]:
        if record.refused:
            raise UndecodableError(record.refused.message, code=record.refused.code)
        if record.value is None:
            raise UndecodableError("a record without a value", code="tombstone")
        headers = headers_of(record) if record.headers else {}
        if foreign_signal(headers):
            raise UndecodableError("a record of another signal than traces", code=WRONG_SIGNAL)
        environment = self._environment or environment_in(headers)
        return self._decoder.decode(record.value, self._encoding, environment)

    def _reject(self, offset: int, code: str, message: str, record: SourceRecord | None = None) -> None:
        self._counts["rejected"] += 1
        self.rejected.append(Rejection(offset, code, message, record))

    def _emit(self, fragments: list[Fragment]) -> None:
        """Read closed fragments and queue their rows; what the start may have cut off is only counted."""
        for fragment in fragments:
            if fragment.missing and self._cut_until is not None and fragment.first < self._cut_until:
                self._counts["cut"] += 1
                continue
            try:
                rows = self._reader.read(fragment)
            except Exception as error:  # noqa: BLE001 - a fragment is read alone: no other one is touched
                self._reject(fragment.offset, DEFECT, defect(error))
                continue
            self._count(fragment, rows)
            self._activity.note(fragment, rows)
            self._outbox.put(rows)

    def _count(self, fragment: Fragment, rows: list[Flow]) -> None:
        """Count a fragment and its rows: flows, those of them that are incomplete, and what is no flow."""
        flaws = [row.flaws for row in rows if not row.is_unfinished]
        self._counts["flows"] += len(flaws)
        self._counts["incomplete"] += sum(each != Flaw.NONE for each in flaws)
        self._counts["unfinished"] += len(rows) - len(flaws)
        self._broken["missing_parent"] += bool(fragment.missing)
        if flaws and flaws[0]:
            for name, flaw in _FLAWS.items():
                self._broken[name] += flaw in flaws[0]
