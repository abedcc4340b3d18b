"""A world for the observer: a source log, a flows topic, owners that crash, zombies that speak late.

Everything is decided by one seeded generator. `Rules` are the few rules of delivery; each can be broken, to
show that the law notices. `Auditor` is a reference model of how the reading side drops duplicates.
"""

from dataclasses import dataclass, field
from operator import attrgetter
from random import Random
from typing import NamedTuple

from monitor.flows.codec import decode
from monitor.flows.flow import Flow, FlowId
from monitor.pipeline.observe.observer import Outgoing, SourceObserver, SourceRecord
from monitor.pipeline.observe.waypoints import Waypoint
from tests.laws.source_logs import SETTINGS, TARGETS, SourceLog


class Rules(NamedTuple):
    """What an observer or auditor must do; False breaks the rule."""

    commits_low_offset: bool = True
    rereads: bool = True
    remembers_above: bool = True
    sends_before_it_says: bool = True
    holds_what_is_in_hand: bool = True


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
    """Owners between a source log and the flows topic. waypoints: a commit says where to begin again."""

    def __init__(
        self, log: SourceLog, random: Random, rules: Rules, pauses: bool, waypoints: bool = True
    ) -> None:
        self.log, self.random, self.rules, self.pauses = log, random, rules, pauses
        self.waypoint = Waypoint(0) if waypoints else None
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
        share = 0.05 if self.rules.holds_what_is_in_hand else 0.5
        for _ in owner.observer.folding(record):
            if not self.rules.holds_what_is_in_hand:
                owner.observer._intake.done()
            if self.random.random() < share:
                self.send(owner)
                self.commit()

    def publish(self) -> None:
        """Some owner sends what it has."""
        self.send(self.random.choice(self.owners))

    def send(self, owner: Owner) -> None:
        """An owner sends what it has, of which only a part may be acknowledged, or arrive."""
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
            self.waypoint = observer.reread(low) if self.waypoint else None

    def crash(self) -> None:
        """An owner dies; what it had sent may arrive at any later time. Another takes over."""
        owner = self.owners.pop(self.random.randrange(len(self.owners)))
        self.network += owner.unsent
        if not self.owners:
            self.join()

    def join(self) -> None:
        """One more process reads the partition: a new owner, or one by mistake."""
        if len(self.owners) < 3:
            start = self.waypoint or Waypoint(self.log.reread_from(self.committed))
            if not self.rules.rereads:
                start = Waypoint(self.committed)
            self.owners.append(Owner(self.log.observer(start.offset, start.clock)))

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
