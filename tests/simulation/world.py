"""One simulated world: topics, processes that have all roles, a network between them, and a clock.

Everything is decided by one seeded generator. In a round some time passes, what is due is written, and every
process does a little for each of its partitions, in an order that is drawn.
"""

from collections import deque
from itertools import islice
from random import Random

from monitor.flows.codec import encode
from monitor.flows.record import FlowRecord
from monitor.base.units import LogTime
from monitor.pipeline.timeline.commands import Command, Finish, Settings
from tests.laws.auditor_world import HASTY, STRICT
from tests.simulation.auditing import AuditorReader
from tests.simulation.cluster import Cluster
from tests.simulation.ledger import Ledger
from tests.simulation.network import APART_MS, Network
from tests.simulation.processes import ProcessEndedError
from tests.simulation.reading import SourceReader
from tests.simulation.rules import BrokenRuleError, Rules
from tests.simulation.topics import Log
from tests.simulation.traffic import HOUR_MS, UNREADABLE, Traffic, Written
from tests.simulation.trouble import Trouble

BEGIN_MS = 1_700_000_000_000
ACTIVE_MS = 15_000
"""So long after the last record the world goes on in steps of about a second."""
SILENCE_MS, QUIET_MS = 200_000, 600_000
CALM_ROUNDS = 200


class World:
    """A world drawn from `seed`. scattered: its source topics are not keyed by trace id."""

    def __init__(self, seed: int, rules: Rules = Rules()) -> None:
        self._rng = rng = Random(seed)
        scattered, wrong = rng.random() < 0.4, rng.random() < 0.3
        self.ledger = Ledger(exact=not wrong)
        self.network = Network(rng, self._append)
        self.network.now = self.ledger.now = BEGIN_MS
        self.cluster = Cluster(self.network, rules, self.ledger, scattered)
        self.cluster.clock.seconds = BEGIN_MS / 1000
        self.trouble = Trouble(self.network, self.cluster)
        self._traffic = Traffic(rng, scattered, wrong)
        self._written_at = self._commands = 0
        self._grows_at = rng.randrange(2, 20)
        self.hours = 0
        self._command(Settings(HASTY))

    def _append(self, log: Log, value: bytes) -> None:
        self.cluster.append(log, value)

    def run(self, hours: int) -> None:
        """Let hours pass, then let everybody come to an end; BrokenRuleError where a check fails."""
        for _ in range(hours):
            self._hour()
        self._finish()

    def _hour(self) -> None:
        begin = BEGIN_MS + self.hours * HOUR_MS
        plan = deque(self._traffic.hour(begin))
        while self.network.now < begin + HOUR_MS:
            self._pass(plan, begin + HOUR_MS)
            while plan and plan[0].at <= self.network.now:
                self._write(plan.popleft())
            self.trouble.strike()
        self.hours += 1
        self._look()

    def _look(self) -> None:
        """What is done once an hour."""
        if self.hours == self._grows_at:
            self.cluster.grow("integration")
        if self._rng.random() < 0.3:
            self._command(Settings(self._rng.choice((HASTY, HASTY, STRICT))))
        self.ledger.settle(self.cluster.progress())
        self._compare()
        self.cluster.retain()

    def _pass(self, plan: deque[Written], end: int) -> None:
        """One round. After a burst there are so many empty answers that everything closes; later one a round."""
        now = self.network.now
        if now < self._written_at + ACTIVE_MS:
            self._round(self._rng.choice((300, 1_000, 1_000, 1_500)))
            return
        until = min([end, *(each.at for each in islice(plan, 1))]) - now
        first = now < self._written_at + 2 * ACTIVE_MS
        pause = max(1, min(until, SILENCE_MS if first else QUIET_MS))
        self._round(pause, pause // APART_MS if first else 1)

    def _round(self, pause: int, answers: int = 1) -> None:
        network, cluster = self.network, self.cluster
        network.pass_time(pause, max(1, answers))
        self.ledger.now = network.now
        cluster.clock.seconds = network.now / 1000
        self.trouble.assign()
        cluster.look()
        readers = [reader for seat in cluster.seats for reader in seat.readers()]
        self._rng.shuffle(readers)
        for reader in readers:
            process = reader.process
            if process.frozen_until <= network.now and process in self.trouble.processes:
                try:
                    reader.act()
                except ProcessEndedError:
                    self.trouble.end(process)
        cluster.observe_undisturbed()

    def _write(self, written: Written) -> None:
        """A producer writes a record; now and then one is no record of spans."""
        logs = self.cluster.sources[written.topic].logs
        log = logs[written.key % len(logs)]
        self._written_at = self.network.now
        if not written.spans:
            self.ledger.wrote_unreadable(b"%s/%d" % (str(log).encode(), log.end))
        self.ledger.wrote(each.trace_id for each in written.spans if not each.parent_id)
        value = self.cluster.payloads.store([*written.spans]) if written.spans else UNREADABLE
        log.append(written.stamp, value)
        run = next((each.facts.run for each in written.spans), "")
        if run and self._rng.random() < 0.03:
            self._command(Finish("", run, LogTime(self.network.now)))

    def _command(self, command: Command) -> None:
        """Append a command to every partition of the flows topic, to some of them twice."""
        value = encode(FlowRecord(None, command={"number": self._commands, **command.plain()}))
        self._commands += 1
        for log in self.cluster.flows:
            for _ in range(1 + (self._rng.random() < 0.3)):
                self._append(log, value)

    def _compare(self, everybody: bool = False) -> None:
        """Auditors that have folded all must have the state of one that nothing disturbed."""
        for seat in self.cluster.seats:
            for reader in seat.readers():
                if isinstance(reader, AuditorReader) and reader.auditor.level:
                    log = self.cluster.flows[reader.auditor.partition]
                    if reader.auditor.next_offset == log.end:
                        self.ledger.compare(reader.auditor)
                    elif everybody:
                        raise BrokenRuleError(f"{log} is not folded to its end")

    def _finish(self) -> None:
        """Nothing happens any more, and everybody comes to an end."""
        self.network.calm = True
        for process in self.trouble.processes:
            process.frozen_until, process.steps = 0, -1
            process.cut.clear()
        for _ in range(CALM_ROUNDS):
            self._round(1_000)
        for seat in self.cluster.seats:
            for reader in seat.readers():
                if isinstance(reader, SourceReader):
                    reader.revoked()
        for _ in range(30):
            self._round(1_000)
        self.ledger.settle(self.cluster.progress(), at_end=True)
        self._compare(everybody=True)
