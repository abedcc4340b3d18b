"""Internals: agent_upgrade: one side's instrumentation has INTERNAL spans that the other's has not."""

from pathlib import Path

import pytest

from monitor.drift.verdict import Verdict
from monitor.flows.flow import Flow, Node, Operation
from monitor.ledgers import QUESTIONS
from monitor.wire.span import Kind
from tests.acceptance.replaying import Hop, production, replayed, runs_of
from tests.dimensions.scenario import Make, Scenario, calling, found, lines, log_of
from tests.unit.pipeline.auditing import summary_of

_usual = calling("db SELECT carts")


def through(*names: str, calls: bool = True) -> Make:
    """Flows whose entry has these INTERNAL spans, one below the other, with the call at their end."""

    def make(number: int) -> Flow:
        flow = _usual(number)
        entry, call = flow.shape
        inner = [Node(Operation("shop", Kind.INTERNAL, name), place) for place, name in enumerate(names)]
        shape = (entry, *inner, *([call._replace(parent=len(names))] if calls else []))
        return flow._replace(shape=shape, self_times=(80,) * len(shape))

    return make


AGENT = ("CartController.show", "CartRepository.find", "Session.firstResult")
SUBJECT = "INTERNAL spans of shop"
SCENARIO = Scenario(
    production=through(), faithful=through(), drifting=through(*AGENT), subject=SUBJECT, runs=8
)


def test_an_agent_on_one_side_is_one_line_of_its_service() -> None:
    """Three spans that only the tests have: one line, which names one of them and counts the others."""
    [line] = lines(log_of(SCENARIO, drifting=True).fold(), "internals")
    assert (line["state"], line["subject"], line["severity"]) == ("suspect", SUBJECT, "reports")
    assert line["reason"].startswith(
        "The instrumentation of shop differs, or its code: 'shop POST /orders ->"
    )
    assert ", and 2 more INTERNAL spans of it." in line["reason"]


def test_the_other_way_round() -> None:
    """Spans that only production has are the same line."""
    turned = SCENARIO._replace(production=through(*AGENT), drifting=through())
    [line] = lines(log_of(turned, drifting=True).fold(), "internals")
    assert (line["state"], line["subject"]) == ("suspect", SUBJECT)
    assert "is in all 2,000 production traces and in 0 of" in line["reason"]


def test_the_calls_are_no_difference() -> None:
    """Structure and dependency are ok on either side of an agent's spans, and nothing is an event."""
    for usual, tests in ((through(), through(*AGENT)), (through(*AGENT), through())):
        log = log_of(SCENARIO._replace(production=usual, drifting=tests), drifting=True)
        auditor = log.fold()
        told = {name: found(lines(auditor, name)) for name in ("structure", "dependency", "fanout")}
        assert all(each == {("ok", "")} for each in told.values())
        assert log.alerts == []


def test_it_hides_no_call() -> None:
    """The negative twin: where a call is gone as well, structure says so."""
    gone = SCENARIO._replace(drifting=through(*AGENT, calls=False))
    auditor = log_of(gone, drifting=True).fold()
    assert ("drift", "shop POST /orders -> db SELECT carts") in found(lines(auditor, "structure"))


def test_it_decides_nothing() -> None:
    """It pages nobody and fails no run."""
    assert QUESTIONS["internals"].severity == "reports"
    log = log_of(SCENARIO, drifting=True)
    for state in log.fold().states():
        assert state.comparisons["prod-test"].score == 0.0


def answered(call: str, by: str = "inventory") -> Make:
    """Flows whose one call has this name; the same operation of a service answers it."""
    usual = calling(call)

    def make(number: int) -> Flow:
        flow = usual(number)
        partner = Node(Operation(by, Kind.SERVER, "GET /stock/{id}"), 1)
        return flow._replace(shape=(*flow.shape, partner), self_times=(*flow.self_times, 70))

    return make


@pytest.mark.parametrize("runs", [1, 6])
def test_a_call_under_another_name_is_no_event_and_fails_no_gate(runs: int) -> None:
    """Where the same operation answers it; the twin that another service answers is both."""
    usual = SCENARIO._replace(production=answered("GET /stock/{}"), drifting=answered("GET"))
    for tests, quiet in ((answered("GET"), True), (answered("GET", by="stub"), False)):
        log = log_of(usual._replace(drifting=tests), drifting=True, runs=runs)
        latest = summary_of(log.fold())["runs"][-1]
        assert (not latest["gate"]["prod-test"]["findings"]) is quiet
        assert (log.alerts == []) is quiet


def _flow(number: int, *inner: str) -> list[Hop]:
    entry = Hop("shop", f"GET /pages{number}")
    return [entry, *(Hop("shop", name, Kind.INTERNAL) for name in inner), Hop("shop", "GET /x", Kind.CLIENT)]


def test_a_service_is_one_line_of_the_report(tmp_path: Path) -> None:
    """Whatever number of its flows shows it."""
    reference = production([_flow(number) for number in range(3)], traces=600)
    report = replayed(tmp_path, reference, runs_of([_flow(number, "render") for number in range(3)]))
    told = [line for line in report.verdicts if line.subject == SUBJECT]
    assert [_says(line) for line in told] == [("suspect", "The same in 2 more paths.")]
    assert {service.service for service in report.services} == set()


def _says(line: Verdict) -> tuple[str, str]:
    return line.state.value, line.reason.partition("by that. ")[2]
