"""Coverage falls where tests no longer exercise a flow, and says since when."""

from monitor.flows.flow import FlowId
from tests.acceptance.test_coverage import CART, ORDERS, Fleet
from tests.rows import MINUTE


def test_a_flow_that_tests_lost_is_not_covered() -> None:
    """After two complete runs of its suite without it; coverage says since when, and which share it was."""
    fleet = Fleet()
    flows = [FlowId("shop", f"GET /{n}") for n in range(4)]
    fleet.production(CART, *flows)
    for number in range(4):
        fleet.run(number, CART, *flows)
    assert fleet.report().coverage.traffic == 1.0
    fleet.run(4, *flows)
    assert fleet.report().coverage.traffic == 1.0
    fleet.run(5, *flows)
    report = fleet.report()
    [missing] = report.coverage.missing
    assert (missing.flow, missing.share, missing.since) == (str(CART), 0.2, 110 * MINUTE)
    assert (report.coverage.flows, report.coverage.traffic, report.coverage.faithful) == (0.8, 0.8, 0.8)
    assert fleet.alerts == []
    fleet.run(6, CART, *flows)
    assert fleet.report().coverage.missing == ()


def test_another_suite_takes_no_coverage_away() -> None:
    """The quiet twin: complete runs of a suite that never had a flow say nothing of it."""
    fleet = Fleet()
    flows = [FlowId("shop", f"GET /{n}") for n in range(4)]
    fleet.production(CART, *flows)
    fleet.run(0, CART, *flows)
    for number in range(1, 6):
        fleet.run(number, *flows, suite="smoke")
    assert fleet.report().coverage.traffic == 1.0


def test_a_flow_that_no_test_exercised_for_a_month_is_not_covered() -> None:
    """Also where its suite has not run since: who stopped running it says nothing of the flow."""
    fleet = Fleet()
    fleet.production(CART, ORDERS)
    fleet.run(0, CART, ORDERS)
    for number in range(1, 4):
        fleet.run(number * 24 * 60, ORDERS, suite="smoke")
    [missing] = fleet.report().coverage.missing
    assert (missing.flow, missing.since) == (str(CART), 70 * MINUTE)
    [line] = [line for line in fleet.report().verdicts if line.subject == "not tested any more"]
    assert (line.state, line.reason) == (
        "insufficient",
        (
            "50 % of the traffic of production goes here and nothing in integration has exercised it since "
            "1970-01-01 01:10 UTC."
        ),
    )
