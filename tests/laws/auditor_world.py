"""Random logs of one partition of the flows topic, as crashes, zombies and second owners leave them.

What observers say stays true, as the protocol has it: a record that says low offset L follows every row
below L. Everything else may happen: rows come again in other groupings and late, records are split, old
ones are repeated word for word, commands come twice, partitions fall silent, a topic is recreated.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import blake2b
from random import Random

import orjson
from msgspec import to_builtins

from monitor.base.units import DAY_MS, LogTime
from monitor.drift.records.alert import Alert
from monitor.flows.codec import decode, encode
from monitor.flows.flow import Flaw, Flow, FlowId, Outcome
from monitor.flows.record import FlowRecord, Header, Source
from monitor.pipeline.audit.auditor import PartitionAuditor
from monitor.pipeline.timeline.commands import Begin, Command, Complete, Finish, Settings, Threshold
from monitor.wire.span import Marks
from tests.rows import MINUTE, SECOND, header, row, source
from tests.unit.pipeline.auditing import POLICY, checkpoints

SHARDS = 4
MOST_PROCESSES = 6
"""Observers of all source partitions together."""
FLOWS = tuple(FlowId("shop", f"GET /{name}") for name in ("cart", "order", "pay"))
CALLS = (("POST /charge",), ("POST /charge", "db SELECT"), (), ("db SELECT",), ("db SELECT",))
_MAIN = POLICY.comparisons[0].model_copy(update={"name": "main", "rolling": {"branch": ("main",)}})
HASTY = POLICY.model_copy(update={"page": 1.2, "warn": 0.6, "comparisons": (*POLICY.comparisons, _MAIN)})
"""Thresholds so low that a few traces make an alert; a second comparison is fed by half of the runs."""
STRICT = POLICY.model_copy(update={"page": 1e9, "warn": 10.0})
Entry = tuple[int, bytes]
"""Append time in ms and value."""


@dataclass
class Process:
    """An observer of one source partition: it publishes rows from `start` on, in an order of its own."""

    of: Source
    partitions: int
    todo: list[Flow]
    log_time: int = 0
    said: int = 0
    runs: dict[tuple[str, str], tuple[int, int]] = field(default_factory=dict)

    def record(self, rng: Random) -> list[tuple[Header, list[Flow]]]:
        """Its next record, maybe split in two, of which only the second says the new low offset."""
        size = rng.randint(0, 15)
        rows, self.todo = self.todo[:size], self.todo[size:]
        for flow in rows:
            self.log_time = max(self.log_time, flow.began)
            if flow.run:
                first, last = self.runs.get((flow.environment, flow.run), (flow.began, flow.began))
                key = (flow.environment, flow.run)
                self.runs[key] = (min(first, flow.began), max(last, flow.began))
        low = min((flow.offset for flow in self.todo), default=10_000)
        before, self.said = self._header(self.said), low
        middle = len(rows) // 2 if rng.random() < 0.3 else 0
        parts = [(self._header(low), rows[middle:])]
        return [(before, rows[:middle]), *parts] if middle else parts

    def _header(self, low: int) -> Header:
        if not self.todo:
            self.log_time += MINUTE
        environments = ("production",) if self.of.topic == "production-spans" else ("integration",)
        oldest = min([self.log_time, *(flow.began for flow in self.todo)])
        head = header(
            self.of,
            partitions=self.partitions,
            low=low,
            log_time=self.log_time,
            at_end=not self.todo,
            low_times=dict.fromkeys(environments, oldest),
            runs=self.runs,
            tallies={"flows": self.said},
        )
        marked = {key: run._replace(marks=_marks(*key)) for key, run in head.runs.items()}
        return head._replace(runs=marked)


def _marks(environment: str, run: str) -> Marks:
    """Every other run is one of the main branch."""
    return (("branch", "main" if int(run[-1]) % 2 else "feature"),) if environment == "integration" else ()


class World:
    """One random log, drawn from `seed`."""

    def __init__(self, seed: int) -> None:
        self.rng = Random(seed)
        self.entries: list[Entry] = []
        self.stamp = DAY_MS
        self.number = 0
        self._command(Settings(HASTY))
        processes = [Process(of, partitions, self._rows(of)) for of, partitions in self._sources()]
        while any(process.todo for process in processes) or self.rng.random() < 0.8:
            self._step(processes)
            if len(processes) < MOST_PROCESSES and self.rng.random() < 0.1:
                processes.append(self._second_owner(self.rng.choice(processes)))

    def _sources(self) -> list[tuple[Source, int]]:
        sources = [(source("production-spans", partition), 2) for partition in (0, 1)]
        sources += [(source("test-spans"), 1)]
        if self.rng.random() < 0.3:
            sources += [(source("test-spans", incarnation="2"), 1)]
        return sources

    def _rows(self, of: Source) -> list[Flow]:
        """Rows in the order of their closing: nearly that of their beginning."""
        rng, rows = self.rng, []
        spacing = rng.choice((20, 20, 150)) * SECOND
        production = of.topic == "production-spans"
        for offset in range(rng.randint(40, 100) if production else rng.randint(5, 50)):
            flow = rng.choice((*FLOWS, FLOWS[1], FLOWS[1], FLOWS[1]))
            run = "" if production or rng.random() < 0.2 else f"ci-{offset // 15}"
            rows.append(
                row(
                    offset,
                    place=rng.randint(0, 2),
                    ordinal=rng.randint(0, 1),
                    flow=flow,
                    calls=CALLS[0] if production else rng.choice(CALLS),
                    environment="production" if production else "integration",
                    outcome=rng.choice((Outcome.OK,) * 5 + (Outcome.FAILED,)),
                    run=run,
                    suite="nightly" if run else "",
                    case=f"case {rng.randint(0, 5)}" if run else "",
                    weight=rng.choice((1024, 1024, 102_400)) if flow == FLOWS[0] else 1024,
                    began=offset * spacing,
                    flaws=rng.choice((Flaw.NONE, Flaw.NONE, Flaw.NONE, Flaw.ORPHANED)),
                )
            )
        return sorted(rows, key=lambda flow: (flow.offset + rng.randint(0, 6), flow.place))

    def _step(self, processes: list[Process]) -> None:
        rng = self.rng
        process = rng.choice(processes)
        self.stamp += rng.choice((SECOND, 5 * SECOND, 5 * SECOND, 3 * MINUTE))
        for head, rows in process.record(rng):
            self.entries.append((self.stamp, encode(FlowRecord(head, tuple(rows)))))
        if rng.random() < 0.15:
            self.entries.append((self.stamp, rng.choice(self.entries)[1]))
        if rng.random() < 0.3:
            self._command(self._any_command())
        if rng.random() < 0.02:
            self.entries.append((self.stamp, b"no record"))

    def _second_owner(self, process: Process) -> Process:
        """It starts at what the first has said, and knows nothing of what is out above that."""
        of = process.of
        out = [flow for _, flow in rows_of(self.entries, of) if flow.offset >= process.said]
        todo = list({flow.name: flow for flow in [*out, *process.todo]}.values())
        self.rng.shuffle(todo)
        return Process(of, process.partitions, todo, said=process.said, runs=dict(process.runs))

    def _any_command(self) -> Command:
        rng, run = self.rng, f"ci-{self.rng.randint(0, 3)}"
        at = LogTime(rng.randint(0, 30) * MINUTE + POLICY.bucket_ms)
        kinds = (
            Settings(rng.choice((HASTY, STRICT))),
            Begin(rng.choice(("", "integration")), run, rng.choice(("", "smoke")), at),
            Finish(rng.choice(("", "integration")), run, at),
            Complete("integration", run, "nightly", at),
            Threshold(rng.randint(0, 2), rng.choice((2.5, 1e3)), 1.2),
        )
        return rng.choice(kinds)

    def _command(self, command: Command) -> None:
        number = self.number
        self.number += 1
        again = 1 + (self.rng.random() < 0.3)
        value = encode(FlowRecord(None, command={"number": number, **command.plain()}))
        self.entries += [(self.stamp, value)] * again


def rows_of(entries: list[Entry], of: Source) -> Iterator[tuple[int, Flow]]:
    """Place in the log and row, of one source partition."""
    for place, (_, value) in enumerate(entries):
        if value.startswith(b"{"):
            record = decode(value)
            if record.header and record.header.source == of:
                yield from ((place, flow) for flow in record.flows)


def without_repeats(entries: list[Entry]) -> list[Entry]:
    """The same log, with every row only where it stands first."""
    seen: set[tuple[Source, object]] = set()
    kept = []
    for stamp, value in entries:
        if value.startswith(b"{") and (head := (record := decode(value)).header):
            rows = [flow for flow in record.flows if (head.source, flow.name) not in seen]
            rows = list({flow.name: flow for flow in reversed(rows)}.values())[::-1]
            seen |= {(head.source, flow.name) for flow in rows}
            value = encode(FlowRecord(head, tuple(rows)))
        kept.append((stamp, value))
    return kept


def fold(
    entries: list[Entry], auditor: PartitionAuditor | None = None
) -> tuple[PartitionAuditor, list[Alert]]:
    """Fold a log from where `auditor` stands; its events."""
    auditor = auditor or PartitionAuditor(0, SHARDS, 1, {})
    begin = auditor.next_offset
    alerts: list[Alert] = []
    for offset, (stamp, value) in enumerate(entries[begin:], begin):
        alerts += auditor.apply(offset, stamp, value)
    return auditor, alerts


def digest(seed: int) -> str:
    """A digest of everything that the fold of a log gives, byte for byte and in its order."""
    auditor, alerts = fold(World(seed).entries)
    told = [checkpoints(auditor), auditor.all_records(), [to_builtins(alert) for alert in alerts]]
    plain = [[[str(k), v.hex()] for k, v in part.items()] for part in told[:2] if isinstance(part, dict)]
    return blake2b(orjson.dumps([plain, told[2]])).hexdigest()
