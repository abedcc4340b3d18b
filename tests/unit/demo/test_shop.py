"""The shop is what the demo promises: large enough, with everything that can drift."""

from monitor.demo.layout import Way, layouts, options
from monitor.demo.shop import FLOWS
from monitor.demo.steps import PAYMENTS
from monitor.flows.flow import Outcome

ALL_TAKEN = -1


def everything() -> list[Way]:
    """Each flow on the way that takes every optional step."""
    return [Way(flow, Outcome.OK, ALL_TAKEN) for flow in FLOWS]


def test_it_has_many_services_and_flows() -> None:
    """At least 10 services and 25 flows, one of which is launched later."""
    services = {slot.service for way in everything() for slot in layouts(way)[0]}
    assert len(services) >= 10
    assert len([flow for flow in FLOWS if not flow.launches]) >= 25
    assert len([flow for flow in FLOWS if flow.launches]) == 1


def test_flows_are_told_apart() -> None:
    """No two flows share entry service and operation."""
    assert len({(flow.service, flow.operation) for flow in FLOWS}) == len(FLOWS)


def test_it_uses_every_kind_of_dependency() -> None:
    """Three databases, a queue with a consumer, and a payment provider outside take part."""
    attributes = [slot.attributes for way in everything() for slot in layouts(way)[0]]
    assert {each.get("db.system.name") for each in attributes} >= {"postgresql", "redis", "mongodb"}
    assert {each.get("messaging.operation.type") for each in attributes} >= {"send", "process"}
    assert PAYMENTS in {each.get("server.address") for each in attributes}


def test_drifting_flows_have_enough_cases() -> None:
    """Each flow whose tests will drift has four successful cases: the evidence of one run."""
    drifting = [flow for flow in FLOWS if flow.mocked or flow.fixture]
    assert len(drifting) == 2
    assert all(flow.tested >= 4 for flow in drifting)


def test_every_other_flow_is_tested() -> None:
    """At first the suite stands for production: only the flow launched later has no case."""
    assert [flow.operation for flow in FLOWS if not flow.cases] == ["POST /checkout/express"]


def test_some_steps_are_optional() -> None:
    """The shop has optional steps, so that cases that take them by turns can be seen to be no drift."""
    assert any(options(flow) for flow in FLOWS)
