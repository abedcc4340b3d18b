"""A world for the observer: a source log, a flows topic, owners that crash, zombies that speak late.

Everything is decided by one seeded generator. `Rules` are the few rules of delivery; each can be broken, to
show that the law notices. `Auditor` is a reference model of how the reading side drops duplicates.
"""

from dataclasses import dataclass, field
from operator import attrgetter
from random import Random
from typing import NamedTuple

from monitor.base.steps import Steps
from monitor.flows.codec import decode
from monitor.flows.flow import Flow, FlowId
from monitor.flows.record import Source
from monitor.pipeline.observe.observer import ObserverSettings, Outgoing, SourceObserver, SourceRecord
from monitor.traces.borders import is_border
from monitor.wire.span import Kind, Span
from tests.factories import span

TARGETS = 3
KINDS = (Kind.SERVER, Kind.CLIENT, Kind.INTERNAL, Kind.PRODUCER, Kind.CONSUMER, Kind.CONSUMER)
SETTINGS = ObserverSettings()
SOURCE = Source("main", "otlp_spans", "1", 0)


class Rules(NamedTuple):
    """What an observer or auditor must do; False breaks the rule."""

    commits_low_offset: bool = True
    rereads: bool = True
    remembers_above: bool = True
    sends_before_it_says: bool = True
    holds_what_is_in_hand: bool = True


class Scheduled(NamedTuple):
    """A span and the log time (ms) at which it is written."""

    at: int
    span: Span


class SourceLog:
    """Records of one partition; also the decoder: a payload is the number of its record."""

    def __init__(self) -> None:
        self.records: list[SourceRecord] = []
        self.spans: list[list[Span]] = []

    def append(self, timestamp: int, spans: list[Span]) -> None:
        """Write a record."""
        number = len(self.records)
        self.records.append(SourceRecord(number, timestamp, str(number).encode()))
        self.spans.append(spans)

    def steps(self, payload: bytes, encoding: str, environment: str | None) -> Steps[list[Span]]:
        """The spans of a record."""
        yield
        return self.spans[int(payload)]

    def observer(self, start: int) -> SourceObserver:
        """An observer that begins at `start`."""
        return SourceObserver(
            SOURCE, self, SETTINGS, start=start, targets=TARGETS, fresh=False, encoding="table"
        )

    def reread_from(self, low: int) -> int:
        """Where an owner starts when `low` is committed (delivery, observer 6)."""
        end = min(low + 1, len(self.records))
        recent = sorted(record.timestamp for record in self.records[max(end - 5, 0) : end])
        if not recent:
            return 0
        horizon = recent[(len(recent) - 1) // 2] - SETTINGS.reread_ms
        return next(record.offset for record in self.records if record.timestamp >= horizon)


class Auditor:
    """Duplicates by two numbers: the largest low offset heard, and the names at or above it."""

    def __init__(self, remembers: bool) -> None:
        self.rows: list[Flow] = []
        self._low = 0
        self._names: set[tuple[int, int, FlowId, int]] = set()
        self._remembers = remembers

    def read(self, value: bytes) -> None:
        """Take one record of a flows partition."""
        record = decode(value)
        assert record.header is not None
        for row in record.flows:
            if row.offset >= self._low and row.name not in self._names:
                self.rows.append(row)
                if self._remembers:
                    self._names.add(row.name)
        self._low = max(self._low, record.header.low)


@dataclass
class Owner:
    """One process that believes the partition to be its own."""

    observer: SourceObserver
    unsent: list[Outgoing] = field(default_factory=list)


class World:
    """Owners between a source log and the flows topic."""

    def __init__(self, log: SourceLog, random: Random, rules: Rules, pauses: bool) -> None:
        self.log, self.random, self.rules, self.pauses = log, random, rules, pauses
        self.auditors = [Auditor(rules.remembers_above) for _ in range(TARGETS)]
        self.committed = 0
        self.owners = [Owner(log.observer(0))]
        self.network: list[Outgoing] = []

    def run(self) -> list[Flow]:
        """Random steps until an owner reached the end, then one owner finishes; returns what counted."""
        steps = [self.fold] * 12 + [self.publish] * 6 + [self.commit] * 3 + [self.zombie] * 2
        steps += [self.crash, self.join] * 2
        if self.pauses:
            steps.append(self.pause)
        while max(owner.observer.position for owner in self.owners) < len(self.log.records):
            self.random.choice(steps)()
        self.owners = self.owners[:1]
        self.finish(self.owners[0])
        return sorted((row for auditor in self.auditors for row in auditor.rows), key=attrgetter("name"))

    def finish(self, owner: Owner) -> None:
        """Read to the end, publish everything; what zombies still have to say comes last."""
        while owner.observer.position < len(self.log.records):
            owner.observer.fold(self.log.records[owner.observer.position])
        self.say_too_early(owner)
        for outgoing in owner.unsent:
            self.deliver(owner, outgoing)
        for outgoing in self.outgoing(owner):
            self.deliver(owner, outgoing)
        while self.network:
            self.zombie()

    def fold(self) -> None:
        """Some owner reads some records."""
        owner = self.random.choice(self.owners)
        records = self.log.records[owner.observer.position :]
        for record in records[: self.random.randint(1, 25)]:
            self.read(owner, record)

    def read(self, owner: Owner, record: SourceRecord) -> None:
        """An owner folds a record; between two steps it may send what it has, and commit."""
        for _ in owner.observer.folding(record):
            if not (holds := self.rules.holds_what_is_in_hand):
                owner.observer._intake.done()
            if self.random.random() < (0.05 if holds else 0.5):
                self.publish(owner)
                self.commit()

    def publish(self, owner: Owner | None = None) -> None:
        """Some owner sends what it has, of which only a part may be acknowledged, or arrive."""
        owner = owner or self.random.choice(self.owners)
        if not owner.unsent:
            self.say_too_early(owner)
            owner.unsent = self.outgoing(owner)
        for _ in range(self.random.randint(0, len(owner.unsent))):
            outgoing = owner.unsent.pop(0)
            if self.random.random() < 0.1:
                self.auditors[outgoing.target].read(outgoing.value)
                owner.unsent.insert(0, outgoing)
            else:
                self.deliver(owner, outgoing)

    def outgoing(self, owner: Owner) -> list[Outgoing]:
        """What an owner has to send now."""
        return owner.observer.outgoing(False, 1, self.random.random() < 0.5)

    def say_too_early(self, owner: Owner) -> None:
        """The broken rule: the low offset is said before the rows below it are sent."""
        if self.rules.sends_before_it_says:
            return
        ahead = self.log.observer(owner.observer.position)
        ahead.fold(SourceRecord(owner.observer.position - 1, 0, None))
        ahead.idle(SETTINGS.assembly.quiet_gap_ms)
        for _ in range(10):
            ahead.idle(1_000)
        for target, value in ahead.outgoing(False, 1, True):
            self.auditors[target].read(value)

    def deliver(self, owner: Owner, outgoing: Outgoing) -> None:
        """A record arrives and is acknowledged."""
        self.auditors[outgoing.target].read(outgoing.value)
        owner.observer.acknowledged(outgoing.target)

    def commit(self) -> None:
        """Some owner commits, whatever others committed meanwhile."""
        observer = self.random.choice(self.owners).observer
        low = observer.committable if self.rules.commits_low_offset else observer.position
        if low is not None:
            self.committed = low

    def crash(self) -> None:
        """An owner dies; what it had sent may arrive at any later time. Another takes over."""
        owner = self.owners.pop(self.random.randrange(len(self.owners)))
        self.network += owner.unsent
        if not self.owners:
            self.join()

    def join(self) -> None:
        """One more process reads the partition: a new owner, or one by mistake."""
        if len(self.owners) < 3:
            start = self.log.reread_from(self.committed) if self.rules.rereads else self.committed
            self.owners.append(Owner(self.log.observer(start)))

    def zombie(self) -> None:
        """A record of a dead owner arrives after all; those to one target keep their order."""
        if self.network:
            target = self.random.choice(self.network).target
            outgoing = next(each for each in self.network if each.target == target)
            self.network.remove(outgoing)
            if self.random.random() < 0.8:
                self.auditors[target].read(outgoing.value)

    def pause(self) -> None:
        """Some owner finds nothing to read for a while."""
        observer = self.random.choice(self.owners).observer
        for _ in range(self.random.randint(1, 40)):
            observer.idle(1_000)


def uninterrupted(log: SourceLog) -> list[Flow]:
    """The rows of one fold of the whole log."""
    world = World(log, Random(0), Rules(), pauses=False)
    world.finish(world.owners[0])
    return sorted((row for auditor in world.auditors for row in auditor.rows), key=attrgetter("name"))


def source_log(random: Random, traces: int, seconds: int, orderly: bool) -> SourceLog:
    """Traffic of `traces` traces over `seconds`, with stragglers, orphans, copies, and disorder.

    orderly: each flow stands in one record, so that no idle time can fall into the middle of it; what
    consumes its messages comes before it, or up to three minutes later.
    """
    scheduled: list[Scheduled] = []
    for number in range(1, traces + 1):
        scheduled += _trace(random, number, random.randrange(seconds * 1_000), orderly)
    scheduled.sort(key=lambda entry: entry.at)
    log = SourceLog()
    while scheduled:
        size = _first_trace(scheduled) if orderly else random.randint(1, 4)
        batch, scheduled = scheduled[:size], scheduled[size:]
        disorder = 0 if orderly else random.choice((0, 0, 0, random.randint(-4_000, 4_000)))
        log.append(1_000_000 + batch[-1].at + disorder, [entry.span for entry in batch])
    last = log.records[-1].timestamp
    for later in range(1, 6):
        log.append(last + later * 60_000, [])
    return log


def _first_trace(scheduled: list[Scheduled]) -> int:
    """How many records from the first on are of one trace, where traces follow each other."""
    first = scheduled[0].span.trace_id
    return next((n for n, each in enumerate(scheduled) if each.span.trace_id != first), len(scheduled))


def _trace(random: Random, number: int, begin: int, orderly: bool) -> list[Scheduled]:
    scheduled = []
    runner = random.random() < 0.1
    times, parents = {0: begin, 99: begin}, dict[int, Span]()
    for place in range(1, random.randint(2, 9)):
        parent = random.randrange(place) if place > 1 else random.choice((0, 0, 0, 99))
        made = span(
            place,
            trace=number,
            parent=parent,
            start=place * 10,
            service=f"service-{random.randrange(3)}",
            kind=random.choice(KINDS),
            remote=random.random() < 0.3,
            runner=runner and place <= 2,
            run=f"run-{number % 2}" if (runner and place == 1) or random.random() < 0.05 else "",
            links=(max(number - random.randint(1, 9), 1), number + 1) if random.random() < 0.3 else (),
        )
        if orderly:
            upper = parents.get(parent)
            consumes = upper is not None and not upper.facts.runner and is_border(upper.facts, made.facts)
            later = random.choice((random.randint(-9_000, 9_000), random.randint(0, 180_000)))
            times[place] = begin + later if consumes else times[parent]
            parents[place] = made
            scheduled.append(Scheduled(times[place], made))
        else:
            scheduled += _written(random, begin, made)
    return scheduled


def _written(random: Random, begin: int, made: Span) -> list[Scheduled]:
    """When a span is written: soon, later, very late, never; and some twice."""
    delays = (random.randrange(6_000), random.randrange(15_000), random.randrange(110_000))
    delay = random.choices(delays, weights=(90, 6, 4))[0]
    written = [] if random.random() < 0.03 else [Scheduled(begin + delay, made)]
    if written and random.random() < 0.05:
        written.append(Scheduled(begin + delay + random.randrange(40_000), made))
    return written
