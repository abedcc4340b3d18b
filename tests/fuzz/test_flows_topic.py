"""Damaged records of our own topic: each gives one clear error, and the auditor's state stays sound."""

from pathlib import Path

import orjson
import pytest

from monitor.base.units import LogTime
from monitor.flows.codec import decode, encode
from monitor.flows.record import FlowRecord
from monitor.pipeline.audit.auditor import PartitionAuditor
from monitor.pipeline.audit.record_check import checked
from monitor.pipeline.timeline.commands import Begin, Command, Complete, Finish, Settings, Threshold, numbered
from tests.fuzz.harness import fuzz
from tests.fuzz.mutate import Mutator
from tests.rows import header, row
from tests.unit.pipeline.auditing import POLICY

GOLDEN = Path(__file__).parents[1] / "golden" / "flows" / "record_v1.json"
LIFE = 500
"""Records that one auditor folds: what it took in stays with it."""


def command(number: int, what: Command) -> bytes:
    """A command as it stands in the topic."""
    return encode(FlowRecord(None, command={"number": number, **what.plain()}))


def seeds() -> list[bytes]:
    """Rows with a header, a heartbeat, and every command."""
    low = {"production": 5_000, "integration": 1_000}
    heard = header(
        low=7, log_time=9_000, low_times=low, runs={("integration", "ci-1"): (1, 9)}, tallies={"spans": 3}
    )
    rows = [
        row(1, began=3),
        row(2, environment="integration", run="ci-1", case="buys", calls=("a", "b"), began=5),
    ]
    commands: list[Command] = [
        Begin("integration", "ci-1", "nightly", LogTime(1)),
        Finish("integration", "ci-1", LogTime(9)),
        Complete("integration", "ci-1", "nightly", LogTime(1)),
        Threshold(20_000, 1e6, 1e3),
    ]
    records = [encode(FlowRecord(heard, tuple(rows))), encode(FlowRecord(heard)), GOLDEN.read_bytes().strip()]
    return records + [command(number, each) for number, each in enumerate(commands, 1)]


def test_damaged_records_of_the_flows_topic() -> None:
    """Damaged records of the flows topic are read, or refused with a code; what is read can be written."""

    def read(payload: bytes) -> None:
        record = checked(decode(payload))
        if record.command is not None:
            numbered(record.command)
        assert decode(encode(record)) == record

    outcomes = fuzz(Mutator(seeds(), text=True), read)
    assert outcomes.keys() <= {"", "malformed", "newer_format", "command"}
    assert outcomes[""] > outcomes.total() / 20


@pytest.mark.fault(33)
def test_the_auditor_folds_damaged_records() -> None:
    """What is undecodable or newer changes nothing; what is read leaves a state that can be stored."""
    auditors: list[PartitionAuditor] = []
    settings = command(0, Settings(POLICY))

    def fold(payload: bytes) -> None:
        if not auditors or auditors[0].next_offset > LIFE:
            auditors[:] = [PartitionAuditor(0, 4, 1, {})]
            auditors[0].apply(0, 0, settings)
        auditor = auditors[0]
        auditor.apply(auditor.next_offset, auditor.next_offset * 1_000, payload)
        if auditor.next_offset % LIFE == 0:
            entries = {number: auditor.checkpoint(number) for number in range(4)}
            again = PartitionAuditor(0, 4, 1, entries)
            assert {number: again.checkpoint(number) for number in range(4)} == entries
            for value in auditor.all_records().values():
                orjson.loads(value)

    assert fuzz(Mutator(seeds(), text=True), fold).keys() <= {"", "newer_format"}
