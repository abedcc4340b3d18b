"""Structure: a call that production always makes and tests do not; a call that is made for another one."""

import pytest
from msgspec.structs import asdict

from monitor.dimensions.structure import STRUCTURE
from monitor.dimensions.trait import Trait
from monitor.drift.detectors.replaced import MOST_AT_ONE_PLACE, Change, replaced
from monitor.drift.gate import Finding
from monitor.flows.flow import Flow, Node, Operation
from monitor.wire.span import Kind
from tests.dimensions.scenario import Make, Scenario, calling, found, lines, log_of
from tests.dimensions.test_dependency import answered
from tests.traits import ENTRY, call, client
from tests.unit.pipeline.auditing import summary_of

SCENARIO = Scenario(
    production=calling("POST /charge", "db INSERT orders"),
    faithful=calling("POST /charge", "db INSERT orders"),
    drifting=calling("db INSERT orders"),
    subject="shop POST /orders -> POST /charge",
)
CHARGE = "shop POST /orders -> POST /charge"


def test_a_call_is_shown_with_the_service_at_its_other_end() -> None:
    """A sentence about a missing call says who answers it in production."""
    scenario = SCENARIO._replace(production=answered("payments"), drifting=calling())
    [line] = lines(log_of(scenario, drifting=True).fold(), "structure")
    assert line["reason"].startswith("'shop POST /orders -> POST /charge' (of payments) happens in all 2,000")


def sending(name: str) -> Make:
    """Flows that send a message."""

    def make(number: int) -> Flow:
        flow = calling()(number)
        shape = (*flow.shape, Node(Operation("shop", Kind.PRODUCER, name), 0))
        return flow._replace(shape=shape, self_times=(80,) * len(shape))

    return make


def one_for(production: Make, tests: Make) -> Scenario:
    return SCENARIO._replace(production=production, faithful=production, drifting=tests, runs=3)


@pytest.mark.parametrize(
    ("production", "tests", "before", "after"),
    [
        (calling("POST /charge"), calling("POST /pay"), "POST /charge", "POST /pay"),
        (sending("send orders"), sending("send orders-test"), "send orders", "send orders-test"),
        (calling("mysql SELECT a"), calling("mysql SELECT b"), "mysql SELECT a", "mysql SELECT b"),
    ],
    ids=["a service", "a queue", "a database"],
)
def test_a_call_made_for_another_is_one_finding(
    production: Make, tests: Make, before: str, after: str
) -> None:
    """It names both, and is about the one that production makes: nothing is missing beside something new."""
    log = log_of(one_for(production, tests), drifting=True)
    [line] = lines(log.fold(), "structure")
    assert (line["state"], line["subject"]) == ("drift", f"shop POST /orders -> {before}")
    assert line["reason"].startswith(
        f"'shop POST /orders -> {before}' is replaced by '{after}': it happens in all 2,000 production "
        "traces and in 0 of 12 test cases (3 runs"
    )
    events = [asdict(alert.annotations) for alert in log.alerts if alert.phase == "firing"]
    assert [event["subject"] for event in events] == [f"shop POST /orders -> {before}"]


def test_its_first_run_says_so_to_the_gate_once() -> None:
    """One finding with both names."""
    log = log_of(one_for(calling("POST /charge"), calling("POST /pay")), drifting=True, runs=1)
    [run] = summary_of(log.fold())["runs"]
    [finding] = [Finding(*finding) for finding in run["gate"]["prod-test"]["findings"]]
    assert (finding.dimension, finding.subject) == ("structure", CHARGE)
    assert "is replaced by 'POST /pay'" in finding.says


def test_a_call_beside_the_usual_ones_replaces_none() -> None:
    """The twin: what is new where nothing is gone is a call that only tests make."""
    scenario = one_for(calling("POST /charge"), calling("POST /charge", "POST /pay"))
    [line] = lines(log_of(scenario, drifting=True).fold(), "structure")
    assert line["subject"] == "shop POST /orders -> POST /pay"
    assert "replaced" not in line["reason"]


def test_a_call_of_another_kind_replaces_none() -> None:
    """A message that is sent where a request was made are two changes."""
    scenario = one_for(calling("POST /charge"), sending("send charges"))
    told = found(lines(log_of(scenario, drifting=True).fold(), "structure"))
    assert told == {("drift", CHARGE), ("drift", "shop POST /orders -> send charges")}


def change(trait: Trait, share: float) -> Change:
    return Change(STRUCTURE, trait, share < 0.5, share)


def test_of_several_those_with_the_most_words_in_common_go_together() -> None:
    """Two calls to a service that became two calls to its stub."""
    gone = [change(call("POST /pay @pay"), 0.0), change(call("POST /void @pay"), 0.0)]
    new = [change(call("POST /void @stub"), 1.0), change(call("POST /pay @stub"), 1.0)]
    assert replaced([*gone, *new]) == {
        call("POST /pay @stub"): call("POST /pay @pay"),
        call("POST /void @stub"): call("POST /void @pay"),
    }
    assert replaced([*gone, new[0]]) == {call("POST /void @stub"): call("POST /void @pay")}


def test_what_is_new_elsewhere_or_at_other_times_replaces_none() -> None:
    """One caller's call is not another's, and one that is made by the way is none for one that is gone."""
    gone = change(call("POST /charge"), 0.0)
    elsewhere = Trait("structure", ENTRY._replace(name="GET /cart"), client("POST /pay"), "shop")
    assert replaced([gone, change(elsewhere, 1.0)]) == {}
    assert replaced([gone, Change(STRUCTURE, call("POST /pay"), False, 0.3)]) == {}
    assert replaced([gone, change(call("POST /pay"), 0.95)]) == {call("POST /pay"): call("POST /charge")}


def test_where_very_many_calls_changed_none_stands_for_another() -> None:
    """Telemetry decides how many there are; to hold each against each would take its square."""
    gone = [change(call(f"GET /{number}"), 0.0) for number in range(MOST_AT_ONE_PLACE)]
    new = [change(call(f"GET /{number} @stub"), 1.0) for number in range(MOST_AT_ONE_PLACE)]
    assert len(replaced([*gone, *new])) == MOST_AT_ONE_PLACE
    assert replaced([*gone, *new, change(call("GET /one-more"), 0.0)]) == {}
