"""Outcome: tests end as production does, within a wide tolerance; it warns and never pages."""

from typing import Any

import pytest

from monitor.flows.flow import Outcome
from monitor.pipeline.timeline.commands import Settings
from tests.rows import MINUTE, header, row
from tests.unit.pipeline.auditing import POLICY, PRODUCTION, TESTS, Log, labels_of, verdicts

TRACES = 4000
RUNS = 60
KNOWN = POLICY.model_copy(update={"sampling": {"production": "none"}})


def production(log: Log, failing: int, hours: int = 4, busy: int = 0) -> None:
    """Some hours of which `failing` % of the traces fail, `busy` % more in every other hour."""
    rows = []
    for n in range(TRACES):
        began = n * hours * 60 * MINUTE // TRACES
        share = failing + busy * (began // (60 * MINUTE) % 2)
        failed = n * 37 % 100 < share
        rows.append(row(n, began=began, outcome=Outcome.FAILED if failed else Outcome.OK))
    now = hours * 60 * MINUTE
    log.append(header(PRODUCTION, log_time=now, low_times={"production": 0}), *rows)
    log.append(header(PRODUCTION, low=TRACES, log_time=now, at_end=True, low_times={"production": now}))


def run(log: Log, number: int, failing: int, start: int) -> None:
    """A run of eight cases of which `failing` fail."""
    begin, name = (start + 10 * number) * MINUTE, f"ci-{number}"
    rows = [
        row(
            10 * number + n,
            environment="integration",
            run=name,
            case=f"case {n}",
            began=begin,
            outcome=Outcome.FAILED if (n + number) % 8 < failing else Outcome.OK,
        )
        for n in range(8)
    ]
    runs = {("integration", name): (begin, begin)}
    log.append(header(TESTS, log_time=begin, low_times={"integration": begin}, runs=runs), *rows)
    now = begin + 9 * MINUTE
    log.append(header(TESTS, low=10 * number + 8, log_time=now, low_times={"integration": now}))


def told(in_production: int, of_eight: int, *, hours: int = 4, busy: int = 0) -> tuple[dict[str, Any], Log]:
    """The line about outcomes where so many % of production fail, and so many of eight cases."""
    log = Log(KNOWN)
    production(log, in_production, hours, busy)
    for number in range(RUNS):
        run(log, number, of_eight, hours * 60 + 10)
    [line] = verdicts(log.fold(), {"outcome"})
    return line, log


@pytest.mark.parametrize(("in_production", "of_eight"), [(0, 0), (10, 1), (10, 0), (0, 1)])
def test_a_tolerated_difference_is_ok(in_production: int, of_eight: int) -> None:
    """Tests that fail a little more or less often than production are ok."""
    line, log = told(in_production, of_eight)
    assert (line["state"], line["subject"]) == ("ok", "")
    assert log.alerts == []


def test_tests_that_mostly_fail_do_not_stand_for_production() -> None:
    """Tests whose cases fail by half, where production hardly does, get a warning with both shares."""
    line, log = told(2, 4)
    assert line["state"] in ("suspect", "drift")
    assert "failed 50" in line["reason"]
    assert "(production 2 %)" in line["reason"]
    assert 0 < line["lower_bound"] <= line["effect"]
    assert {alert.severity for alert in log.alerts} == {"warning"}


def test_production_that_varies_by_the_hour_is_no_drift() -> None:
    """Where production fails often in every other hour, tests that never fail are no drift."""
    steady, _ = told(42, 0, hours=12)
    varying, _ = told(2, 0, hours=12, busy=80)
    assert steady["state"] in ("suspect", "drift")
    assert varying["state"] not in ("suspect", "drift")


def test_a_difference_that_ends_is_over() -> None:
    """Once the cases pass again the drift of outcomes resolves."""
    log = Log(KNOWN)
    production(log, 2)
    for number in range(4 * RUNS):
        run(log, number, 6 if number < 2 * RUNS else 0, 250)
    [line] = verdicts(log.fold(), {"outcome"})
    phases = [a.phase for a in log.alerts if labels_of(a)["dimension"] == "outcome"]
    assert phases == ["pending", "firing", "resolved"]
    assert line["state"] in ("ok", "insufficient")


def test_saying_that_production_is_tail_sampled_ends_the_alert() -> None:
    """An alert about outcomes ends with the next run once production is said to be tail sampled."""
    log = Log(KNOWN)
    production(log, 2)
    for number in range(2 * RUNS):
        run(log, number, 6, 250)
    log.command(Settings(KNOWN.model_copy(update={"sampling": {"production": "tail"}})))
    run(log, 2 * RUNS, 6, 250)
    assert verdicts(log.fold(), {"outcome"}) == []
    phases = [a.phase for a in log.alerts if labels_of(a)["dimension"] == "outcome"]
    assert phases == ["pending", "firing", "resolved"]
