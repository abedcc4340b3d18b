"""What holds for every dimension of the table: found by discovery, tried on the scenario of its test file."""

import re
from functools import cache

import pytest

from monitor.dimensions import DIMENSIONS
from monitor.dimensions.dimension import Severity
from monitor.pipeline.audit.auditor import PartitionAuditor
from tests.deploy import files
from tests.dimensions.scenario import found, lines, log_of, scenarios
from tests.unit.pipeline.auditing import Log, checkpoints

NAMES = [dimension.name for dimension in DIMENSIONS]
SCENARIOS = scenarios()
every_dimension = pytest.mark.parametrize("name", NAMES)


@cache
def drifting(name: str) -> tuple[Log, PartitionAuditor]:
    log = log_of(SCENARIOS[name], drifting=True)
    return log, log.fold()


def test_each_has_a_scenario() -> None:
    """A dimension without a test file, and a test file without its dimension, are noticed."""
    assert sorted(SCENARIOS) == sorted(NAMES)


@every_dimension
def test_its_drift_is_found(name: str) -> None:
    """Its scenario ends in a drift with an event under its alert's name, or, where it reports, as suspect."""
    log, auditor = drifting(name)
    dimension = next(each for each in DIMENSIONS if each.name == name)
    if dimension.severity is Severity.REPORTS:
        assert ("suspect", SCENARIOS[name].subject) in found(lines(auditor, name))
        assert not [alert for alert in log.alerts if alert.value["labels"]["dimension"] == name]
        return
    assert ("drift", SCENARIOS[name].subject) in found(lines(auditor, name))
    fired = [alert.value for alert in log.alerts if alert.value["labels"]["dimension"] == name]
    assert [event["phase"] for event in fired][-1:] == ["firing"]
    severity = "critical" if dimension.severity is Severity.PAGES else "warning"
    assert {(event["labels"]["alertname"], event["severity"]) for event in fired} == {
        (dimension.alert, severity)
    }


@every_dimension
def test_its_twin_is_quiet(name: str) -> None:
    """Faithful tests give no finding in any dimension, and no event."""
    log = log_of(SCENARIOS[name], drifting=False)
    auditor = log.fold()
    assert {subject for each in NAMES for _, subject in found(lines(auditor, each))} <= {""}
    assert log.alerts == []


@every_dimension
@pytest.mark.parametrize("traces", [2_000, 6_000])
def test_its_verdict_does_not_depend_on_the_size(name: str, traces: int) -> None:
    """A tenth and a third of production's traces give the same verdict on the same tests."""
    auditor = log_of(SCENARIOS[name], drifting=True, traces=traces).fold()
    assert found(lines(auditor, name)) == found(lines(drifting(name)[1], name))


@every_dimension
def test_its_verdict_does_not_depend_on_sampling(name: str) -> None:
    """Production traces that stand for a hundred each give no other verdict."""
    auditor = log_of(SCENARIOS[name], drifting=True, traces=6_000, weight=102_400).fold()
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
def test_it_is_documented(name: str) -> None:
    """It has a row in the README's table, and the runbook says what to do about its alert."""
    dimension = next(each for each in DIMENSIONS if each.name == name)
    readme = (files.DEPLOY.parent / "README.md").read_text(encoding="utf-8")
    assert re.search(rf"^\| {name} \|", readme, re.MULTILINE)
    runbook = (files.DEPLOY / "runbook.md").read_text(encoding="utf-8")
    assert f"## {dimension.alert}" in runbook
    assert all((dimension.asks, dimension.remedy, dimension.blind, dimension.claims))
