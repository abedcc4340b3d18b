"""A small log of the flows topic for tests: append records and commands, fold them, ask what came of it."""

from collections.abc import Collection
from functools import lru_cache
from typing import Any

import orjson
from msgspec.structs import asdict

from monitor.dimensions.dimension import Severity
from monitor.drift.policy import Comparison, Policy
from monitor.drift.records.alert import Alert
from monitor.flows.codec import encode
from monitor.flows.flow import Flow
from monitor.flows.record import FlowRecord, Header
from monitor.ledgers import QUESTIONS
from monitor.pipeline.audit.auditor import PartitionAuditor
from monitor.pipeline.timeline.commands import Command, Settings
from tests.rows import MINUTE, header, row, source

POLICY = Policy(comparisons=(Comparison(name="prod-test", reference="production", candidate="integration"),))
PRODUCTION = source("production-spans")
TESTS = source("test-spans")


class Log:
    """Values of one partition of the flows topic, with the time at which each was appended.

    known: the entries up to the first hour of production, which all logs that begin so fold once.
    """

    def __init__(self, policy: Policy = POLICY) -> None:
        self.entries: list[tuple[int, bytes]] = []
        self.known = 0
        self.commands = 0
        self.command(Settings(policy))

    def append(self, head: Header, *flows: Flow, stamp: int | None = None) -> None:
        """Append a record; without `stamp` the append time is the header's log time."""
        self.entries.append((head.log_time if stamp is None else stamp, encode(FlowRecord(head, flows))))

    def command(self, command: Command, number: int | None = None) -> None:
        """Append a command under the next number, or under `number`."""
        plain = {"number": self.commands if number is None else number, **command.plain()}
        self.commands += number is None
        stamp = self.entries[-1][0] if self.entries else 0
        self.entries.append((stamp, encode(FlowRecord(None, command=plain))))

    def production(self, traces: int, *, calls: tuple[str, ...] = ("POST /charge",), first: int = 0) -> None:
        """An hour of production: `traces` complete traces, then a header that says they are all out."""
        self.entries.append((60 * MINUTE, _hour(traces, calls, first)))
        done = header(
            PRODUCTION,
            low=first + traces,
            log_time=60 * MINUTE,
            at_end=True,
            low_times={"production": 60 * MINUTE},
        )
        self.append(done)
        self.known = self.known or len(self.entries)

    def run(
        self,
        number: int,
        *,
        calls: tuple[str, ...],
        cases: int = 2,
        at: int | None = None,
        branch: str = "",
    ) -> None:
        """A test run of `cases` cases in minute `at`, and a header from long after it: it settles."""
        begin = (70 + 10 * number if at is None else at) * MINUTE
        name = f"ci-{number}"
        rows = [
            row(
                100 * number + case,
                environment="integration",
                suite="nightly",
                run=name,
                case=f"case {case}",
                calls=calls,
                began=begin,
            )
            for case in range(cases)
        ]
        runs = {("integration", name): (begin, begin)}
        marks = (("vcs.ref.head.name", branch),) if branch else ()
        here = {"integration": begin}
        self.append(
            header(TESTS, low=100 * number, log_time=begin, low_times=here, runs=runs, marks=marks), *rows
        )
        later = begin + 9 * MINUTE
        self.append(header(TESTS, low=100 * number + cases, log_time=later, low_times={"integration": later}))

    def fold(self, auditor: PartitionAuditor | None = None, until: int | None = None) -> PartitionAuditor:
        """Fold the log up to offset `until` (all of it) from where `auditor` stands."""
        entries = self.entries[:until]
        self.alerts: list[Alert] = []
        if auditor is None:
            saved, alerts = _after(tuple(entries[: self.known]))
            auditor = PartitionAuditor(0, 4, 1, saved)
            self.alerts += alerts
        for offset, (stamp, value) in enumerate(entries):
            self.alerts += auditor.apply(offset, stamp, value)
        return auditor


@lru_cache(maxsize=8)
def _hour(traces: int, calls: tuple[str, ...], first: int) -> bytes:
    """The record of an hour of production, which many logs begin with."""
    rows = tuple([row(first + place, calls=calls, began=place) for place in range(traces)])
    return encode(FlowRecord(header(PRODUCTION, log_time=60 * MINUTE, low_times={"production": 0}), rows))


@lru_cache(maxsize=8)
def _after(entries: tuple[tuple[int, bytes], ...]) -> tuple[dict[int, bytes], list[Alert]]:
    """Checkpoints and events after these entries: to go on from there is to fold the whole log, by law."""
    auditor = PartitionAuditor(0, 4, 1, {})
    alerts: list[Alert] = []
    for offset, (stamp, value) in enumerate(entries):
        alerts += auditor.apply(offset, stamp, value)
    return checkpoints(auditor), alerts


PAGING = tuple([name for name, each in QUESTIONS.items() if each.severity is Severity.PAGES])


def labels_of(alert: Alert) -> dict[str, str]:
    """What an event is about."""
    return asdict(alert.labels)


def verdicts(
    auditor: PartitionAuditor, dimensions: Collection[str] = ("structure", "coverage")
) -> list[dict[str, Any]]:
    """The verdict lines that a partition would publish, of some dimensions."""
    records = (orjson.loads(v) for k, v in auditor.all_records().items() if k.startswith("flow/"))
    return [line for record in records for line in record["verdicts"] if line["dimension"] in dimensions]


def summary_of(auditor: PartitionAuditor) -> dict[str, Any]:
    """The summary that a partition would publish."""
    plain: dict[str, Any] = orjson.loads(auditor.all_records()[f"summary/{auditor.partition}"])
    return plain


def checkpoints(auditor: PartitionAuditor) -> dict[int, bytes]:
    """A checkpoint of every shard."""
    return {number: auditor.checkpoint(number) for number in range(auditor.shards)}
