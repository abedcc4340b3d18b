"""What holds for every dimension of the table: found by discovery, tried on the scenario of its test file."""

import re
from functools import cache
from typing import Any

import pytest

from monitor.dimensions import BEHAVIOUR, DIMENSIONS
from monitor.dimensions.dimension import Branch, Dimension, Presence, Severity
from monitor.drift.gate import Finding
from monitor.pipeline.audit.auditor import PartitionAuditor
from tests.deploy import files
from tests.dimensions.scenario import found, lines, log_of, scenarios
from tests.unit.pipeline.auditing import Log, checkpoints, labels_of, summary_of

NAMES = [dimension.name for dimension in DIMENSIONS]
SCENARIOS = scenarios()
every_dimension = pytest.mark.parametrize("name", NAMES)


def dimension_of(name: str) -> Dimension[Any]:
    return next(each for each in DIMENSIONS if each.name == name)


def found_as(name: str) -> str:
    """The state of a finding: a drift; suspect where it is reported alone; insufficient: a fact."""
    if isinstance(dimension_of(name).evidence, Branch):
        return "insufficient"
    return "suspect" if dimension_of(name).severity is Severity.REPORTS else "drift"


@cache
def drifting(name: str, traces: int = 2_000) -> tuple[Log, PartitionAuditor]:
    log = log_of(SCENARIOS[name], drifting=True, traces=traces)
    return log, log.fold()


def test_each_has_a_scenario() -> None:
    """A dimension without a test file, and a test file without its dimension, are noticed."""
    assert sorted(SCENARIOS) == sorted(NAMES)


@every_dimension
def test_its_drift_is_found(name: str) -> None:
    """Its scenario ends in a drift with an event under its alert's name, or, where it reports, in none."""
    log, auditor = drifting(name)
    dimension = dimension_of(name)
    reports_alone = dimension.severity is Severity.REPORTS
    assert (found_as(name), SCENARIOS[name].subject) in found(lines(auditor, name))
    fired = [alert for alert in log.alerts if labels_of(alert)["dimension"] == name]
    told = {(event.labels.alertname, event.severity, event.phase) for event in fired[-1:]}
    assert told == (set() if reports_alone else {(dimension.alert, dimension.severity.of_alert, "firing")})


@every_dimension
def test_its_twin_is_quiet(name: str) -> None:
    """Faithful tests give no finding in any dimension, and no event."""
    log = log_of(SCENARIOS[name], drifting=False)
    auditor = log.fold()
    assert {subject for each in NAMES for _, subject in found(lines(auditor, each))} <= {""}
    assert log.alerts == []


@pytest.mark.parametrize("name", [dimension.name for dimension in BEHAVIOUR])
def test_it_says_who_moved(name: str) -> None:
    """Where runs were faithful before, its finding says that the tests moved, and with which run."""
    auditor = log_of(SCENARIOS[name], drifting=True, before=20).fold()
    moved = {(line["moved"], line["began_with"]) for line in lines(auditor, name) if line["state"] == "drift"}
    assert moved == {("candidate", "run ci-20")}


@every_dimension
def test_its_verdict_does_not_depend_on_the_size(name: str) -> None:
    """Five times as many production traces give the same verdict on the same tests."""
    assert found(lines(drifting(name, 10_000)[1], name)) == found(lines(drifting(name)[1], name))


@every_dimension
def test_its_verdict_does_not_depend_on_sampling(name: str) -> None:
    """Production traces that stand for a hundred each give no other verdict."""
    auditor = log_of(SCENARIOS[name], drifting=True, weight=102_400).fold()
    assert found(lines(auditor, name)) == found(lines(drifting(name)[1], name))


@every_dimension
@pytest.mark.parametrize("part", [0.3, 0.7, 0.95])
def test_a_restart_changes_nothing(name: str, part: float) -> None:
    """Restored from checkpoints anywhere in the log, the state is the same to the byte."""
    log, whole = drifting(name)
    before = log.fold(until=int(part * len(log.entries)))
    restored = log.fold(PartitionAuditor(0, 4, 1, checkpoints(before)))
    assert checkpoints(restored) == checkpoints(whole)


@every_dimension
def test_the_first_run_fails_the_gate(name: str) -> None:
    """Of a dimension that decides gates the first run shows its drift already; of others it shows none."""
    [run] = summary_of(log_of(SCENARIOS[name], drifting=True, runs=1).fold())["runs"]
    part = run["gate"]["prod-test"]
    shown = {Finding(*finding).subject for finding in part["findings"] if Finding(*finding).dimension == name}
    deciding = dimension_of(name).decides_gate
    assert shown == ({SCENARIOS[name].subject} if deciding else set())
    assert part["facts"] > 0 or not deciding


@every_dimension
def test_an_open_run_shows_its_facts(name: str) -> None:
    """Before the first run is over its line is suspect already, where a dimension decides gates."""
    log = log_of(SCENARIOS[name], drifting=True, runs=1)
    auditor = log.fold(until=len(log.entries) - 1)
    shown = {line["subject"] for line in lines(auditor, name) if "The run is not over." in line["reason"]}
    assert shown == ({SCENARIOS[name].subject} if dimension_of(name).decides_gate else set())


@every_dimension
def test_who_moved_is_said(name: str) -> None:
    """Where runs were faithful before, the tests moved, with a run; of a split or place that is not known."""
    runs = SCENARIOS[name].runs
    log = log_of(SCENARIOS[name], drifting=True, runs=runs, before=runs)
    moved = {
        (line["moved"], line["began_with"])
        for line in lines(log.fold(), name)
        if line["subject"] == SCENARIOS[name].subject and line["state"] == found_as(name)
    }
    evidence = dimension_of(name).evidence
    # What tests took once is no branch that they never take.
    said: dict[type, set[tuple[str, str]]] = {Presence: {("candidate", f"run ci-{runs}")}, Branch: set()}
    assert moved == said.get(type(evidence), {("unknown", "")})


@every_dimension
def test_it_is_documented(name: str) -> None:
    """It has a row in the README's table, and the runbook says what to do about its alert."""
    dimension = dimension_of(name)
    readme = (files.DEPLOY.parent / "README.md").read_text(encoding="utf-8")
    assert re.search(rf"^\| {name} \|", readme, re.MULTILINE)
    runbook = (files.DEPLOY / "runbook.md").read_text(encoding="utf-8")
    section = runbook.partition(f"## {dimension.alert}\n")[2].partition("\n## ")[0]
    assert f"- **{name}** ({dimension.severity.of_alert}): {dimension.asks.split()[0]}" in section
    assert all((dimension.asks, dimension.remedy, dimension.blind, dimension.claims))
