"""Hints: what a person should set, from the records of the verdicts topic."""

from typing import Any

import pytest

from monitor.drift.hints import Hint, hints
from tests.unit.publish.records import view_of

NAMES = {"reference": "production", "candidate": "tests"}


def flow(name: str, reference: int = 0, candidate: int = 0, **more: Any) -> dict[str, Any]:
    return {"flow": name, "reference_weight": reference, "candidate_weight": candidate, **more}


def told(*flows: dict[str, Any], **owned: Any) -> tuple[Hint, ...]:
    records = {f"flow/c/{number}": each for number, each in enumerate(flows)}
    return hints(view_of({**records, "comparison/c": {"comparison": NAMES, **owned}}), "c")


def test_a_gateway_has_most_of_the_traffic_and_fans_out() -> None:
    """Half of an environment's traffic is most of it; told once, though it is so in both environments."""
    gateway = flow("edge GET /api", 50, 90, fans_out=["reference", "candidate"])
    [hint] = told(gateway, flow("shop GET /", 50, 10, fans_out=[]))
    assert (hint.kind, hint.subject) == ("gateway", "edge GET /api")
    assert "50% of the traffic of production" in hint.says
    assert hint.remedy == 'flows.pass_through: ["edge GET /api"]'


def test_what_has_less_or_does_not_fan_out_is_no_gateway() -> None:
    """The busiest flow of a system is a flow, and a small flow with branches is one, too."""
    busy, branching = flow("shop GET /", 90, 90, fans_out=[]), flow("a GET /", 10, 10, fans_out=["reference"])
    assert told(busy, branching) == ()


def test_an_entry_of_the_tests_alone_that_production_has_inside() -> None:
    """Named with the line to paste; entries that production has, or does not know at all, are not."""
    outer = flow("shop POST /orders", 100, 10, inner=["pay POST /charge", "shop GET /a"])
    [hint] = told(
        outer, flow("pay POST /charge", 0, 5), flow("shop GET /a", 50, 5), flow("mail POST /", 0, 5)
    )
    assert (hint.kind, hint.subject) == ("inner", "pay POST /charge")
    assert hint.remedy == 'flows.inner: ["pay POST /charge"]'


def test_an_entry_of_production_alone_that_the_tests_have_inside() -> None:
    """Production's front sends no spans: what it calls is named, likewise with the line to paste."""
    outer = flow("edge GET /", 0, 10, candidate_inner=["pay POST /charge", "shop GET /a"])
    [hint] = told(outer, flow("pay POST /charge", 9, 0), flow("shop GET /a", 1, 5), flow("mail POST /", 5, 0))
    assert (hint.kind, hint.subject) == ("inner", "pay POST /charge")
    assert hint.says.startswith("pay POST /charge is an entry in production; in tests it is an inner")


@pytest.mark.parametrize(("entries", "hinted"), [(10, True), (11, False)])
def test_an_entry_that_lost_spans_make_now_and_then(entries: int, hinted: bool) -> None:
    """Where its caller's span got lost, an inner operation is an entry: that is not how it is entered."""
    outer = flow("edge GET /", 0, 100, candidate_inner=["pay POST /charge"])
    found = told(outer, flow("pay POST /charge", 9, entries))
    assert [hint.subject for hint in found if hint.kind == "inner"] == ["pay POST /charge"] * hinted


def test_an_entry_that_production_has_mostly_inside() -> None:
    """Lost spans make it, or somebody without telemetry; asked of what no test has."""
    outer = flow("edge GET /", 100, 0, inner=["pay POST /charge", "pay GET /"])
    [hint] = told(outer, flow("pay POST /charge", 5, 0), flow("pay GET /", 50, 0))
    assert (hint.kind, hint.subject) == ("inner", "pay POST /charge")
    assert hint.says.startswith("pay POST /charge is seldom an entry in production, and mostly an inner")


def test_a_gateway_whose_backend_is_not_seen() -> None:
    """A flow that is named by what passes on to other flows lacks the spans behind it."""
    [hint] = told(flow("shop GET /", 90, 9, passed_on=["edge GET"]), flow("edge GET", 0, 1))
    assert (hint.kind, hint.subject) == ("silent", "edge GET")


def test_requests_of_which_no_span_says_what_they_carry() -> None:
    """Where others of the same route are named by it; a bare method is no such name."""
    names = ("shop POST /graphql", "shop POST /graphql query Cart", "shop POST /graphql-ui", "shop POST")
    [hint] = told(*(flow(name, 9, 9) for name in names))
    assert (hint.kind, hint.subject) == ("silent", "shop POST /graphql")


def test_flows_that_differ_by_the_names_of_environments() -> None:
    """They are named with the aliases to paste, where each is on one side alone."""
    one, other = flow("mail process shop-prod", 9, 0), flow("mail process shop-tests", 0, 9)
    [hint] = told(one, other)
    assert (hint.kind, hint.subject) == ("alias", "mail process shop-tests")
    assert hint.remedy == 'services.aliases: {"*-prod": "*", "*-tests": "*"}'
    assert told(one, {**other, "reference_weight": 1}) == ()


def test_unknown_sampling_of_the_reference_is_told_once() -> None:
    """Unknown sampling is one hint, however many flows show it, with the setting to make."""
    [hint] = told(*(flow(f"a GET /{n}", 1, 1, outcomes_unknown=n > 0) for n in range(9)))
    assert (hint.kind, hint.subject) == ("sampling", "production")
    assert hint.remedy.startswith("environments.production.sampling: ")


def test_split_traces_name_the_setting_of_the_collector() -> None:
    """The hint on split traces names the Collector's setting, and an example trace."""
    [hint] = told(split={"traces": 9, "split": 2, "example": "ab on x/0 and x/1"})
    assert hint.says.startswith("2 of 9 sampled traces lie on several partitions (ab on x/0 and x/1)")
    assert hint.remedy.startswith("kafka.traces.rekey: true, or partition_traces_by_id: true")
    assert told(split={"traces": 9, "split": 0, "example": ""}) == ()


def test_a_glob_matches_its_name_alone() -> None:
    """A name with signs of a glob in it is pasted so that it matches itself alone."""
    [signs] = told(flow("a GET /*/[x]?", 1, 1, fans_out=["reference"]))
    assert signs.remedy == 'flows.pass_through: ["a GET /[*]/[[]x][?]"]'
    [hint] = told(flow('a "b" \\', 1, 1, fans_out=["reference"]))
    assert hint.remedy == 'flows.pass_through: ["a \\"b\\" \\\\"]'


@pytest.mark.parametrize(("inner", "hinted"), [(["shop GET /a", "pay POST /b"], True), ([], False)])
def test_requests_without_a_route_may_be_those_of_a_gateway(inner: list[str], hinted: bool) -> None:
    """Where other services answer below them, the hint has the line that makes each a flow of its own."""
    whole = {"unrouted": "edge", "inner": inner, "fans_out": ["reference"]}
    [hint] = told(flow("edge HTTP {other}", 100, 10, **whole))
    assert (hint.kind, hint.subject) == ("unrouted", "edge HTTP {other}")
    assert hint.remedy.startswith('flows.pass_through: ["edge *"], if it is a gateway; else http.r') is hinted
    assert hint.remedy.endswith('http.route on its server spans, or flows.templates: ["/users/{name}/..."]')
