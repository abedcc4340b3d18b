"""A world for the rekey stage: sources whose spans lie anywhere, workers that crash, observers behind them.

Time is a number that the world moves on; everything else is decided by one seeded generator. The same spans,
keyed by their trace ids, are folded without the stage, for comparison.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import NamedTuple

from monitor.base.units import LogTime
from monitor.flows.flow import Flow
from monitor.flows.record import Source
from monitor.pipeline.observe.intake import SourceIntake
from monitor.pipeline.observe.observer import ObserverSettings, SourceObserver, SourceRecord
from monitor.pipeline.observe.waypoints import Waypoint
from monitor.pipeline.rekey.intake import RekeyedIntake
from monitor.pipeline.rekey.record import Encoder, RekeyedDecoder
from monitor.pipeline.rekey.rekeyer import Rekeyer, target_of
from monitor.wire.span import Kind, Span
from tests.factories import span
from tests.laws.delivery_world import KINDS, Auditor, Scheduled, SourceLog

SOURCES, TARGETS, FLOWS = 3, 2, 2
SETTINGS = ObserverSettings()
REREAD_MS = SETTINGS.reread_ms
STEP_MS, BEAT_STEPS, REST_MS = 500, 2, 240_000
START_MS = 1_000_000


class Stall(NamedTuple):
    """A worker that does nothing from one time until another (ms)."""

    source: int = 0
    begin: int = 0
    end: int = 0


class Rules(NamedTuple):
    """What the stage must do; False breaks the rule."""

    passes_repetitions: bool = True
    waits_for_all: bool = True
    resends_in_order: bool = True


NO_STALL, RULES = Stall(), Rules()


@dataclass
class Worker:
    """A process that reads one source."""

    rekeyer: Rekeyer
    number: int
    dies_at: int | None = None
    answered: int = 0


@dataclass
class World:
    """Sources, workers and the rekeyed topic."""

    random: Random
    sources: list[SourceLog]
    stall: Stall = NO_STALL
    rules: Rules = RULES
    crashes: bool = True
    now: int = START_MS
    topic: list[list[SourceRecord]] = field(default_factory=lambda: [[] for _ in range(TARGETS)])
    committed: list[Waypoint] = field(default_factory=lambda: [Waypoint(0)] * SOURCES)

    def run(self) -> list[Flow]:
        """Let workers read all sources, then observers read what they wrote: the rows that count."""
        self.workers = [self.worker(number) for number in range(SOURCES)]
        end = max(log.records[-1].timestamp for log in self.sources) + REST_MS
        while self.now < end:
            self.now += STEP_MS
            for worker in list(self.workers):
                self.step(worker)
        return [row for target in range(TARGETS) for row in self.observed(target)]

    def worker(self, number: int) -> Worker:
        """A worker that begins at what is committed."""
        log, start = self.sources[number], self.committed[number]
        intake = SourceIntake(
            log,
            start=start.offset,
            encoding="",
            environment=None,
            guarded=True,
            patience_ms=10_000,
            clock=start.clock,
        )
        source = Source("main", "spans", "1", number)
        return Worker(
            Rekeyer(
                source, intake, Encoder(), partitions=SOURCES, targets=TARGETS, fresh=False, cut_ms=120_000
            ),
            number,
            answered=self.now,
        )

    def step(self, worker: Worker) -> None:
        """What a worker does in half a second; from time to time another one takes its place."""
        if worker.number == self.stall.source and self.stall.begin <= self.now - START_MS < self.stall.end:
            return
        if worker.dies_at is not None and self.now >= worker.dies_at:
            self.workers.remove(worker)
            return
        self.read(worker)
        self.publish(worker)
        if self.random.random() < 0.3:
            place = worker.rekeyer.reread(worker.rekeyer.low)
            self.committed[worker.number] = place or self.committed[worker.number]
        if self.crashes and worker.dies_at is None and self.random.random() < 0.02:
            worker.dies_at = self.now + self.random.choice((0, 0, 3_000, 40_000))
            self.workers.append(self.worker(worker.number))

    def read(self, worker: Worker) -> None:
        """Read what is there by now, or find nothing."""
        rekeyer, log = worker.rekeyer, self.sources[worker.number]
        there = [r for r in log.records[rekeyer.position : rekeyer.position + 50] if r.timestamp <= self.now]
        for record in there:
            rekeyer.fold(record)
        if not there:
            rekeyer.idle(min(STEP_MS, self.now - worker.answered))
        worker.answered = self.now

    def publish(self, worker: Worker) -> None:
        """Send what waits, of which only a part may be acknowledged; then a heartbeat, where all was."""
        rekeyer = worker.rekeyer
        log = self.sources[worker.number].records
        at_end = all(record.timestamp > self.now for record in log[rekeyer.position :])
        word = rekeyer.heartbeat(self.now if at_end else 0, SOURCES)
        waiting = rekeyer.waiting()
        for target in range(TARGETS):
            values = [value for place, value in waiting if place == target]
            if self.sent(rekeyer, target, values) and self.now // STEP_MS % BEAT_STEPS == 0:
                self.append(target, word)

    def sent(self, rekeyer: Rekeyer, target: int, values: list[bytes]) -> bool:
        """Whether all were acknowledged; the one that was not may be there all the same."""
        if not self.rules.resends_in_order:
            self.random.shuffle(values)
        for value in values:
            is_lost = self.crashes and self.random.random() < 0.05
            if not is_lost or self.random.random() < 0.5:
                self.append(target, value)
            if is_lost:
                return False
            rekeyer.acknowledged(target)
        return True

    def append(self, target: int, value: bytes) -> None:
        """The rekeyed topic takes a record."""
        log = self.topic[target]
        log.append(SourceRecord(len(log), self.now, value))

    def observed(self, target: int) -> list[Flow]:
        """The rows of one rekeyed partition, whose observer starts again from time to time."""
        auditors = [Auditor(remembers=True) for _ in range(FLOWS)]
        observer, log, restart = self.observer(target, 0), self.topic[target], 0
        for record in log:
            if record.offset < observer.position:
                continue
            observer.fold(record)
            if self.random.random() < 0.05:
                for outgoing in observer.outgoing(False, TARGETS, heartbeat=True):
                    auditors[outgoing.target].read(outgoing.value)
                    observer.acknowledged(outgoing.target)
                low = observer.committable or 0
                waypoint = observer.reread(low)
                restart = waypoint.offset if waypoint else 0
            if self.crashes and self.random.random() < 0.003:
                observer = self.observer(target, restart)
                for again in log[restart : record.offset + 1]:
                    observer.fold(again)
        observer.close_all()
        for outgoing in observer.outgoing(False, TARGETS, heartbeat=True):
            auditors[outgoing.target].read(outgoing.value)
        return [row for auditor in auditors for row in auditor.rows]

    def observer(self, target: int, start: int) -> SourceObserver:
        """An observer of one rekeyed partition."""
        intake = RekeyedIntake(start, RekeyedDecoder(), REREAD_MS)
        if not self.rules.passes_repetitions:
            intake._is_repeated = lambda word, has_spans: False  # type: ignore[method-assign]
        if not self.rules.waits_for_all:
            intake.clock._move = _newest(intake)  # type: ignore[assignment,method-assign]
        source = Source("main", "flowdrift-rekeyed", "1", target)
        return SourceObserver(
            source, SourceLog(), SETTINGS, start=start, targets=FLOWS, fresh=False, intake=intake
        )


def _newest(intake: RekeyedIntake) -> Callable[[int, int], None]:
    """The broken rule: log time is the newest of any source."""
    move = type(intake.clock)._move
    return lambda newest, _: move(intake.clock, newest, newest)


def keyed(spans: list[Scheduled]) -> list[Flow]:
    """The rows of the same spans in a topic that is keyed by trace id."""
    rows: list[Flow] = []
    for target in range(TARGETS):
        own = [each for each in spans if target_of(each.span.trace_id, TARGETS) == target]
        log = _log([[each] for each in own])
        observer = SourceObserver(
            Source("main", "keyed", "1", target),
            log,
            SETTINGS,
            start=0,
            targets=FLOWS,
            fresh=False,
            encoding="table",
        )
        for record in log.records:
            observer.fold(record)
        observer.close_all()
        auditors = [Auditor(remembers=True) for _ in range(FLOWS)]
        for outgoing in observer.outgoing(False, TARGETS, heartbeat=True):
            auditors[outgoing.target].read(outgoing.value)
        rows += [row for auditor in auditors for row in auditor.rows]
    return rows


def scattered(random: Random, spans: list[Scheduled]) -> list[SourceLog]:
    """The same spans in records of some spans each, on partitions at random."""
    batches: list[list[list[Scheduled]]] = [[] for _ in range(SOURCES)]
    for each in spans:
        records = random.choice(batches)
        if records and len(records[-1]) < random.randint(1, 6) and each.at - records[-1][0].at < 1_000:
            records[-1].append(each)
        else:
            records.append([each])
    return [_log(records) for records in batches]


def contents(rows: list[Flow]) -> list[str]:
    """What rows say, but for where and when they stood."""
    return sorted(repr(row._replace(offset=0, place=0, ordinal=0, began=LogTime(0))) for row in rows)


def traffic(random: Random, traces: int, seconds: int) -> list[Scheduled]:
    """Traces whose spans are written within six seconds; some are lost, and some come twice."""
    spans: list[Scheduled] = []
    for number in range(1, traces + 1):
        begin = random.randrange(seconds * 1_000)
        for place in range(1, random.randint(2, 9)):
            made = _made(random, number, place)
            if random.random() < 0.97:
                spans.append(Scheduled(begin + random.randrange(6_000), made))
            if random.random() < 0.03:
                spans.append(Scheduled(begin + random.randrange(9_000), made))
    return sorted(spans, key=lambda each: each.at)


def _made(random: Random, number: int, place: int) -> Span:
    return span(
        place,
        trace=number,
        parent=random.randrange(place) if place > 1 else 0,
        start=place * 10,
        service=f"service-{random.randrange(3)}",
        kind=random.choice((*KINDS, Kind.SERVER)),
        remote=random.random() < 0.3,
        run=f"run-{number % 2}" if random.random() < 0.05 else "",
    )


def _log(batches: list[list[Scheduled]]) -> SourceLog:
    log = SourceLog()
    for batch in batches:
        log.append(START_MS + batch[-1].at, [each.span for each in batch])
    return log
