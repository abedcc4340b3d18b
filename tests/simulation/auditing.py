"""How a simulated process audits one partition of the flows topic: the real fold and the real checkpoints."""

import zlib
from dataclasses import dataclass, field

import orjson

from monitor.drift.records.alert import Alert
from monitor.kafka.auditor.checkpoints import entries_of
from monitor.pipeline.audit.auditor import PartitionAuditor, entry_key
from tests.simulation.network import Network
from tests.simulation.processes import ALWAYS, Process
from tests.simulation.rules import BrokenRuleError, Rules
from tests.simulation.topics import Log

AT_ONCE = 40
"""Records of a fetch, at most."""
EVERY_MS = 30_000
"""Between two checkpoints, on average."""
SHARDS, PARTITIONS = 2, 2


@dataclass
class Outputs:
    """Where auditors write. table: of the checkpoints' topic, the newest value of each key."""

    checkpoints: Log
    verdicts: Log
    alerts: Log
    table: dict[bytes, bytes] = field(default_factory=dict)


class AuditorReader:
    """Audits one partition in one process."""

    def __init__(self, network: Network, process: Process, log: Log, outputs: Outputs, rules: Rules) -> None:
        self.process, self.until = process, ALWAYS
        self._network, self._log, self._outputs = network, log, outputs
        self._rules = rules
        self._alerts: list[Alert] = []
        self._next_shard = 0
        self._checkpoint_due = network.now
        self._torn: dict[int, bytes] = {}
        entries = entries_of(log.number, SHARDS, [*outputs.table.items()])
        self.auditor = PartitionAuditor(log.number, SHARDS, PARTITIONS, self._misread(entries))
        if self.auditor.next_offset < log.begin:
            raise BrokenRuleError(f"{log} was deleted from {self.auditor.next_offset} on, unread")

    def _misread(self, entries: dict[int, bytes]) -> dict[int, bytes]:
        """The same, but for broken rules."""
        if self._rules.keeps_names:
            return entries
        plain = {number: orjson.loads(zlib.decompress(entry)) for number, entry in entries.items()}
        for _, _, shard in plain.values():
            shard["names"] = []
        return {number: zlib.compress(orjson.dumps(each)) for number, each in plain.items()}

    def revoked(self) -> None:
        """The partition is another process's now: nothing is kept."""

    def act(self) -> None:
        """Fold, report, write checkpoints: a little of what is due."""
        if self.process.reaches(self._log, self._network.now):
            for record in self._log.read(self.auditor.next_offset, AT_ONCE):
                self._alerts += self.auditor.apply(record.offset, record.timestamp, record.value or b"")
                self.process.step()
        if self.auditor.level and self.process.reaches(self._outputs.alerts, self._network.now):
            self._report()
            if self._network.rng.random() < 0.1:
                self._publish()
            if self._checkpoint_due <= self._network.now:
                self._write_checkpoint()

    @property
    def is_busy(self) -> bool:
        """Whether it has something to fold or to report."""
        return self.auditor.next_offset < self._log.end - AT_ONCE or bool(self._alerts)

    def sizes(self) -> dict[str, int]:
        """How much it holds."""
        shards = self.auditor._shards()
        names = sum(len(some) for shard in shards for some in shard.names.values())
        return {"names": names, "runs": len(self.auditor.timeline.runs.known)}

    def _report(self) -> None:
        while self._alerts:
            self.process.step()
            alert = self._alerts[0]
            value = alert.written()
            if not self._network.try_write(self._outputs.alerts, value):
                return
            self._alerts.pop(0)

    def _publish(self) -> None:
        for key, value in self.auditor.changed().items():
            self.process.step()
            if not self._network.try_write(self._outputs.verdicts, orjson.dumps([key, value.decode()])):
                return

    def _write_checkpoint(self) -> None:
        """Write the next shards in turn; none while an alert is not acknowledged."""
        if self._alerts:
            return
        self._checkpoint_due = self._network.now + self._network.rng.randrange(2 * EVERY_MS)
        for _ in range(self._network.rng.randint(1, SHARDS)):
            number, self._next_shard = self._next_shard, (self._next_shard + 1) % SHARDS
            key = entry_key(self._log.number, number, SHARDS).encode()
            entry = self._entry(number)
            self.process.step()
            self._network.try_write(self._outputs.checkpoints, key + b" " + entry)

    def _entry(self, number: int) -> bytes:
        entry = self.auditor.checkpoint(number)
        if self._rules.keeps_offset_with_state:
            return entry
        before, self._torn[number] = self._torn.get(number, entry), entry
        state, timeline = (orjson.loads(zlib.decompress(each)) for each in (before, entry))
        return zlib.compress(orjson.dumps([state[0], timeline[1], state[2]]))
