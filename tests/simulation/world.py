"""One simulated world: topics, processes that have all roles, a network between them, and a clock.

Everything is decided by one seeded generator. In a round some time passes, what is due is written, and every
process does a little for each of its partitions, in an order that is drawn.
"""

from collections import Counter, deque
from hashlib import blake2b
from itertools import islice
from random import Random

from monitor.base.units import LogTime
from monitor.flows.codec import encode
from monitor.flows.record import FlowRecord
from monitor.pipeline.timeline.commands import Command, Finish, Settings
from tests.laws.auditor_world import HASTY, STRICT
from tests.simulation.auditing import AuditorReader
from tests.simulation.cluster import Cluster
from tests.simulation.ledger import Ledger, state
from tests.simulation.network import APART_MS, Network
from tests.simulation.processes import ProcessEndedError
from tests.simulation.reading import SourceReader
from tests.simulation.rules import KEPT, BrokenRuleError, Rules
from tests.simulation.topics import Log
from tests.simulation.traffic import HOUR_MS, UNREADABLE, Traffic, Written
from tests.simulation.trouble import Trouble

BEGIN_MS = 1_700_000_000_000
ACTIVE_MS = 15_000
"""So long after the last record the world goes on in steps of about a second."""
MOST_ROUNDS = 240
"""At most so many steps of a second until everybody has done what is to do."""
OFTEN, SELDOM = 0.15, 0.05
"""How likely something happens in a round, while there is traffic, and in silence."""
SILENCE_MS, QUIET_MS = 200_000, 1_200_000
CALM_ROUNDS = 200
LIMITS = {"payloads": 2_000, "fragments": 200, "waypoints": 500, "rows": 1_000, "names": 1_000, "runs": 500}
"""Of what is held at any time; see `Cluster.sizes`."""


class World:
    """A world drawn from `seed`. scattered: its source topics are not keyed by trace id."""

    def __init__(self, seed: int, rules: Rules = KEPT) -> None:
        self._rng = rng = Random(seed)
        scattered, wrong = rng.random() < 0.4, rng.random() < 0.3
        self.ledger = Ledger(exact=not wrong)
        self.network = Network(rng, self._append)
        self.network.now = self.ledger.now = BEGIN_MS
        self.cluster = Cluster(self.network, rules, self.ledger, scattered)
        self.cluster.clock.seconds = BEGIN_MS / 1000
        self.trouble = Trouble(self.network, self.cluster)
        self._traffic = Traffic(rng, scattered, wrong)
        self._written_at = self._commands = self._rounds = 0
        self._grows_at = rng.randrange(2, 20)
        self.hours = 0
        self.largest: dict[str, int] = {}
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
        self.hours += 1
        self._look()

    def _look(self) -> None:
        """What is done once an hour."""
        if self.hours == self._grows_at:
            self.cluster.grow("integration")
        if self._rng.random() < 0.3:
            self._command(Settings(self._rng.choice((HASTY, HASTY, STRICT))))
        self.ledger.settle(self.cluster.progress())
        if self.network.now < self._written_at + HOUR_MS:
            self._compare()
        self._check_sizes()
        self.cluster.retain()

    def _check_sizes(self) -> None:
        """Nothing grows for ever."""
        for what, size in self.cluster.sizes().items():
            self.largest[what] = max(size, self.largest.get(what, 0))
            if size > LIMITS[what]:
                raise BrokenRuleError(f"{size} {what}, at most {LIMITS[what]} are expected")

    def _pass(self, plan: deque[Written], end: int) -> None:
        """One round: of a second while there is something to do; then a long silence, and then longer ones.

        In the first silence so many answers are empty that all that is open closes.
        """
        now = self.network.now
        until = min([end, *(each.at for each in islice(plan, 1))]) - now
        is_burst = now < self._written_at + ACTIVE_MS
        if is_burst or (self._rounds < MOST_ROUNDS and self.cluster.is_busy(now)):
            self._rounds += 1
            self._round(self._rng.choice((300, 1_000, 1_000, 1_500)))
        else:
            pause = max(1, min(until, SILENCE_MS if self._rounds else QUIET_MS))
            self._round(pause, pause // APART_MS if self._rounds else 1)
            self._rounds = 0
        self.trouble.strike(OFTEN if is_burst else SELDOM if not self._rounds else 0)

    def _round(self, pause: int, answers: int = 1) -> None:
        network, cluster = self.network, self.cluster
        network.pass_time(pause, max(1, answers))
        self.ledger.now = network.now
        cluster.clock.seconds = network.now / 1000
        self.trouble.assign()
        for _ in network.answers:
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
        if self.ledger.lost or self.ledger.doubled:
            raise BrokenRuleError(f"{self.ledger.lost} traces lost, {self.ledger.doubled} doubled")

    def counts(self) -> Counter[str]:
        """What happened, and how much was written."""
        made = self.ledger
        counted = Counter(records=made.records, flows=made.flows, alerts=len(made.alerts))
        return counted + Counter(lost=made.lost, doubled=made.doubled) + self.trouble.count

    def digest(self) -> str:
        """Of everything that was ever written, of all commits, and of the state at the end."""
        whole = blake2b(self.cluster.digest().encode())
        for auditor in self.ledger.folded:
            whole.update(state(auditor))
        return whole.hexdigest()
