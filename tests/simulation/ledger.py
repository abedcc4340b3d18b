"""What must be true of a simulated world, checked while it runs: an account of its own of all that was made.

Rows: an observer that nothing disturbs reads the same partitions (`Undisturbed`); what it finds must stand in
the flows topic. State: an auditor that nothing disturbs folds the same flows topic, each row once. And beside
both, the traces that were written are counted.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import orjson

from monitor.base.units import LogTime
from monitor.flows.codec import decode, encode
from monitor.flows.flow import Flow
from monitor.flows.record import Source
from monitor.pipeline.audit.auditor import PartitionAuditor
from tests.simulation.auditing import PARTITIONS, SHARDS
from tests.simulation.rules import BrokenRuleError
from tests.simulation.topics import Log

GRACE_MS = 12 * 3_600_000
"""What was written so long ago must have arrived."""
FORGOTTEN_MS = 30 * 3_600_000
"""Nothing older comes again."""


class Progress(NamedTuple):
    """How far a source partition is: what is committed, and what the observer that nothing disturbs needs."""

    committed: int
    undisturbed: int


@dataclass
class _Entry:
    """A row: when it was first expected and first seen (ms; 0: not yet), and what it says."""

    content: Flow
    expected: int = 0
    seen: int = 0


@dataclass
class Account:
    """Rows of one source partition, by name; lows: the largest low offset that each log was told."""

    rows: dict[tuple[object, ...], _Entry] = field(default_factory=dict)
    lows: dict[int, int] = field(default_factory=dict)


class Ledger:
    """The account of one world.

    exact: whether rows must say the same whoever finds them. Where clocks are wrong, which late spans made it
    into a flow may differ after a silence, and so may what became of the others.
    """

    def __init__(self, exact: bool) -> None:
        self._exact = exact
        self.now = 0
        self.folded = [PartitionAuditor(number, SHARDS, PARTITIONS, {}) for number in range(PARTITIONS)]
        self.repeats = [0] * PARTITIONS
        self.records = self.flows = self.lost = self.doubled = 0
        self.alerts: dict[str, bytes] = {}
        self._accounts: dict[Source, Account] = {}
        self._traces: dict[bytes, list[int]] = {}
        self._letters: dict[bytes, list[int]] = {}
        self._due: dict[str, int] = {}

    def wrote(self, traces: Iterable[bytes]) -> None:
        """Traces were written."""
        self.records += 1
        for trace in traces:
            self._traces.setdefault(trace, [self.now, 0, 0])

    def wrote_unreadable(self, letter: bytes) -> None:
        """A record was written that must become a dead letter."""
        self._letters[letter] = [self.now, 0]

    def buried(self, letter: bytes) -> None:
        """A dead letter was written."""
        if letter in self._letters:
            self._letters[letter][1] += 1

    def expect(self, source: Source, rows: Iterable[Flow]) -> None:
        """The observer that nothing disturbs found rows."""
        account = self._account(source)
        for row in rows:
            entry = account.rows.setdefault(row.name, _Entry(_content(row)))
            entry.expected = self.now
            self._check_content(source, entry, row)

    def appended(self, log: Log, offset: int, value: bytes) -> None:
        """A record was written to the flows topic: what it has of new rows, and what it says of old ones."""
        record = decode(value)
        if record.header is not None:
            account, low = self._account(record.header.source), record.header.low
            told = account.lows.get(log.number, 0)
            new = [row for row in record.flows if self._is_new(record.header.source, row, told)]
            account.lows[log.number] = max(told, low)
            self.repeats[log.number] += len(record.flows) - len(new)
            self.flows += len(new)
            if len(new) != len(record.flows):
                value = encode(record._replace(flows=tuple(new)))
        for alert in self.folded[log.number].apply(offset, self.now, value):
            self._due[alert.id] = self.now
            self._check_alert(alert.id, alert.written())

    def _account(self, source: Source) -> Account:
        return self._accounts.setdefault(source, Account())

    def _check_content(self, source: Source, entry: _Entry, row: Flow) -> None:
        if self._exact and (differences := _differences(entry.content, _content(row))):
            self._fail(f"two rows of {source} at {row.offset} differ in {differences}")

    def _is_new(self, source: Source, row: Flow, told: int) -> bool:
        if row.offset < told:
            return False
        account = self._account(source)
        entry = account.rows.setdefault(row.name, _Entry(_content(row)))
        self._check_content(source, entry, row)
        if entry.seen:
            return False
        entry.seen = self.now
        if row.trace_id in self._traces and not row.is_unfinished:
            self._traces[row.trace_id][1 + bool(row.flaws)] += 1
        return True

    def alerted(self, value: bytes) -> None:
        """An alert was written."""
        name: str = orjson.loads(value)["id"]
        if name not in self.alerts:
            self._fail(f"alert {name} is not one of an undisturbed fold")
        self._check_alert(name, value)
        self._due.pop(name, None)

    def _check_alert(self, id: str, content: bytes) -> None:
        known = self.alerts.setdefault(id, content)
        if known != content:
            self._fail(f"alert {id} was {known.decode()}, and is {content.decode()}")

    def _fail(self, what: str) -> None:
        raise BrokenRuleError(what)

    def settle(self, progress: Mapping[Source, Progress], at_end: bool = False) -> None:
        """What must have arrived, has; what is very old is forgotten. progress: of each source partition."""
        for source, account in self._accounts.items():
            self._settle_rows(source, account, progress[source], at_end)
        until = self.now if at_end else self.now - GRACE_MS
        for letter in [letter for letter, (written, _) in self._letters.items() if written <= until]:
            if not self._letters.pop(letter)[1]:
                self._fail(f"record {letter.decode()} is no dead letter")
        for trace in [trace for trace, (written, *_) in self._traces.items() if written <= until]:
            _, whole, flawed = self._traces.pop(trace)
            self.lost += not whole + flawed
            self.doubled += whole > 1
        if late := [name for name, since in self._due.items() if since <= until]:
            self._fail(f"alerts were not sent: {late}")

    def _settle_rows(self, source: Source, account: Account, progress: Progress, at_end: bool) -> None:
        for name, entry in account.rows.items():
            offset = entry.content.offset
            if entry.content.is_unfinished and not self._exact:
                continue
            if not entry.seen and (at_end or offset < progress.committed):
                self._fail(f"lost: the row {name} of {source}, {progress.committed} is committed")
            if not entry.expected and (at_end or offset < progress.undisturbed):
                self._fail(f"doubled: the row {name} of {source} is part of another one")
        horizon = self.now - FORGOTTEN_MS
        old = [name for name, entry in account.rows.items() if entry.seen and entry.seen < horizon]
        for name in old:
            del account.rows[name]

    def compare(self, auditor: PartitionAuditor) -> None:
        """An auditor that has folded all must have the state of the one that nothing disturbed."""
        alone = self.folded[auditor.partition]
        if auditor.duplicates != self.repeats[auditor.partition]:
            self._fail(f"{auditor.duplicates} duplicates, {self.repeats[auditor.partition]} rows came again")
        if auditor.next_offset != alone.next_offset or state(auditor) != state(alone):
            self._fail(f"the state of partition {auditor.partition} is not that of an undisturbed fold")


def state(auditor: PartitionAuditor) -> bytes:
    """All that an auditor holds, but for what repeated rows enter, too: their number, where traces are."""
    shards = [shard.pack() | {"duplicates": 0} for shard in auditor._shards()]
    timeline = auditor.timeline.pack() | {"sightings": {}}
    return orjson.dumps([timeline, shards], option=orjson.OPT_NON_STR_KEYS)


def _content(row: Flow) -> Flow:
    """What a row says; of its times, which idle time may move, only when its entry began, for its lead."""
    entry = None if row.lead is None else row.began - row.lead
    return row._replace(began=LogTime(0), lead=entry)


def _differences(one: Flow, other: Flow) -> str:
    """The fields in which two rows differ."""
    pairs = zip(Flow._fields, one, other, strict=True)
    return ", ".join(f"{name}: {a!r} and {b!r}" for name, a, b in pairs if a != b)
