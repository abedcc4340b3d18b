"""Structure on the auditor alone: mocked_away, seeding_shortcut, size_invariant, stub_is_one_edge.

Production calls POST /charge in every trace; each scenario has its quiet twin. A run of four cases gives
two units here, since their names share slots.
"""

from typing import Any

import pytest

from monitor.base.units import LogTime
from monitor.flows.flow import Node, Operation
from monitor.pipeline.audit.auditor import PartitionAuditor
from monitor.wire.span import Kind
from tests.rows import MINUTE, header, row
from tests.unit.pipeline.auditing import PRODUCTION, Log, labels_of, verdicts

CHARGE = ("POST /charge",)
UNITS = 2


def observed(traces: int, runs: int, calls: tuple[str, ...]) -> tuple[list[dict[str, Any]], Log]:
    """Structure lines after `runs` runs with these calls, against `traces` production traces."""
    log = Log()
    log.production(traces, calls=CHARGE)
    for number in range(runs):
        log.run(number, calls=calls)
    lines = [line for line in verdicts(log.fold()) if line["dimension"] == "structure"]
    return lines, log


def phases(log: Log) -> list[str]:
    return [alert.phase for alert in log.alerts]


def test_mocked_away() -> None:
    """With 20,000 traces a vanished call is suspect in the first run and pages at 4 units of two runs."""
    [first], log = observed(20_000, 1, ())
    assert (first["state"], first["subject"]) == ("suspect", "shop POST /orders -> POST /charge")
    assert first["candidate_n"] == UNITS
    [second], log = observed(20_000, 2, ())
    assert (second["state"], second["candidate_n"]) == ("drift", 4)
    assert second["evidence_log10"] >= 6
    assert phases(log) == ["pending", "firing"]
    assert (
        "all 20,000 production traces and in 0 of 4 test cases (2 runs since 1970-01-01 01:10 UTC)"
        in second["reason"]
    )


def test_mocked_away_with_a_small_reference() -> None:
    """With 1,000 production traces the page comes within 8 units."""
    [line], log = observed(1000, 4, ())
    assert (line["state"], line["candidate_n"]) == ("drift", 8)
    assert phases(log)[-1] == "firing"


def test_a_call_missing_in_half_of_the_runs_is_not_ok() -> None:
    """What is seen beyond the tolerance and not proven is 'insufficient', and says what was seen."""
    log = Log()
    log.production(300, calls=CHARGE)
    for number in range(10):
        log.run(number, calls=CHARGE if number % 2 else ())
    lines = verdicts(log.fold())
    assert {line["state"] for line in lines} <= {"insufficient", "suspect"}
    assert "POST /charge" in lines[0]["reason"]


def test_one_run_never_pages() -> None:
    """However much evidence a single run gives, it is suspect: a page needs two runs."""
    log = Log()
    log.production(20_000, calls=CHARGE)
    log.run(0, calls=(), cases=40)
    [line] = [line for line in verdicts(log.fold()) if line["subject"]]
    assert line["candidate_n"] == 4
    assert (line["state"], line["evidence_log10"] >= 6) == ("suspect", True)


@pytest.mark.parametrize("traces", [1000, 20_000])
def test_not_mocked_away(traces: int) -> None:
    """The quiet twin: tests that make the call are ok after enough units, without any event."""
    [line], log = observed(traces, 4, CHARGE)
    assert (line["state"], line["subject"]) == ("ok", "")
    assert log.alerts == []


def test_seeding_shortcut() -> None:
    """Fixtures written straight into the database are a call that production never makes: drift."""
    lines, log = observed(20_000, 3, (*CHARGE, "db INSERT orders"))
    assert [(line["subject"], line["state"]) for line in lines] == [
        ("shop POST /orders -> db INSERT orders", "drift")
    ]
    assert phases(log) == ["pending", "firing"]


def test_a_shortcut_that_production_takes_too_is_none() -> None:
    """The quiet twin of the seeding shortcut: where production writes there as well, tests are ok."""
    log = Log()
    log.production(20_000, calls=(*CHARGE, "db INSERT orders"))
    for number in range(3):
        log.run(number, calls=(*CHARGE, "db INSERT orders"))
    assert [line["state"] for line in verdicts(log.fold())] == ["ok"]
    assert log.alerts == []


@pytest.mark.parametrize(("calls", "states"), [((), {"drift"}), (CHARGE, {"ok"})])
def test_size_invariant(calls: tuple[str, ...], states: set[str]) -> None:
    """The same difference (and the same sameness) has the same verdict at 1x, 10x and 100x the traces."""
    seen = {traces: observed(traces, 6, calls)[0][0]["state"] for traces in (300, 3000, 30_000)}
    assert set(seen.values()) == states


def test_too_little_is_insufficient_and_says_how_much_is_missing() -> None:
    """At the small end there is no verdict: neither with few units nor with a tiny reference."""
    [few], _ = observed(1000, 1, CHARGE)
    assert few["state"] == "insufficient"
    assert few["reason"].startswith("1 more evidence unit would decide")
    [tiny], _ = observed(2, 4, CHARGE)
    assert tiny["state"] == "insufficient"
    assert "too few" in tiny["reason"]


def test_stub_is_one_edge() -> None:
    """A dependency behind a stub lacks its server spans: the same call, and who answers is found."""
    log = Log()
    plain = row(0)
    entry, client = plain.shape
    partner = Node(Operation("payment", Kind.SERVER, "POST /charge"), 1)
    live = (entry, client, partner)
    rows = [
        plain._replace(offset=n, began=LogTime(n), shape=live, self_times=(0, 0, 0)) for n in range(20_000)
    ]
    log.append(header(PRODUCTION, log_time=60 * MINUTE, low_times={"production": 0}), *rows)
    out = {"production": 60 * MINUTE}
    log.append(header(PRODUCTION, low=20_000, log_time=60 * MINUTE, at_end=True, low_times=out))
    for number in range(4):
        log.run(number, calls=CHARGE)
    assert [line["state"] for line in verdicts(log.fold(), {"structure"})] == ["ok"]
    assert {labels_of(alert)["dimension"] for alert in log.alerts} == {"dependency"}


def test_repeats_of_a_case_are_one_unit() -> None:
    """Fifty repeats of one case in one run are one unit: evidence counts units, not traces."""
    log = Log()
    log.production(1000, calls=CHARGE)
    begin = 70 * MINUTE
    rows = [row(n, environment="integration", run="ci", case="one", calls=(), began=begin) for n in range(50)]
    runs = {("integration", "ci"): (begin, begin)}
    log.append(header(log_time=begin, low_times={"integration": begin}, runs=runs), *rows)
    later = begin + 9 * MINUTE
    log.append(header(low=50, log_time=later, low_times={"integration": later}))
    auditor: PartitionAuditor = log.fold()
    assert [line["candidate_n"] for line in verdicts(auditor)] == [1]


def test_made_again() -> None:
    """Once tests make the call again the drift is over: one more event, and then quiet."""
    log = Log()
    log.production(20_000)
    for number in range(14):
        log.run(number, calls=() if number < 4 else CHARGE)
    assert [line["state"] for line in verdicts(log.fold())] == ["ok"]
    assert phases(log) == ["pending", "firing", "resolved"]
    assert len({alert.episode for alert in log.alerts}) == 1
