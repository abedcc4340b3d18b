"""The observer of one source partition: records in, records of the flows topic out. No I/O, no clock.

`fold` each record in order, `idle` for each fetch that was answered empty, `outgoing` every second, then
`acknowledged` for each record that the flows topic took, and commit `committable`. What it says about the
flows topic is a fact, true whoever says it and however late; why that is enough to count every flow
exactly once stands in ARCHITECTURE.md.

Whoever must not wait takes all of this in steps (`folding`, `idling`, `publishing`). Between two of them
everything may be asked and sent, and is true: a record in hand holds the low offset and log time, a group
that is being read counts as open.
"""

from collections import deque
from collections.abc import Iterable

from pydantic import BaseModel, ConfigDict

from monitor.base.steps import Steps, result_of
from monitor.base.units import LogTime
from monitor.flows.flow import WHOLE, Flaw, Flow
from monitor.flows.identity import FlowSettings
from monitor.flows.read import Reader
from monitor.flows.record import Source
from monitor.pipeline.defects import DEFECT, HalfFoldedError, defect, laid_on
from monitor.pipeline.observe.activity import Activity
from monitor.pipeline.observe.intake import Intake, Read, SourceIntake, SpanDecoder
from monitor.pipeline.observe.outbox import Outbox, Outgoing
from monitor.pipeline.observe.partition_fold import PartitionFold
from monitor.pipeline.observe.records import TOO_LARGE, Rejection, SourceRecord
from monitor.traces.assembler import Assembler
from monitor.traces.fragment import Fragment
from monitor.traces.settings import AssemblySettings

__all__ = ["ObserverSettings", "Outgoing", "Rejection", "SourceObserver", "SourceRecord", "SpanDecoder"]

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


class SourceObserver(PartitionFold):
    """Folds one source partition, from the offset `start` on.

    targets: partitions of the flows topic. fresh: what lies before `start` was never observed (first
    start, hole, new incarnation), so that groups without a root may be cut off there: for the first
    `max_age` they are counted as cut, and are no flows. environment: the topic's, if it is mapped to one.
    guarded: False where the broker sets the timestamps. clock: of the waypoint at `start`. intake: reads
    records that are not those of a source topic. `rejected`: what gave no spans; each holds the low offset
    until the caller has reported it, in a dead letter if need be, and takes it out.
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
        encoding: str = "",
        environment: str | None = None,
        guarded: bool = True,
        clock: tuple[int, ...] = (),
        intake: Intake | None = None,
    ) -> None:
        reads = intake or SourceIntake(
            decoder,
            start=start,
            encoding=encoding,
            environment=environment,
            guarded=guarded,
            patience_ms=settings.assembly.quiet_gap_ms,
            reread_ms=settings.reread_ms,
            clock=clock,
        )
        super().__init__(reads)
        self.source = source
        self._max_age_ms = settings.assembly.max_age_ms
        self._assembler = Assembler(settings.assembly)
        self._reader = Reader(settings.flows, settings.assembly.orphan_wait_ms)
        self._outbox = Outbox(targets, start)
        self._activity = Activity(settings.assembly.max_age_ms)
        self._fresh = fresh
        self._cut_until: int | None = None
        self._counts = dict.fromkeys(("flows", "incomplete", "unfinished", "cut"), 0)
        self._broken = dict.fromkeys(("missing_parent", *_FLAWS), 0)

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
        fragments = (fragment.offset for fragment in self._assembler.open_fragments)
        return min((self._low_beside, *fragments))

    @property
    def _low_beside(self) -> int:
        """The same without open fragments."""
        return min((self._intake.standing.low, *(each.offset for each in self.rejected)))

    @property
    def committable(self) -> int | None:
        """The offset to commit: everything below it is safely out. None until all targets have it."""
        return self._outbox.committable

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
            "rejected": self._intake.rejections,
            "runs_over": self._activity.runs_over,
            "ignored": self._reader.tally.ignored.total,
            **self._intake.tallies,
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

    def idling(self, milliseconds: int) -> Steps[None]:
        """As of any partition; what fails meanwhile is laid on the record at the low offset."""
        with laid_on(lambda: self.low):
            yield from super().idling(milliseconds)

    def _age(self) -> Steps[None]:
        age = self._intake.age
        if age is not None:
            yield from self._emit(self._assembler.advance(age))

    def close_all(self) -> None:
        """The input has ended: decide what is held back, and close every fragment."""
        deque(self._fold(self._intake.flush()), maxlen=0)
        deque(self._emit(self._assembler.close_all()), maxlen=0)

    def outgoing(self, at_end: bool, partitions: int, heartbeat: bool) -> list[Outgoing]:
        """Records to send now, in order for each target."""
        return result_of(self.publishing(at_end, partitions, heartbeat))

    def publishing(self, at_end: bool, partitions: int, heartbeat: bool) -> Steps[list[Outgoing]]:
        """Records to send now, in order for each target.

        at_end: nothing is left to read. partitions: of the source topic. heartbeat: to every target, rows
        or not. Call again only when the sending has ended: what is not acknowledged then comes again.
        An empty partition sends a header, too, with log time 0: otherwise it would hold the clocks.
        """
        with laid_on(lambda: self.low):
            return (yield from self._outgoing(at_end, partitions, heartbeat))

    def _outgoing(self, at_end: bool, partitions: int, heartbeat: bool) -> Steps[list[Outgoing]]:
        log_time = self.log_time or LogTime(0)
        all_hear = heartbeat and not self._outbox.waits
        is_at_end = at_end and self._intake.standing.at_end
        low, fragments = self._low_beside, list(self._assembler.open_fragments)
        header = yield from self._activity.header(
            self.source, partitions, low, log_time, is_at_end, fragments, self.tallies
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
            self._intake.reject(flow.offset, TOO_LARGE, message)

    def _fold(self, reads: list[Read]) -> Steps[None]:
        for read in reads:
            try:
                yield from self._take(read)
            except Exception as error:
                raise HalfFoldedError(read.offset, error) from error

    def _take(self, read: Read) -> Steps[None]:
        age = read.moment.age
        if self._fresh and self._cut_until is None:
            self._cut_until = age + self._max_age_ms
        if read.cut:
            self._cut_until = max(self._cut_until or 0, age + 1)
        yield from self._emit(self._assembler.advance(age))
        if read.spans:
            yield from self._emit(self._assembler.add(read.spans, read.offset, age, read.moment.log_time))

    def _emit(self, fragments: Iterable[Fragment | None]) -> Steps[None]:
        """Read closed fragments and queue their rows; what the start may have cut off is only counted."""
        for fragment in fragments:
            yield
            if fragment is None:
                continue
            if fragment.missing and self._cut_until is not None and fragment.first < self._cut_until:
                self._counts["cut"] += 1
                continue
            try:
                rows = yield from self._reader.steps(fragment)
            except Exception as error:  # noqa: BLE001 - a fragment is read alone: no other one is touched
                self._intake.reject(fragment.offset, DEFECT, defect(error))
                continue
            self._count(fragment, rows)
            self._activity.note(fragment, rows)
            self._outbox.put(rows)

    def _count(self, fragment: Fragment, rows: list[Flow]) -> None:
        """Count a fragment and its rows: flows, those of them that are incomplete, and what is no flow."""
        flaws = [row.flaws for row in rows if not row.is_unfinished]
        self._counts["flows"] += len(flaws)
        self._counts["incomplete"] += sum([each is not WHOLE for each in flaws])
        self._counts["unfinished"] += len(rows) - len(flaws)
        self._broken["missing_parent"] += bool(fragment.missing)
        if flaws and flaws[0]:
            for name, flaw in _FLAWS.items():
                self._broken[name] += flaw in flaws[0]
