"""A service that sends no telemetry in the tests at all is named once, as that, whatever calls it."""

from collections.abc import Sequence
from pathlib import Path

from monitor.drift.report import Report
from monitor.drift.verdict import State
from monitor.wire.span import Kind
from tests.acceptance.replaying import Hop, production, replayed, runs_of

FLOWS = 5


def flow(number: int, *services: str) -> list[Hop]:
    """A page of the shop, and services of which each calls the next one; the last calls a database."""
    hops = [Hop("shop", f"GET /pages{number}")]
    for service in services:
        hops += [Hop(hops[-1].service, f"POST /{service}", Kind.CLIENT), Hop(service, f"POST /{service}")]
    query = {"db.system.name": "postgresql", "db.operation.name": "SELECT", "db.collection.name": "t"}
    return [*hops, Hop(hops[-1].service, "SELECT t", Kind.CLIENT, query)]


def unheard(hops: Sequence[Hop], *silent: str) -> list[Hop]:
    """What is seen of a flow where services send no telemetry; what such a one calls is not seen either."""
    first = next((place for place, hop in enumerate(hops) if hop.service in silent), len(hops))
    return list(hops[:first])


def report(tmp_path: Path, usual: list[list[Hop]], tested: list[list[Hop]]) -> Report:
    return replayed(tmp_path, production(usual, traces=1200), runs_of(tested, runs=6))


SILENT = [("dependency", State.DRIFT), ("audit", State.INSUFFICIENT)]
"""It is one drift, and the calls to it are not audited."""


def naming(report: Report, service: str) -> list[tuple[str, State | str]]:
    """The lines and hints that name a service in their sentence."""
    lines = [(line.dimension, line.state) for line in report.verdicts if service in line.reason.split()]
    return [*lines, *((hint.kind, hint.subject) for hint in report.hints if service in hint.says.split())]


def test_a_service_that_five_flows_call_is_one_line(tmp_path: Path) -> None:
    """It is said that it sends nothing at all, in how many flows it takes part, and in which."""
    usual = [flow(number, "payments") for number in range(FLOWS)]
    told = report(tmp_path, usual, [unheard(hops, "payments") for hops in usual])
    assert naming(told, "payments") == SILENT
    [line] = [line for line in told.verdicts if line.state is State.DRIFT]
    assert line.reason.startswith(
        "payments sends no telemetry in candidate at all. In shop GET /pages0, payments answers 'shop POST "
        "/payments' in all 240 production traces and in 0 of 24 test cases (6 runs since "
    )
    assert line.reason.count("It is stubbed, or its telemetry is missing.") == 1
    assert "it takes part in 5 flows that the tests exercise: shop GET /pages0, shop" in line.reason


def test_what_is_not_judged_because_of_it_says_so(tmp_path: Path) -> None:
    """What the silent service would do itself is ok in no flow."""
    usual = [flow(number, "payments") for number in range(FLOWS)]
    told = report(tmp_path, usual, [unheard(hops, "payments") for hops in usual])
    structure = [line for line in told.verdicts if line.dimension == "structure"]
    assert [line.state for line in structure] == [State.INSUFFICIENT] * FLOWS
    assert {line.reason for line in structure} == {
        "A service that this path calls sends no telemetry in the tests, so what it does is not judged."
    }


def test_two_such_services_are_two_lines(tmp_path: Path) -> None:
    """Each with the flows that call it."""
    usual = [flow(number, "payments" if number % 2 else "stock") for number in range(FLOWS)]
    told = report(tmp_path, usual, [unheard(hops, "payments", "stock") for hops in usual])
    assert naming(told, "payments") == naming(told, "stock") == SILENT
    drifts = [line.reason for line in told.verdicts if line.state is State.DRIFT]
    assert sorted(says[: says.index(" sends")] for says in drifts) == ["payments", "stock"]
    assert [says.partition(" exercise:")[2].count("shop GET") for says in sorted(drifts)] == [2, 3]


def test_a_service_behind_a_silent_one_is_named_as_well(tmp_path: Path) -> None:
    """No call to it can be missed where its caller is silent: it is a hint."""
    usual = [flow(number, "payments", "bank") for number in range(FLOWS)]
    told = report(tmp_path, usual, [unheard(hops, "payments") for hops in usual])
    assert naming(told, "payments") == SILENT
    assert naming(told, "bank") == [("silent", "bank")]


def test_a_service_that_answers_in_one_flow_is_not_silent(tmp_path: Path) -> None:
    """The twin: where it is stubbed in four flows of five, each of them says so."""
    usual = [flow(number, "payments") for number in range(FLOWS)]
    told = report(tmp_path, usual, [usual[0], *(unheard(hops, "payments") for hops in usual[1:])])
    drifts = [line for line in told.verdicts if line.state is State.DRIFT]
    assert sorted(line.flow for line in drifts) == [f"shop GET /pages{number}" for number in range(1, 5)]
    assert all("It is stubbed, or its telemetry is missing." in line.reason for line in drifts)


def test_services_that_all_answer_are_no_line(tmp_path: Path) -> None:
    """The quiet twin: nothing is said of any service."""
    usual = [flow(number, "payments") for number in range(FLOWS)]
    told = report(tmp_path, usual, usual)
    assert naming(told, "payments") == []
    assert {line.state for line in told.verdicts if line.dimension == "dependency"} == {State.OK}
