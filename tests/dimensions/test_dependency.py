"""Dependency: service_stubbed: the caller's client span stays, no server answers below it."""

from typing import Any

import pytest

from monitor.dimensions import DIMENSIONS
from monitor.flows.flow import Flow, Node, Operation
from monitor.flows.notes import asks, place, system
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
        "No call here always shows who answers it: a service that sends telemetry, a system, a place.",
    )


def test_silence_is_no_span_loss() -> None:
    """A service that never answers in the tests makes its environment no lossy one."""
    log = log_of(SCENARIO, drifting=True)
    for state in log.fold().states():
        assert state.comparisons["prod-test"].episodes["dependency"].state.value == "drift"
    assert log.fold().timeline.policy.loss == {}


def noted(*notes: str, by: str = "") -> Make:
    """Flows whose one call says so of whom it asks, and is answered by a service; '' by none that is seen."""
    usual = answered(by)

    def make(number: int) -> Flow:
        flow = usual(number)
        entry, call, *below = flow.shape
        return flow._replace(shape=(entry, call._replace(notes=notes), *below))

    return make


def asking(service: str) -> Make:
    """Flows whose one call says which service it asks, and gets no answer that is seen; '' for none."""
    return noted(*((asks(service),) if service else ()))


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


OUTSIDE = noted(place("public"))


def judged(production: Make, tests: Make) -> list[dict[str, Any]]:
    """The lines of the dimension that say more than that all is as it was; no other dimension has any."""
    log = log_of(SCENARIO._replace(production=production, drifting=tests), drifting=True)
    auditor = log.fold()
    assert {subject for _, subject in found(lines(auditor, "structure"))} == {""}
    return [line for line in lines(auditor, "dependency") if line["subject"]]


@pytest.mark.parametrize(
    ("production", "tests", "says"),
    [
        (OUTSIDE, noted(place("stub WireMock")), "It asks a stub instead (WireMock). It is simulated."),
        (
            OUTSIDE,
            noted(place("loopback")),
            "It asks its own machine instead (loopback): a stub, or a copy that runs there.",
        ),
        (
            OUTSIDE,
            noted(place("container host")),
            "It asks its own machine instead (container host): a stub, or",
        ),
        (OUTSIDE, noted(place("public"), by="stripe-mock"), "asks a stub (mock)"),
        (noted(place("private")), noted(place("stub mock")), "asks a stub (mock)"),
        (noted(place("loopback")), noted(place("stub WireMock")), "asks a stub (WireMock)"),
        (noted(by="payments"), noted(place("stub WireMock")), "It is stubbed, or its telemetry is missing."),
        (
            noted(place("private"), by="payments"),
            noted(place("stub WireMock")),
            "It asks a stub instead (WireMock). It is simulated.",
        ),
        (noted(system("PostgreSQL")), noted(system("H2")), "It asks H2 instead. It is simulated."),
        (noted(system("MySQL")), noted(system("PostgreSQL")), "It asks PostgreSQL instead."),
        (noted(system("Kafka")), noted(system("memory")), "It asks memory instead. It is simulated."),
    ],
)
def test_what_is_simulated_is_one_line(production: Make, tests: Make, says: str) -> None:
    """A call that goes to a stub, its own machine or another system in the tests is one changed edge."""
    [line] = judged(production, tests)
    assert (line["state"], line["subject"]) == ("drift", f"{CALL} answered")
    assert says in line["reason"]


@pytest.mark.parametrize(
    ("production", "tests"),
    [
        (OUTSIDE, noted()),  # other instrumentation, that names no hosts
        (noted(), OUTSIDE),
        (OUTSIDE, noted(place("private"))),  # an egress proxy, or anybody
        (noted(place("private")), OUTSIDE),
        (noted(place("private")), noted(place("loopback"))),  # published ports
        (noted(place("loopback")), OUTSIDE),  # sidecars in production alone
        (noted(place("loopback")), noted(place("private"))),
        (noted(place("public"), by="payments"), noted(place("loopback"), by="payments")),
        (noted(place("private"), by="payments"), noted(place("loopback"), by="payments")),
        (noted(place("stub mock")), OUTSIDE),  # production's is called so
        (noted(place("stub mock")), noted(place("stub mock"))),
        (noted(system("PostgreSQL")), noted()),
        (noted(), noted(system("H2"))),
        (noted(system("SQLite")), noted(system("SQLite"))),
    ],
)
def test_another_host_is_no_difference(production: Make, tests: Make) -> None:
    """Where one side does not say it, or nothing follows from what it says, nothing is claimed."""
    assert judged(production, tests) == []


def test_lost_answers_at_loopback_are_no_stub() -> None:
    """Where production's calls are answered, one without an answer says nothing of a place."""
    live, silent = noted(place("public"), by="payments"), noted(place("public"))
    here, lost = noted(place("loopback"), by="payments"), noted(place("loopback"))
    production = lambda n: (silent if n % 200 == 0 else live)(n)  # noqa: E731
    tests = lambda n: (lost if n % 40 == 0 else here)(n)  # noqa: E731
    log = log_of(SCENARIO._replace(production=production, drifting=tests, runs=20), drifting=True)
    assert "machine" not in " ".join(line["reason"] for line in lines(log.fold(), "dependency"))


def querying(database: str, *notes: str) -> Make:
    """Flows whose one call asks a database, which has its name in the call's."""
    usual = calling(f"{database} SELECT orders")

    def make(number: int) -> Flow:
        flow = usual(number)
        entry, call = flow.shape
        return flow._replace(shape=(entry, call._replace(notes=notes)))

    return make


POSTGRES = querying("postgresql", system("PostgreSQL"))


def test_another_database_is_one_line() -> None:
    """A query of the same table in the process, of which even the name differs, is one changed edge."""
    log = log_of(
        SCENARIO._replace(production=POSTGRES, drifting=querying("h2database", system("H2"))), drifting=True
    )
    auditor = log.fold()
    shown = [line for each in DIMENSIONS for line in lines(auditor, each.name) if line["subject"]]
    assert [line["dimension"] for line in shown] == ["dependency"]
    assert shown[0]["reason"].startswith("'shop postgresql SELECT orders' asks PostgreSQL in all ")
    assert "It asks H2 instead. It is simulated." in shown[0]["reason"]


@pytest.mark.parametrize(
    ("one", "other"), [("postgresql", "postgres"), ("mysql", "mariadb"), ("redis", "valkey")]
)
def test_one_system_that_is_spelled_otherwise_is_no_line(one: str, other: str) -> None:
    """Libraries call a system by its protocol, by its maker, or by an older name."""
    family = {"postgresql": "PostgreSQL", "mysql": "MySQL", "redis": "Redis"}[one]
    tests = querying(other, system(family))
    log = log_of(SCENARIO._replace(production=querying(one, system(family)), drifting=tests), drifting=True)
    auditor = log.fold()
    assert [line for each in DIMENSIONS for line in lines(auditor, each.name) if line["subject"]] == []
