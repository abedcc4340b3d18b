"""Scenario telemetry_lost: the test environment stops sending, and that is one alert, not one per flow."""

from typing import Any

import orjson
import pytest

from monitor.base.moments import rfc3339
from monitor.base.units import LogTime
from monitor.drift.policy import Policy
from monitor.flows.flow import FlowId
from monitor.pipeline.audit.auditor import PartitionAuditor
from monitor.pipeline.timeline.commands import Begin, Finish
from tests.acceptance.test_coverage import Fleet
from tests.rows import MINUTE, header
from tests.unit.pipeline.auditing import POLICY, TESTS, checkpoints, labels_of

FLOWS = [FlowId("shop", f"GET /{n}") for n in range(10)]
LOST, BACK = ("TestTelemetryLost", "firing"), ("TestTelemetryLost", "resolved")
HOUR = 60 * MINUTE
DAY = 24 * HOUR


def runs(*sizes: int) -> Fleet:
    """A fleet after runs that got as far as so many of the ten flows of their suite."""
    fleet = Fleet()
    fleet.production(*FLOWS)
    for number, size in enumerate(sizes):
        fleet.run(number, *FLOWS[:size])
        fleet.settle()
    return fleet


def told(fleet: Fleet) -> dict[str, Any] | None:
    lost = fleet.report().lost
    return {"since": rfc3339(lost.since), "reasons": lost.reasons} if lost else None


@pytest.mark.fault(27)
def test_an_environment_that_stops_in_the_middle_of_a_run() -> None:
    """A run that breaks off gives one alert for all its flows, and no flow counts as lost."""
    fleet = runs(10, 10, 3)
    assert fleet.phases == [LOST]
    record = fleet.records["run/integration/ci-2"]
    assert (record["lost"], record["complete"], record["flows"], record["flows_before"]) == (
        True,
        False,
        3,
        10,
    )
    assert told(fleet) == {
        "since": "1970-01-01T01:35:00.000Z",
        "reasons": ("Run ci-2 of suite nightly brought 3 flows; the last complete run had 10.",),
    }


def test_the_same_suite_to_its_end() -> None:
    """The quiet twin: runs with at least four fifths of the flows give no alert."""
    fleet = runs(10, 10, 8, 10)
    assert fleet.phases == []
    assert told(fleet) is None


def test_it_is_one_alert_until_a_whole_run_comes() -> None:
    """Further runs that break off say nothing new; the next whole one ends it, a later loss begins anew."""
    fleet = runs(10, 3, 2, 0, 10, 10, 4)
    assert fleet.phases == [LOST, BACK, LOST]
    ids = [alert.id for alert in fleet.alerts]
    assert len(set(ids)) == len(ids)
    assert [labels_of(alert) for alert in fleet.alerts] == (
        [{"alertname": "TestTelemetryLost", "environment": "integration"}] * 3
    )


def test_no_flow_is_lost_by_runs_that_broke_off() -> None:
    """Ten runs without seven of the ten flows: no FlowCoverageLost, now or after."""
    assert set(runs(*[10] * 12, *[3] * 10, *[10] * 2).phases) == {LOST, BACK}


@pytest.mark.parametrize(("minutes", "phases"), [(1, []), (6, [LOST])])
def test_a_part_of_a_suite_that_somebody_finished(minutes: int, phases: list[Any]) -> None:
    """A run finished right after its last flow was meant to be short; one that went on was not."""
    fleet = runs(10)
    begin = 80 * MINUTE
    fleet.log.command(Finish("integration", "ci-1", LogTime(begin + minutes * MINUTE)))
    fleet.run(1, *FLOWS[:2])
    fleet.settle()
    assert fleet.phases == phases


def test_an_announced_run_of_which_nothing_comes() -> None:
    """CI said that it began and is over, and five minutes later there is no span: lost until a run comes."""
    fleet = runs(10)
    fleet.log.command(Begin("integration", "gone", "nightly", LogTime(84 * MINUTE)))
    fleet.log.command(Finish("integration", "gone", LogTime(85 * MINUTE)))
    pass_time(fleet, 89 * MINUTE)
    assert fleet.phases == []
    pass_time(fleet, 91 * MINUTE)
    assert fleet.phases == [LOST]
    assert told(fleet) == {
        "since": "1970-01-01T01:25:00.000Z",
        "reasons": ("Run gone was announced and no span of it has arrived.",),
    }
    fleet.run(3, *FLOWS)
    fleet.settle()
    assert fleet.phases == [LOST, BACK]


def test_an_announced_run_that_nobody_ends() -> None:
    """Its job broke off, or its telemetry: lost after an hour without a span."""
    fleet = runs(10)
    fleet.log.command(Begin("integration", "gone", "nightly", LogTime(84 * MINUTE)))
    pass_time(fleet, 143 * MINUTE)
    assert fleet.phases == []
    pass_time(fleet, 144 * MINUTE)
    assert fleet.phases == [LOST]


def test_a_run_that_nobody_announced_is_not_lost() -> None:
    """The quiet twins: a finish of a run that nobody has seen (a wrong id); an announced run that came."""
    fleet = runs(10)
    fleet.log.command(Finish("integration", "typo", LogTime(79 * MINUTE)))
    fleet.log.command(Begin("integration", "ci-1", "", LogTime(79 * MINUTE)))
    fleet.log.command(Begin("", "elsewhere", "", LogTime(79 * MINUTE)))
    fleet.run(1, *FLOWS)
    pass_time(fleet, 200 * MINUTE)
    assert fleet.phases == []


def pass_time(fleet: Fleet, time: int, *environments: str) -> None:
    """The observer of the tests says how late it is, and which environments it saw of late."""
    low_times = dict.fromkeys(environments, time)
    fleet.log.append(header(TESTS, low=150, log_time=time, at_end=True, low_times=low_times))
    fleet.settle()


def nights(count: int, policy: Policy = POLICY) -> Fleet:
    """A fleet whose tests send for an hour each night, and nothing in between."""
    fleet = Fleet(policy)
    for night in range(count):
        for minute in range(0, 60, 10):
            pass_time(fleet, night * DAY + minute * MINUTE, "integration")
        for hour in range(1, 24):
            pass_time(fleet, night * DAY + hour * HOUR)
    return fleet


def test_silent_nights_are_normal() -> None:
    """An environment that is silent for 23 hours of every day raises nothing."""
    assert nights(10).phases == []


@pytest.mark.fault(27)
def test_an_environment_that_falls_silent() -> None:
    """Silence of three times the longest gap so far is lost telemetry; the next flow ends it."""
    fleet = nights(9)
    begin = 8 * DAY + 50 * MINUTE
    for hours in (48, 69):
        pass_time(fleet, begin + hours * HOUR)
        assert fleet.phases == []
    pass_time(fleet, begin + 70 * HOUR)
    assert fleet.phases == [LOST]
    pass_time(fleet, begin + 90 * HOUR)
    assert told(fleet) == {
        "since": "1970-01-09T00:50:00.000Z",
        "reasons": ("Nothing of integration comes any more.",),
    }
    pass_time(fleet, begin + 91 * HOUR, "integration")
    assert fleet.phases == [LOST, BACK]


def test_nothing_is_said_before_a_week_of_history() -> None:
    """Before a week of history no silence is an alert, unless a setting says how long is too long."""
    fleet = nights(5)
    pass_time(fleet, 30 * DAY)
    assert fleet.phases == []
    strict = nights(5, POLICY.model_copy(update={"max_silence": {"integration": 25 * HOUR}}))
    assert strict.phases == []
    pass_time(strict, 6 * DAY)
    assert strict.phases == [LOST]


@pytest.mark.fault(27)
def test_who_is_down_itself_says_nothing() -> None:
    """While no observer speaks no telemetry counts as lost, however long that takes."""
    fleet = nights(9)
    fleet.log.append(header(TESTS, low=150, log_time=9 * DAY, at_end=True), stamp=99 * DAY)
    fleet.settle()
    assert fleet.phases == []


@pytest.mark.fault(20)
@pytest.mark.parametrize("until", [0.2, 0.5, 0.9])
def test_restarts_tell_the_same_events(until: float) -> None:
    """An auditor restored from checkpoints tells what follows with the same ids, and nothing anew."""
    fleet = runs(10, 10, 3, 10, 4)
    entries = fleet.log.entries
    whole = fleet.log.fold()
    events = [alert.id for alert in fleet.log.alerts]
    half = int(until * len(entries))
    before = fleet.log.fold(until=half)
    told_before = [alert.id for alert in fleet.log.alerts]
    restored = fleet.log.fold(PartitionAuditor(0, 4, 1, checkpoints(before)))
    assert told_before + [alert.id for alert in fleet.log.alerts] == events
    assert checkpoints(restored) == checkpoints(whole)


def test_only_the_first_partition_tells() -> None:
    """Every partition folds the loss of telemetry, and the first one alone sends its event."""
    fleet = runs(10, 3)
    other = fleet.log.fold(PartitionAuditor(1, 4, 2, {}))
    assert fleet.log.alerts == []
    assert orjson.loads(other.all_records()["summary/1"])["lost"].keys() == {"integration"}
