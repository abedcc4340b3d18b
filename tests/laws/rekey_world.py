"""A world for the rekey stage: sources whose spans lie anywhere, workers that crash, observers behind them.

Time is a number that the world moves on; everything else is decided by one seeded generator. The same spans,
keyed by their trace ids, are folded without the stage, for comparison. Brokers set the timestamps: the guards
of log time date the first records of a partition by each other.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import NamedTuple

from monitor.base.steps import result_of
from monitor.flows.flow import Flow
from monitor.flows.record import Source
from monitor.pipeline.observe.intake import SourceIntake
from monitor.pipeline.observe.observer import SourceObserver, SourceRecord
from monitor.pipeline.observe.waypoints import Waypoint
from monitor.pipeline.rekey.intake import RekeyedIntake
from monitor.pipeline.rekey.pace import Pace, SourceProgress
from monitor.pipeline.rekey.record import Encoder, RekeyedDecoder
from monitor.pipeline.rekey.rekeyer import Rekeyer
from tests.laws.delivery_world import Auditor
from tests.laws.rekey_traffic import FLOWS, SETTINGS, SOURCES, START_MS, TARGETS
from tests.laws.source_logs import SourceLog

REREAD_MS = SETTINGS.reread_ms
STEP_MS, BEAT_STEPS, REST_MS = 500, 2, 240_000


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
    """Sources, workers and the rekeyed topic; slow: a source of which one record is read in a step.

    paced: whether workers wait for it.
    """

    random: Random
    sources: list[SourceLog]
    stall: Stall = NO_STALL
    rules: Rules = RULES
    crashes: bool = True
    now: int = START_MS
    topic: list[list[SourceRecord]] = field(default_factory=lambda: [[] for _ in range(TARGETS)])
    committed: list[int] = field(default_factory=lambda: [0] * SOURCES)
    pace: Pace = field(default_factory=Pace)
    slow: int | None = None
    paced: bool = True

    def run(self) -> list[Flow]:
        """Let workers read all sources, then observers read what they wrote: the rows that count."""
        self.workers = [self.worker(number) for number in range(SOURCES)]
        end = max(log.records[-1].timestamp for log in self.sources) + REST_MS
        while self.now < end:
            self.now += STEP_MS
            for worker in list(self.workers):
                self.step(worker)
            if self.paced and self.now // STEP_MS % BEAT_STEPS == 0:
                self.look()
        return [row for target in range(TARGETS) for row in self.observed(target)]

    def look(self) -> None:
        """All workers see how far each source is."""
        self.pace.look(
            {
                each.number: SourceProgress(
                    self.committed[each.number],
                    each.rekeyer.reached or 0,
                    len(self.sources[each.number].records),
                )
                for each in self.workers
            }
        )

    def most_held(self, target: int) -> int:
        """How many spans an observer of this partition holds back at most."""
        intake = RekeyedIntake(0, RekeyedDecoder(), REREAD_MS)
        most = 0
        for record in self.topic[target]:
            result_of(intake.take(record))
            most = max(most, sum(len(held.spans) for held in intake.held))
        return most

    def worker(self, number: int) -> Worker:
        """A worker that begins at what is committed."""
        log, start = self.sources[number], max(0, self.committed[number] - 3)
        intake = SourceIntake(
            log, start=start, encoding="", environment=None, guarded=False, patience_ms=10_000
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
            low = worker.rekeyer.committable
            self.committed[worker.number] = low if low is not None else self.committed[worker.number]
        if self.crashes and worker.dies_at is None and self.random.random() < 0.02:
            worker.dies_at = self.now + self.random.choice((0, 0, 3_000, 40_000))
            self.workers.append(self.worker(worker.number))

    def read(self, worker: Worker) -> None:
        """Read what is there by now, or find nothing."""
        rekeyer, log = worker.rekeyer, self.sources[worker.number]
        if self.pace.is_ahead(rekeyer.reached):
            return
        most = 1 if worker.number == self.slow else 10
        there = [
            r for r in log.records[rekeyer.position : rekeyer.position + most] if r.timestamp <= self.now
        ]
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
        observer, log, restart = self.observer(target, Waypoint(0)), self.topic[target], Waypoint(0)
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
                restart = waypoint or Waypoint(0)
            if self.crashes and self.random.random() < 0.003:
                observer = self.observer(target, restart)
                for again in log[restart.offset : record.offset + 1]:
                    observer.fold(again)
        observer.close_all()
        for outgoing in observer.outgoing(False, TARGETS, heartbeat=True):
            auditors[outgoing.target].read(outgoing.value)
        return [row for auditor in auditors for row in auditor.rows]

    def observer(self, target: int, begin: Waypoint) -> SourceObserver:
        """An observer of one rekeyed partition."""
        start = begin.offset
        intake = RekeyedIntake(start, RekeyedDecoder(), REREAD_MS, begin.clock)
        if not self.rules.passes_repetitions:
            intake._is_repeated = lambda offset, word, has_spans: False  # type: ignore[method-assign]
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
