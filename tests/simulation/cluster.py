"""The topics of a simulated world, who reads which partition, and what retention deletes."""

from collections import Counter
from collections.abc import Iterator
from functools import partial
from hashlib import blake2b

import orjson

from monitor.base.clock import ManualClock
from monitor.flows.record import Source
from monitor.kafka.observer.offsets import Commit
from monitor.pipeline.rekey.pace import Pace, SourceProgress
from tests.simulation.auditing import PARTITIONS, AuditorReader, Outputs
from tests.simulation.ledger import Ledger, Progress
from tests.simulation.network import Network
from tests.simulation.processes import Process, Reader, Seat
from tests.simulation.reading import Group
from tests.simulation.rules import Rules
from tests.simulation.stages import (
    REKEYED,
    SETTINGS,
    ObservedReader,
    RekeyReader,
    observing,
    rekeying,
    source_of,
)
from tests.simulation.topics import Log
from tests.simulation.traffic import HOUR_MS, Payloads
from tests.simulation.undisturbed import Undisturbed

RETENTION_MS = 24 * HOUR_MS
LARGEST = 3_000
"""Bytes of a record that the flows topic takes: a row fits, many do not."""
UNLIMITED = 1 << 30
BEATS = 12


class Cluster:
    """Topics, and the seats of everybody who reads them. scattered: the rekey stage stands between."""

    def __init__(self, network: Network, rules: Rules, ledger: Ledger, scattered: bool) -> None:
        self._network, self._rules, self._ledger = network, rules, ledger
        self.clock, self.payloads, self.pace = ManualClock(), Payloads(), Pace()
        self.flows = [Log("flowdrift-flows", number) for number in range(PARTITIONS)]
        self.letters = Log("flowdrift-dead-letters", 0)
        self.outputs = Outputs(
            Log("flowdrift-checkpoints", 0), Log("flowdrift-verdicts", 0), Log("flowdrift-alerts", 0)
        )
        self.seats: list[Seat] = []
        self.undisturbed: list[tuple[Group, Undisturbed]] = []
        self._rekeyed = [Log(REKEYED, number) for number in range(PARTITIONS)] if scattered else []
        self.sources = {topic: self._group() for topic in ("production", "integration")}
        if scattered:
            group = self._observing(BEATS)
            for log in self._rekeyed:
                self._observe(group, log)
        for topic, number in (("production", 2), ("integration", 1)):
            for _ in range(number):
                self.grow(topic)
        for log in self.flows:
            self.seats.append(Seat(str(log), partial(self._audit, log)))

    def _group(self) -> Group:
        return self._rekeying() if self._rekeyed else self._observing()

    def _observing(self, beats: int = 0) -> Group:
        begin = observing(self.payloads, self._rules, PARTITIONS, self.clock)
        largest = LARGEST if self._rules.waits_for_acknowledgement else UNLIMITED
        return Group(self.flows, self.letters, SETTINGS.reread_ms, begin, largest, beats)

    def _rekeying(self) -> Group:
        begin = rekeying(self.payloads, self.pace, PARTITIONS, self.clock)
        return Group(self._rekeyed, self.letters, SETTINGS.reread_ms, begin, UNLIMITED)

    def grow(self, topic: str) -> None:
        """A source topic gets one more partition."""
        group = self.sources[topic]
        log = Log(f"{topic}-spans", len(group.logs))
        if self._rekeyed:
            group.logs.append(log)
            self.seats.append(Seat(str(log), partial(self._read, RekeyReader, group, log)))
        else:
            self._observe(group, log)

    def _observe(self, group: Group, log: Log) -> None:
        group.logs.append(log)
        self.seats.append(Seat(str(log), partial(self._read, ObservedReader, group, log)))
        self.undisturbed.append((group, Undisturbed(log, self.payloads, PARTITIONS)))

    def _read(
        self,
        kind: type[ObservedReader | RekeyReader],
        group: Group,
        log: Log,
        process: Process,
        kept: Reader | None,
    ) -> Reader:
        return kind(self._network, process, group, log, self._rules, kept)

    def _audit(self, log: Log, process: Process, kept: Reader | None) -> Reader:
        return AuditorReader(self._network, process, log, self.outputs, self._rules)

    def append(self, log: Log, value: bytes) -> None:
        """Write to one of flowdrift's topics; the ledger takes note."""
        record = log.append(self._network.now, value)
        self._ledger.now = self._network.now
        if log in self.flows:
            self._ledger.appended(log, record.offset, value)
        elif log is self.letters:
            self._ledger.buried(value)
        elif log is self.outputs.alerts:
            self._ledger.alerted(value)
        elif log is self.outputs.checkpoints:
            key, _, entry = value.partition(b" ")
            self.outputs.table[key] = entry

    def observe_undisturbed(self) -> None:
        """What nothing disturbs reads what is there."""
        for _, each in self.undisturbed:
            self._ledger.expect(source_of(each.log), each.read(self._network.answers))

    def progress(self) -> dict[Source, Progress]:
        """How far each partition is that observers read."""
        return {
            source_of(each.log): Progress(group.low(each.log), each.low) for group, each in self.undisturbed
        }

    def is_busy(self, now: int) -> bool:
        """Whether a partition has a reader beside its owner, or an owner is missing, stopped, or not done."""
        return any(
            seat.others or seat.owner is None or seat.owner.is_busy or seat.owner.process.frozen_until > now
            for seat in self.seats
        )

    def sizes(self) -> dict[str, int]:
        """How much is held: what topics retain, and the largest of any process."""
        sizes = Counter[str](payloads=len(self.payloads))
        for reader in (reader for seat in self.seats for reader in seat.readers()):
            for what, size in reader.sizes().items():
                sizes[what] = max(size, sizes[what])
        return dict(sizes)

    def look(self) -> None:
        """All rekey workers see how far each source is."""
        groups = self.sources.values() if self._rekeyed else ()
        commits = {
            log: Commit.read(*group.commits[log.place])
            for group in groups
            for log in group.logs
            if log.place in group.commits
        }
        self.pace.look({log: SourceProgress(c.offset, c.log_time, log.end) for log, c in commits.items()})

    def retain(self) -> None:
        """Delete what is old."""
        for log in self.logs():
            horizon = self._network.now - RETENTION_MS
            for record in log.delete_older(horizon):
                self.payloads.drop(record.value or b"")

    def logs(self) -> list[Log]:
        """Every partition of every topic."""
        return [*self._all()]

    def _all(self) -> Iterator[Log]:
        for group in self.sources.values():
            yield from group.logs
        yield from self._rekeyed
        yield from self.flows
        yield from (self.letters, self.outputs.checkpoints, self.outputs.verdicts, self.outputs.alerts)

    def digest(self) -> str:
        """Of everything that was ever written, and of all commits and checkpoints."""
        whole = blake2b()
        for log in self._all():
            whole.update(f"{log} {log.digest()}".encode())
        groups = [*self.sources.values(), *(group for group, _ in self.undisturbed)]
        whole.update(orjson.dumps([[*group.commits.values()] for group in groups]))
        return whole.hexdigest()
