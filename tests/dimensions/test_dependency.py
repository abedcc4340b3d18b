"""Dependency: service_stubbed: the caller's client span stays, no server answers below it."""

import pytest

from monitor.flows.flow import Flow, Node, Operation
from monitor.flows.notes import asks
from monitor.wire.span import Kind
from tests.acceptance.test_gate import verdicts_of
from tests.dimensions.scenario import UNSAMPLED, Make, Scenario, calling, found, lines, log_of

_usual = calling("POST /charge")
CALL = "shop POST /charge"


def answered(by: str) -> Make:
    """Flows whose one call is answered by a service; '' by none."""

    def make(number: int) -> Flow:
        flow = _usual(number)
        if not by:
            return flow
        partner = Node(Operation(by, Kind.SERVER, "POST /charge"), 1)
        return flow._replace(shape=(*flow.shape, partner), self_times=(*flow.self_times, 70))

    return make


SCENARIO = Scenario(
    production=answered("payments"),
    faithful=answered("payments"),
    drifting=answered(""),
    subject=f"{CALL} answered",
)


def test_a_stubbed_service_is_named() -> None:
    """Who is missing, whose call it is, both shares, and what it may be."""
    [line] = lines(log_of(SCENARIO, drifting=True).fold(), "dependency")
    usual = f"payments answers '{CALL}' in all 2,000 production traces"
    assert line["reason"].startswith(f"{usual} and in 0 of")
    assert "It is stubbed, or its telemetry is missing." in line["reason"]


def test_the_call_itself_is_no_difference() -> None:
    """Structure finds nothing: the call is made as in production."""
    assert found(lines(log_of(SCENARIO, drifting=True).fold(), "structure")) == {("ok", "")}


def test_a_stub_under_another_name_is_one_finding_with_both_names() -> None:
    """Not one that is missing and one that is new."""
    renamed = SCENARIO._replace(drifting=answered("payments-mock"))
    [line] = lines(log_of(renamed, drifting=True).fold(), "dependency")
    assert (line["state"], line["subject"]) == ("drift", f"{CALL} answered")
    assert "payments-mock answers instead." in line["reason"]


def test_the_gate_says_it_in_the_same_words() -> None:
    """Of a run: whose call it is, both shares, and who answers instead."""
    renamed = SCENARIO._replace(drifting=answered("payments-mock"))
    told = list(verdicts_of(log_of(renamed, drifting=True), UNSAMPLED).values())[-1]
    [reason] = told["reasons"]
    assert "in all 2,000 production traces and in 0 of" in reason
    assert reason.endswith("payments-mock answers instead.")


def test_a_service_that_never_answers_in_production_is_no_question() -> None:
    """A third party sends no telemetry: whoever answers there, nothing is claimed."""
    silent = SCENARIO._replace(production=answered(""), drifting=answered(""))
    [line] = lines(log_of(silent, drifting=True).fold(), "dependency")
    assert (line["state"], line["reason"]) == (
        "ok",
        "No call here is always answered by a service that sends telemetry.",
    )


def test_silence_is_no_span_loss() -> None:
    """A service that never answers in the tests makes its environment no lossy one."""
    log = log_of(SCENARIO, drifting=True)
    for state in log.fold().states():
        assert state.comparisons["prod-test"].episodes["dependency"].state.value == "drift"
    assert log.fold().timeline.policy.loss == {}


def asking(service: str) -> Make:
    """Flows whose one call says which service it asks, and gets no answer that is seen; '' for none."""

    def make(number: int) -> Flow:
        flow = _usual(number)
        entry, call = flow.shape
        return flow._replace(shape=(entry, call._replace(notes=(asks(service),) if service else ())))

    return make


def test_another_service_that_is_asked_is_named() -> None:
    """Calls of one name to two services are distinguished by what their callers say."""
    asked = SCENARIO._replace(production=asking("payments"), drifting=asking("wiremock"))
    log = log_of(asked, drifting=True)
    [line] = lines(log.fold(), "dependency")
    assert (line["state"], line["subject"]) == ("drift", f"{CALL} answered")
    assert line["reason"].startswith(f"'{CALL}' asks payments in all")
    assert "It asks wiremock instead." in line["reason"]
    assert found(lines(log.fold(), "structure")) == {("ok", "")}


@pytest.mark.parametrize(("production", "tests"), [("payments", ""), ("", "payments")])
def test_whom_it_asks_is_compared_where_both_sides_say_it(production: str, tests: str) -> None:
    """That one side's spans name no peers is another instrumentation, and no difference."""
    asked = SCENARIO._replace(production=asking(production), drifting=asking(tests))
    assert found(lines(log_of(asked, drifting=True).fold(), "dependency")) == {("ok", "")}
