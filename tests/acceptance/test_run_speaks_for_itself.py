"""Scenario run_speaks_for_itself: what other runs did colours no gate; what this one did decides it."""

from typing import Any

import orjson
import pytest

from monitor.base.units import LogTime
from monitor.pipeline.audit.auditor import PartitionAuditor
from monitor.pipeline.timeline.commands import Finish
from tests.acceptance.test_gate import CHARGE, verdicts_of
from tests.rows import MINUTE, header, row
from tests.unit.pipeline.auditing import TESTS, Log, checkpoints, verdicts

DRIFTING = 20
CALL = "'shop POST /orders -> POST /charge'"


def after(*runs: tuple[str, ...], traces: int = 20_000, cases: int = 4) -> Log:
    """Production that always makes the call, twenty runs that never do, then one run per element."""
    log = Log()
    log.production(traces)
    for number, calls in enumerate([()] * DRIFTING + list(runs)):
        log.run(number, calls=calls, cases=cases)
    return log


def last(log: Log) -> dict[str, Any]:
    """The verdict on the last run."""
    return list(verdicts_of(log).values())[-1]


def test_a_faithful_run_passes_at_once() -> None:
    """Twenty runs lack the call and page; the next one makes it: it passes, and the open drift is a note."""
    log = after(CHARGE)
    told = last(log)
    assert (told["state"], told["reasons"], told["ok"]) == ("pass", (), 1)
    [note] = told["notes"]
    assert note.startswith(f"shop POST /orders: Not shown by this run, and still open over others: {CALL}")
    assert [line["state"] for line in verdicts(log.fold()) if line["subject"]] == ["drift"]


def test_a_run_that_lacks_the_call_does_not() -> None:
    """The control: one more run without the call drifts, in its own numbers."""
    told = last(after(CHARGE, ()))
    assert (told["state"], told["notes"]) == ("drift", ())
    [reason] = told["reasons"]
    assert reason.endswith("and in 0 of 4 test cases of run ci-21.")


def test_production_that_is_too_small_proves_nothing() -> None:
    """The control: where nobody could know, a faithful run is not enough."""
    told = last(after(CHARGE, traces=3))
    assert (told["state"], told["drift"]) == ("insufficient", 0)


@pytest.mark.parametrize("lacking", [1, 2, 3])
def test_a_run_that_lacks_the_call_in_part_does_not_pass(lacking: int) -> None:
    """The control: some of its cases make the call, some do not."""
    log = after()
    begin = 400 * MINUTE
    place: dict[str, Any] = {"environment": "integration", "suite": "nightly", "run": "part", "began": begin}
    rows = [row(9_000 + n, case=f"{n}", calls=() if n < lacking else CHARGE, **place) for n in range(4)]
    runs, here = {("integration", "part"): (begin, begin)}, {"integration": begin}
    log.append(header(TESTS, low=9_000, log_time=begin, low_times=here, runs=runs), *rows)
    later = {"integration": begin + 9 * MINUTE}
    log.append(header(TESTS, low=9_100, log_time=begin + 9 * MINUTE, low_times=later))
    assert last(log)["state"] != "pass"


@pytest.mark.parametrize("finished", [False, True])
def test_a_run_that_is_open_or_broke_off_colours_no_other(finished: bool) -> None:
    """Its units lack the call, and it goes on, or was ended early: the run that ends after that passes."""
    log = Log()
    log.production(20_000)
    for number in range(3):
        log.run(number, calls=CHARGE, cases=4)
    begin = 100 * MINUTE
    place: dict[str, Any] = {"environment": "integration", "suite": "nightly", "run": "open", "began": begin}
    rows = [row(5_000 + n, case=f"{n}", calls=(), **place) for n in range(4)]
    runs, here = {("integration", "open"): (begin, begin)}, {"integration": begin}
    log.append(header(TESTS, low=5_000, log_time=begin, low_times=here, runs=runs), *rows)
    if finished:
        log.command(Finish("integration", "open", LogTime(begin + 1)))
    log.command(Finish("integration", "ci-60", LogTime(102 * MINUTE + 1)))
    log.run(60, at=102, calls=CHARGE, cases=4)
    told = verdicts_of(log)
    assert told["ci-60"]["state"] == "pass"
    assert told["open"]["state"] == "drift"


def test_the_verdict_survives_a_restart() -> None:
    """Restored from checkpoints anywhere among the runs, an auditor says the same of each."""
    log = after(CHARGE, (), CHARGE)
    whole = orjson.loads(log.fold().all_records()["summary/0"])["runs"]
    for until in (10, 30, 45):
        restored = log.fold(PartitionAuditor(0, 4, 1, checkpoints(log.fold(until=until))))
        assert orjson.loads(restored.all_records()["summary/0"])["runs"] == whole
