"""Scenario: the default settings, and environments that begin to send one after the other."""

import pytest

from monitor.drift.records.flow import FlowVerdicts
from monitor.drift.report import UnknownComparisonError
from monitor.publish.series import fold_readings, product_readings
from monitor.publish.view import View
from monitor.settings import Settings
from tests.acceptance.test_coverage import CART, ORDERS, Fleet
from tests.rows import MINUTE, header, row, source
from tests.unit.publish.records import view_of


def settled(fleet: Fleet) -> View:
    """What a reader of the verdicts topic knows."""
    fleet.settle()
    return view_of(fleet.records)


def sends(fleet: Fleet, environment: str, minute: int, traces: int = 4) -> None:
    """Flows of an environment without runs, on a topic of its own, and a header from long after."""
    begin, later = minute * MINUTE, (minute + 9) * MINUTE
    of = source(f"{environment}-spans")
    rows = [row(n, environment=environment, flow=ORDERS, began=begin) for n in range(traces)]
    fleet.log.append(header(of, log_time=begin, low_times={environment: begin}), *rows)
    fleet.log.append(header(of, low=traces, log_time=later, low_times={environment: later}, at_end=True))


@pytest.fixture
def fleet() -> Fleet:
    """An hour of production under the default settings."""
    fleet = Fleet(Settings().policy)
    fleet.production(ORDERS, CART)
    return fleet


def test_before_any_test_nothing_is_compared(fleet: Fleet) -> None:
    """No comparison, no flow, no series stands there empty; whoever asks hears what has arrived."""
    view = settled(fleet)
    assert view.comparisons() == {} and view.every(FlowVerdicts) == []
    assert {reading.labels for reading in product_readings(view, 10)} == {()}
    flows = [r for r in fold_readings(view) if r.metric == "flowdrift_monitor_flows_total"]
    assert [(r.labels, r.value) for r in flows] == [((("environment", "production"),), 1200)]
    with pytest.raises(UnknownComparisonError, match="Flows of production have arrived"):
        view.report("production-staging")


def test_a_comparison_is_there_when_its_candidate_is_seen(fleet: Fleet) -> None:
    """It alone, with every flow of production, those before it came as well."""
    sends(fleet, "staging", 70)
    view = settled(fleet)
    report = view.report("production-staging")
    assert [*view.comparisons()] == ["production-staging"]
    assert (report.coverage.flows, report.comparison.others) == (0.5, ()) and report.comparison.units
    found = sorted((record.comparison, record.flow) for record in view.every(FlowVerdicts))
    assert found == [("production-staging", str(flow)) for flow in (CART, ORDERS)]


def test_test_and_testing_are_two(fleet: Fleet) -> None:
    """Each has its comparison and its evidence; a report says which others there are."""
    sends(fleet, "test", 70)
    sends(fleet, "testing", 80)
    view = settled(fleet)
    names = ["production-test", "production-testing"]
    assert [*view.comparisons()] == names
    assert [view.report(name).comparison.others for name in names] == [
        ("production-testing",),
        ("production-test",),
    ]
    assert all(view.report(name).comparison.units for name in names)


def test_what_nothing_is_compared_with_is_named(fleet: Fleet) -> None:
    """In every report and as a metric, with the line to paste; it is in no comparison."""
    sends(fleet, "staging", 70)
    sends(fleet, "qa", 80, traces=3)
    view = settled(fleet)
    [hint] = [hint for hint in view.report("production-staging").hints if hint.kind == "environment"]
    assert (hint.subject, hint.remedy) == ("qa", "environments: {qa: {}}")
    assert hint.says == "3 flows of qa are compared with nothing."
    values = {(r.metric, *r.labels): r.value for r in fold_readings(view)}
    assert values["flowdrift_monitor_uncompared_environments",] == 1
    assert values["flowdrift_monitor_flows_total", ("environment", "other")] == 3
    assert [*view.comparisons()] == ["production-staging"]


def test_the_environments_that_arrive_survive_a_checkpoint(fleet: Fleet) -> None:
    """A restart goes on naming them."""
    sends(fleet, "qa", 70)
    fleet.settle()
    timeline = fleet.auditor.timeline
    assert list(type(timeline).unpack(timeline.pack()).arrivals.strangers(timeline.policy)) == ["qa"]
