"""who_moved: a gap names the side that changed, since when, and with which version or run it began."""

from typing import Any

import orjson
import pytest

from monitor.flows.flow import Versions
from monitor.pipeline.audit.auditor import PartitionAuditor
from tests.rows import MINUTE, SECOND, header, row
from tests.unit.pipeline.auditing import PRODUCTION, Log, verdicts

CHARGE = ("POST /charge",)
FRAUD = ("POST /charge", "POST /fraud")
OLD: Versions = (("shop", "1.0"),)
NEW: Versions = (("shop", "2.0"),)
HOUR = 20_000
DEPLOYED = 125
"""Minute in which production changes, after six runs of tests."""


def produce(log: Log, minutes: range, calls: tuple[str, ...], versions: Versions, first: int) -> int:
    """A trace of production each second, a record each minute; the next free offset."""
    for minute in minutes:
        times = range(minute * MINUTE, (minute + 1) * MINUTE, SECOND)
        rows = [
            row(first + place, calls=calls, began=began)._replace(versions=versions)
            for place, began in enumerate(times)
        ]
        now = (minute + 1) * MINUTE
        out = header(PRODUCTION, low=first, log_time=now, at_end=True, low_times={"production": now})
        log.append(out, *rows)
        first += len(rows)
    return first


def history() -> tuple[Log, int]:
    """An hour of production and six runs of tests that look like it; the next free offset."""
    log = Log()
    log.production(HOUR, calls=CHARGE)
    for number in range(6):
        log.run(number, calls=CHARGE)
    return log, HOUR


def findings(log: Log) -> list[dict[str, Any]]:
    return [line for line in verdicts(log.fold()) if line["subject"] and line["dimension"] == "structure"]


def test_production_moves() -> None:
    """A deployment that adds a call to every trace makes the reference the side that moved."""
    log, first = history()
    first = produce(log, range(DEPLOYED - 2, DEPLOYED), CHARGE, OLD, first)
    produce(log, range(DEPLOYED, DEPLOYED + 20), FRAUD, NEW, first)
    for number in range(8, 13):
        log.run(number, calls=CHARGE)
    [line] = findings(log)
    assert (line["subject"], line["state"]) == ("shop POST /orders -> POST /fraud", "drift")
    assert (line["moved"], line["began_with"]) == ("reference", "shop 2.0")
    assert line["reason"].endswith("Production moved (with shop 2.0), and the tests did not follow.")


@pytest.mark.parametrize("tested", [False, True])
def test_a_changed_flow_belongs_to_its_release(*, tested: bool) -> None:
    """A flow whose calls changed with a version lacks a test until tests have had it since."""
    log, first = history()
    first = produce(log, range(DEPLOYED - 2, DEPLOYED), CHARGE, OLD, first)
    produce(log, range(DEPLOYED, DEPLOYED + 20), FRAUD, NEW, first)
    if tested:
        log.run(8, calls=FRAUD)
    records = log.fold().all_records()
    [summary] = [orjson.loads(value) for key, value in records.items() if key.startswith("summary/")]
    [release] = summary["comparisons"]["prod-test"]["releases"]
    assert (release["release"], release["changed"], release["tested"]) == ("shop 2.0", 1, int(tested))
    assert [name for name, _ in release["missing"]] == ["shop POST /orders"] * (not tested)


def test_the_old_reference_no_longer_counts_after_production_moved() -> None:
    """A change that lasts begins an epoch: what tests are held against is production as it is now."""
    log, first = history()
    produce(log, range(DEPLOYED, DEPLOYED + 20), FRAUD, NEW, first)
    log.run(8, calls=FRAUD)
    [state] = [line for line in verdicts(log.fold()) if line["dimension"] == "structure"]
    assert state["reference_n"] < 20 * 60
    assert state["subject"] == ""


def test_an_incident_begins_no_epoch() -> None:
    """Two minutes in which production looks different are no new production."""
    log, first = history()
    first = produce(log, range(DEPLOYED, DEPLOYED + 2), (), NEW, first)
    produce(log, range(DEPLOYED + 2, DEPLOYED + 20), CHARGE, OLD, first)
    log.run(8, calls=CHARGE)
    lines = [line for line in verdicts(log.fold()) if line["dimension"] == "structure"]
    assert [line["state"] for line in lines] == ["ok"]
    assert lines[0]["reference_n"] > HOUR


def test_tests_move() -> None:
    """A call that tests lack since run ci-6 makes the tests the side that moved, with that run."""
    log, _ = history()
    for number in range(6, 10):
        log.run(number, calls=())
    [line] = findings(log)
    assert (line["state"], line["moved"], line["began_with"]) == ("drift", "candidate", "run ci-6")
    assert line["reason"].endswith("The tests moved (with run ci-6).")


def test_both_move() -> None:
    """Where each side takes up what the other had, both moved."""
    log = Log()
    log.production(HOUR, calls=CHARGE)
    for number in range(30):
        log.run(number, calls=())
    first = produce(log, range(370, 372), CHARGE, OLD, HOUR)
    produce(log, range(372, 392), (), NEW, first)
    for number in range(33, 45):
        log.run(number, calls=CHARGE)
    [line] = findings(log)
    assert (line["state"], line["moved"], line["began_with"]) == ("drift", "both", "shop 2.0")
    # An onset from a history without the effect is told a run late.
    says = "Both sides moved: production (with shop 2.0), the tests (with run ci-34)."
    assert line["reason"].endswith(says)


def test_nobody_moved() -> None:
    """A gap that was there from the first run on has no side that moved."""
    log = Log()
    log.production(HOUR, calls=CHARGE)
    for number in range(4):
        log.run(number, calls=())
    [line] = findings(log)
    assert (line["state"], line["moved"], line["began_with"]) == ("drift", "unknown", "")


def test_a_version_alone_is_no_change() -> None:
    """The quiet twin: production is deployed anew and does what it did."""
    log, first = history()
    produce(log, range(DEPLOYED, DEPLOYED + 20), CHARGE, NEW, first)
    for number in range(8, 10):
        log.run(number, calls=CHARGE)
    assert findings(log) == []
    assert log.alerts == []


@pytest.mark.parametrize("cut", [8, 20, 29, 30, 33])
def test_a_restart_changes_nothing(cut: int) -> None:
    """Wherever the fold is cut, what is known of both sides comes back from its checkpoint whole."""
    log, first = history()
    first = produce(log, range(DEPLOYED - 2, DEPLOYED), CHARGE, OLD, first)
    produce(log, range(DEPLOYED, DEPLOYED + 20), FRAUD, NEW, first)
    log.run(8, calls=CHARGE)
    whole = log.fold()
    before = log.fold(until=cut)
    stored = {number: before.checkpoint(number) for number in range(before.shards)}
    after = PartitionAuditor(0, before.shards, 1, stored)
    for offset, (stamp, value) in enumerate(log.entries):
        if offset >= cut:
            after.apply(offset, stamp, value)
    assert after.all_records() == whole.all_records()
