"""Facts while a run is open: what no unit does and nearly all of production does is reported at once."""

from typing import Any

import pytest

from monitor.pipeline.audit.auditor import PartitionAuditor
from tests.rows import MINUTE, header, row
from tests.unit.pipeline.auditing import TESTS, Log, verdicts

CHARGE = ("POST /charge",)


def open_run(log: Log, *calls: tuple[str, ...], minute: int = 70) -> None:
    """A run, still going on, with one flow per entry of `calls`, each of a case of its own."""
    begin = minute * MINUTE
    place: dict[str, Any] = {"environment": "integration", "run": "ci", "began": begin}
    rows = [row(5000 + n, case=f"case {n}", calls=one, **place) for n, one in enumerate(calls)]
    runs = {("integration", "ci"): (begin, begin)}
    head = header(TESTS, low=5000, log_time=begin, low_times={"integration": begin}, runs=runs)
    log.append(head, *rows)


def lines(
    *calls: tuple[str, ...], traces: int = 1000, usual: tuple[str, ...] = CHARGE
) -> list[dict[str, Any]]:
    log = Log()
    log.production(traces, calls=usual)
    open_run(log, *calls)
    told = verdicts(log.fold())
    assert log.alerts == []
    return told


def test_a_missing_call_is_suspect_in_its_first_run() -> None:
    """A call that an open run lacks is suspect before the run is over, without any event."""
    [line] = lines((), ())
    assert (line["state"], line["subject"]) == ("suspect", "shop POST /orders -> POST /charge")
    assert line["reason"] == (
        "'shop POST /orders -> POST /charge' happens in all 1,000 production traces "
        "and in 0 of 2 test cases of run ci. The run is not over."
    )


def test_a_subject_has_one_line() -> None:
    """A fact of an open run stands in the place of what earlier runs showed without proving it."""
    log = Log()
    log.production(1000)
    log.run(0, calls=())
    [settled] = verdicts(log.fold())
    open_run(log, (), (), minute=90)
    [shown] = verdicts(log.fold())
    assert settled["subject"] == shown["subject"] == "shop POST /orders -> POST /charge"
    assert (settled["state"], shown["state"]) == ("insufficient", "suspect")


def test_a_new_call_is_suspect_in_its_first_run() -> None:
    """A call that all flows of an open run make and production never makes is suspect."""
    [line] = lines((*CHARGE, "db INSERT"), (*CHARGE, "db INSERT"))
    assert (line["state"], line["subject"], line["effect"]) == (
        "suspect",
        "shop POST /orders -> db INSERT",
        1.0,
    )


@pytest.mark.parametrize(
    ("calls", "traces", "usual"),
    [
        ([CHARGE], 1000, CHARGE),
        ([(), CHARGE], 1000, CHARGE),
        ([()], 999, CHARGE),
        ([CHARGE, (*CHARGE, "db INSERT")], 1000, CHARGE),
        ([(*CHARGE, "db INSERT")], 999, CHARGE),
    ],
)
def test_no_fact(calls: list[tuple[str, ...]], traces: int, usual: tuple[str, ...]) -> None:
    """One unit that differs from the others, or a reference that is too small, gives no fact."""
    assert all(line["state"] != "suspect" for line in lines(*calls, traces=traces, usual=usual))


def test_a_branch_of_production_is_no_fact() -> None:
    """What production does in 98 of 100 traces may be missing in a run."""
    log = Log()
    rows = [row(n, calls=CHARGE if n % 50 else (), began=n) for n in range(2000)]
    log.append(header(log_time=60 * MINUTE), *rows)
    open_run(log, (), ())
    assert all(line["state"] != "suspect" for line in verdicts(log.fold()))


def test_a_fact_is_published_as_soon_as_it_is_known() -> None:
    """The first flow of a case changes the flow's record, however many flows there were before."""
    log, auditor = Log(), PartitionAuditor(0, 4, 1, {})
    log.production(1003)
    log.fold(auditor)
    auditor.changed()
    open_run(log, ())
    auditor.apply(len(log.entries) - 1, *log.entries[-1])
    assert [key for key in auditor.changed() if key.startswith("flow/")] != []
