"""The owner of partition 0: what belongs to no single flow (delivery, 'What belongs to no single flow').

It folds the latest summary of every partition into `comparison/NAME` and `run/ENVIRONMENT/RUN` records, and
decides commands. Everything it says is made from final lines and sums only, so two owners say the same.
"""

from collections.abc import Mapping
from functools import reduce
from typing import Any, NamedTuple

import orjson
from msgspec.structs import replace

from monitor.base.errors import UndecodableError
from monitor.base.run import RunKey
from monitor.drift.answer import answer
from monitor.drift.gate import total
from monitor.drift.policy import Policy
from monitor.drift.records.audit import RunAudit
from monitor.drift.records.comparison import comparison_key
from monitor.drift.records.latest import read
from monitor.drift.records.placed import Placed, written
from monitor.drift.records.run import RunLine, RunRecord, run_record_key
from monitor.drift.records.summary import Summary
from monitor.flows.codec import encode
from monitor.flows.record import FlowRecord
from monitor.pipeline.audit.page_budget import days_of, threshold
from monitor.pipeline.audit.span_loss import lost_of, news
from monitor.pipeline.fleet.comparison import comparison_record, flows_of
from monitor.pipeline.timeline.commands import Complete, Lost, Settings, SpanLoss, Threshold, command_of
from monitor.pipeline.timeline.log_notes import OF_THE_LOG
from monitor.pipeline.timeline.telemetry_lost import in_time

MOST_SUITES = 1_000
"""Of at most this many suites the last complete run is kept."""
COMPLETE = 0.8
"""A run counts as one of its suite with this share of the flows of the suite's previous complete run."""


class Decisions(NamedTuple):
    """What to publish on the verdicts topic, which commands to append (subject, value), keys to take back."""

    records: dict[str, bytes]
    commands: list[tuple[str, bytes]]
    gone: tuple[str, ...] = ()


class Owner:
    """Receives the verdicts topic and the commands topic; decides from what stands there.

    projects: thresholds follow the updates that were counted; else they stay as the settings have them.
    """

    def __init__(self, partitions: int, *, projects: bool = True) -> None:
        self.partitions = partitions
        self._projects = projects
        self.threshold: Threshold | None = None
        self.loss: dict[str, Mapping[str, float]] = {}
        self.summaries: dict[int, Summary] = {}
        self.runs: dict[RunKey, RunRecord] = {}
        self.published: dict[str, None] = {}
        self.commands: dict[int, dict[str, Any]] = {}
        self.subjects: dict[str, int] = {}
        self.policy = Policy()
        self.undecodable = 0

    def receive(self, key: str, value: bytes | None) -> None:
        """Take one record of the verdicts topic; None takes the key back.

        Raises UndecodableError where it is no such record, and keeps the one before.
        """
        if value is None:
            self.runs = {run: line for run, line in self.runs.items() if run_record_key(run) != key}
            self.published.pop(key, None)
        elif key.startswith(comparison_key("")):
            self.published[key] = None
        elif not key.startswith("flow/"):
            self._take(read(key, value))

    def _take(self, record: Placed) -> None:
        if isinstance(record, RunRecord):
            self.runs[record.key] = record
        elif isinstance(record, Summary):
            if not 0 <= record.partition < self.partitions:
                raise UndecodableError("a summary of no partition", code="record")
            known = self.summaries.get(record.partition)
            if known is None or record.offset >= known.offset:
                self.summaries[record.partition] = record

    def receive_command(self, number: int, value: bytes) -> None:
        """Take one record of the commands topic; `number` is its offset there.

        What is no command is counted and not forwarded. An older one of its subject is forgotten, as the
        topic's compaction will do.

        Raises:
            NewerFormatError: it is of a kind that this release does not know. Later commands must not be
                forwarded without it: a partition drops what is numbered below the last one that it has.
        """
        try:
            plain = orjson.loads(value)
            command = command_of(plain)
        except (ValueError, TypeError, UndecodableError):
            self.undecodable += 1
            return
        if isinstance(command, OF_THE_LOG):
            return
        self.commands.pop(self.subjects.get(command.subject, -1), None)
        self.subjects[command.subject] = number
        self.commands[number] = plain
        if isinstance(command, Settings):
            self.policy = command.policy
        elif isinstance(command, Threshold):
            self.threshold = command
        elif isinstance(command, SpanLoss):
            self.loss[command.environment] = command.rates

    @property
    def applied(self) -> int:
        """The largest number of a command that any partition has applied; -1: none has."""
        return max((summary.command for summary in self.summaries.values()), default=-1)

    def to_forward(self, partition: int) -> list[bytes]:
        """Commands, in order, that this partition of the flows topic has not applied yet."""
        summary = self.summaries.get(partition)
        applied = summary.command if summary else -1
        return [
            encode(FlowRecord(None, command={**self.commands[number], "number": number}))
            for number in sorted(number for number in self.commands if number > applied)
        ]

    def decide(self) -> Decisions:
        """Comparison and run records from the latest summaries; nothing until all partitions have spoken."""
        if len(self.summaries) < self.partitions:
            return Decisions({}, [])
        summaries = [self.summaries[partition] for partition in range(self.partitions)]
        listed = self._decided(summaries)
        records = self._comparisons(summaries)
        records |= {run_record_key(key): written(self.runs[key]) for key in listed}
        self._forget(listed)
        commands = [*self._on_runs(), *self._threshold(summaries), *self._loss(summaries)]
        return Decisions(records, commands, tuple(key for key in self.published if key not in records))

    def _comparisons(self, summaries: list[Summary]) -> dict[str, bytes]:
        """A record for each comparison that is shown."""
        audited = self._audited()
        flows = flows_of(summaries)
        shown = (c for c in self.policy.comparisons if flows[c.candidate] or not c.when_seen)
        return {
            comparison_key(c.name): written(comparison_record(c, summaries, self.policy, audited))
            for c in shown
        }

    def _decided(self, summaries: list[Summary]) -> list[RunKey]:
        """Decide what can be decided; all decided runs that partition 0 still remembers.

        Runs are taken in the order in which partition 0 settled them, and none before those ahead of it in
        its environment: what a run is measured against then never depends on when summaries came.
        """
        lines = [{line.key: line for line in summary.runs if line.is_final} for summary in summaries]
        waiting: set[str] = set()
        decided = []
        for _, key in sorted((line.settled_at, key) for key, line in lines[0].items()):
            parts = [part[key] for part in lines if key in part]
            if key not in self.runs and key.environment not in waiting and len(parts) == self.partitions:
                self.runs[key] = self._judged(_whole(parts))
            if key in self.runs:
                decided.append(key)
            else:
                waiting.add(key.environment)
        return decided

    def _judged(self, run: RunRecord) -> RunRecord:
        """The run with the verdict whether it is complete, or broke off, against the one before.

        A run that feeds no detector is neither: its suite may be another one on its branch.
        """
        before = [
            (other.place, other.flows)
            for other in self.runs.values()
            if other.complete and (other.environment, other.suite) == (run.environment, run.suite)
            if other.place < run.place
        ]
        flows = max(before)[1] if before else 0
        if not run.rolling:
            return replace(run, flows_before=flows)
        complete = run.flows > 0 and run.flows >= COMPLETE * flows
        lost = flows > 0 and not complete and not in_time(run.finished, run.last)
        return replace(run, complete=complete, lost=lost, flows_before=flows)

    def _audited(self) -> list[RunRecord]:
        """The last complete run of each suite."""
        return list({(run.environment, run.suite): run for run in self._in_order() if run.complete}.values())

    def _forget(self, listed: list[RunKey]) -> None:
        """Keep the listed runs, and each suite's last complete one: the next is measured against it."""
        last = {(run.environment, run.suite): run.key for run in self._in_order() if run.complete}
        kept = {*listed, *list(last.values())[-MOST_SUITES:]}
        self.runs = {key: run for key, run in self.runs.items() if key in kept}

    def _in_order(self) -> list[RunRecord]:
        return sorted(self.runs.values(), key=lambda run: run.place)

    def _threshold(self, summaries: list[Summary]) -> list[tuple[str, bytes]]:
        """The thresholds of the day, once a day."""
        due = threshold(self.policy, days_of(summaries)) if self._projects else None
        if due is None or (self.threshold is not None and due.day <= self.threshold.day):
            return []
        return [(due.subject, orjson.dumps(due.plain()))]

    def _loss(self, summaries: list[Summary]) -> list[tuple[str, bytes]]:
        """What compared environments lose of their spans, where that is another share than was said."""
        lost = {name: gaps for name, gaps in lost_of(summaries).items() if self.policy.compares(name)}
        return [(each.subject, orjson.dumps(each.plain())) for each in news(lost, self.loss)]

    def _on_runs(self) -> list[tuple[str, bytes]]:
        """Commands on runs that are complete or broke off, in their order, unless written before."""
        commands: list[Complete | Lost] = []
        for run in self._in_order():
            if run.complete:
                commands.append(Complete(*run.key, run.suite, run.first))
            elif run.lost:
                commands.append(Lost(*run.key, run.suite, run.end, run.flows, run.flows_before))
        return [(c.subject, orjson.dumps(c.plain())) for c in commands if c.subject not in self.subjects]


def _whole(parts: list[RunLine]) -> RunRecord:
    """`parts`: its final line in every partition. `offset`: of the record that settled it in partition 0."""
    first = parts[0]
    return RunRecord(
        partition=0,
        offset=first.settled_at,
        environment=first.environment,
        run=first.run,
        suite=min((part.suite for part in parts if part.suite), default=first.environment),
        first=min(part.first for part in parts),
        last=max(part.last for part in parts),
        end=max(part.end for part in parts if part.end is not None),
        finished=first.finished,
        rolling=all(part.rolling for part in parts),
        flows=sum(part.flows for part in parts),
        verdicts={name: answer(part) for name, part in total(part.gate for part in parts).items()},
        audited=reduce(RunAudit.merge, (part.audited for part in parts)),
    )
