"""Branches: what production does now and then, and no test takes, or every test takes."""

from typing import Any

import pytest

from monitor.drift.gate import Remark
from monitor.drift.policy import Policy
from monitor.flows.flow import Flow, Node, Operation, Outcome
from monitor.ledgers import QUESTIONS
from monitor.pipeline.timeline.commands import SpanLoss
from monitor.wire.span import Kind
from tests.dimensions.scenario import UNSAMPLED, Make, Scenario, calling, found, lines, log_of
from tests.unit.pipeline.auditing import POLICY, labels_of, summary_of

OLD, NEW = calling("GET /v1"), calling("GET /v2")
ENTRY = "shop POST /orders"


def of_ten(most: Make, *others: Make) -> Make:
    """Of ten flows the first ones are as each of the others says, one each, the rest as `most`."""
    return lambda number: others[number % 10](number) if number % 10 < len(others) else most(number)


def among(*ways: Make) -> Make:
    """Flows that go each of these ways in turn."""
    return lambda number: ways[number % len(ways)](number)


MIXED = of_ten(NEW, OLD, OLD, OLD, OLD)
SUBJECT = f"{ENTRY} -> GET /v2 never taken"
SCENARIO = Scenario(production=MIXED, faithful=among(OLD, NEW), drifting=OLD, subject=SUBJECT)


def branches(
    production: Make, tests: Make, *, policy: Policy = UNSAMPLED, lost: tuple[str, float] = ("", 0.0)
) -> list[dict[str, Any]]:
    """The lines on branches, of tests that go these ways; lost: who loses which share of the shop's spans."""
    scenario = SCENARIO._replace(production=production, drifting=tests)
    log = log_of(scenario, drifting=True, runs=5, policy=policy)
    environment, share = lost
    log.command(SpanLoss(environment, {"shop": share}))
    return lines(log.fold(), "branches")


def said(lines: list[dict[str, Any]]) -> list[str]:
    """What the findings say, in the order in which they come."""
    return [line["reason"] for line in lines if line["subject"]]


def test_a_way_that_no_test_goes_is_one_line_with_who_and_how_many() -> None:
    """Two ways exclude each other: the one that no test takes is named with the one that all take."""
    assert said(branches(MIXED, OLD)) == [
        (
            f"60 % of production's 2,000 requests of '{ENTRY}' make the call 'GET /v2'; no test does: "
            "0 of 20 test cases (5 runs). In the tests they make the call 'GET /v1'."
        )
    ]


def test_tests_that_go_both_ways_are_said_to_do_so() -> None:
    """The quiet twin: one trace of each way suffices, in whichever run it was."""
    [line] = branches(MIXED, lambda number: (OLD if number else NEW)(number))
    assert (line["state"], line["severity"]) == ("ok", "reports")
    assert line["reason"] == "Tests take, and skip, 2 optional calls of production at least once."


def test_what_tests_never_skip() -> None:
    """A call that all tests make and production only now and then: what happens without it is not tested."""
    assert said(branches(of_ten(calling(), OLD, OLD, OLD), OLD)) == [
        (
            f"30 % of production's 2,000 requests of '{ENTRY}' make the call 'GET /v1'; every test does: "
            "all 20 test cases (5 runs). What happens without it is not tested."
        )
    ]


def test_what_nearly_always_or_hardly_ever_happens_is_no_branch() -> None:
    """Beyond 95 % it is a matter of structure, below 1 % nobody expects a test of it."""
    odd = calling("GET /v1", "GET /odd")
    assert said(branches(lambda number: (calling() if number % 25 == 0 else OLD)(number), OLD)) == []
    assert said(branches(lambda number: (odd if number % 200 == 0 else OLD)(number), OLD)) == []
    assert len(said(branches(lambda number: (odd if number % 50 == 0 else OLD)(number), OLD))) == 1


def test_calls_that_come_together_are_one_line() -> None:
    """What a way does beside is counted."""
    wide = calling("GET /v2", "GET /v2/more", "GET /v2/rest")
    [line] = said(branches(of_ten(wide, OLD, OLD, OLD, OLD), OLD))
    assert line.startswith(
        f"60 % of production's 2,000 requests of '{ENTRY}' make the call 'GET /v2', and as"
    )
    assert ", and as often 2 more calls; no test does: " in line


def test_lines_of_a_path_are_few_with_the_largest_shares_first() -> None:
    """Of nine branches five have a line, and the last one counts the others."""
    ways = [
        calling("GET /v1", *(f"GET /x{n}" for n in range(9) if number % (n + 2) == 0))
        for number in range(2520)
    ]
    told = said(branches(lambda number: ways[number % 2520](number), OLD))
    assert [line.partition(" %")[0] for line in told] == ["50", "33.4", "25", "20", "16.7"]
    assert told[-1].endswith(" And 4 smaller ones of this path.")


def test_free_words_are_no_branches() -> None:
    """A destination with the name of a device in it is one of many by chance, and no way of its own."""
    devices = [
        calling("GET /v1", f"GET /devices/{name}/state") for name in map(str.lower, "ABCDEFGHIJKLMNOPQRST")
    ]
    assert said(branches(among(*devices), calling("GET /v1", "GET /devices/zz/state"))) == []


def answered(*services: str) -> Make:
    """Flows whose one call these services answer in turn; '' for nobody that sends telemetry."""

    def make(number: int) -> Flow:
        flow, by = calling("GET /find")(number), services[number % len(services)]
        node = [Node(Operation(by, Kind.SERVER, "GET /find"), 1)] if by else []
        return flow._replace(shape=(*flow.shape, *node), self_times=(80,) * (2 + len(node)))

    return make


def test_a_service_that_answers_now_and_then() -> None:
    """Where another one answers each call of the tests; a stub that sends nothing shows nothing of it."""
    mixed = answered("search-v2", "search-v2", "search-v2", "search-v1", "search-v1")
    assert said(branches(mixed, answered("search-v1"))) == [
        (
            "60 % of production's 2,000 calls 'shop GET /find' are answered by search-v2; none is in the "
            "tests: 0 of 20 test cases (5 runs). In the tests they are answered by search-v1."
        )
    ]
    assert said(branches(mixed, answered(""))) == []
    assert said(branches(mixed, answered("search-v1", "search-v2"))) == []


def failing(number: int) -> Flow:
    return calling()(number)._replace(outcome=Outcome.CLIENT_ERROR)


FAILS = of_ten(OLD, failing)


def test_a_failure_path_that_no_test_takes() -> None:
    """Ways to end are branches of the whole flow; the twin with one failing case is quiet."""
    told = [line for line in branches(FAILS, OLD) if line["subject"]]
    assert [(line["outcome"], line["subject"]) for line in told] == [
        ("", f"{ENTRY} end in a client error never taken")
    ]
    assert said(told) == [
        (
            f"10 % of production's 2,000 requests of '{ENTRY}' end in a client error; no test does: "
            "0 of 20 test cases (5 runs). In the tests they end well."
        )
    ]
    assert said(branches(FAILS, among(OLD, failing))) == []


def test_a_failure_path_that_all_tests_take() -> None:
    """Then no test ends well, as most of production does."""
    assert said(branches(FAILS, failing)) == [
        (
            f"90 % of production's 2,000 requests of '{ENTRY}' end well; no test does: "
            "0 of 20 test cases (5 runs). In the tests they end in a client error."
        )
    ]


def test_shares_that_sampling_hides_are_not_said() -> None:
    """That production has failures is known whatever its sampler keeps; how many it has is not."""
    [line] = said(branches(FAILS, OLD, policy=POLICY))
    assert line.startswith(f"Some of production's 2,000 requests of '{ENTRY}' end in a client error; no test")


def test_sampled_tests_are_not_asked() -> None:
    """What a sampler left out, nobody took."""
    sampled = UNSAMPLED.model_copy(update={"sampling": {"production": "none", "integration": "head"}})
    assert branches(MIXED, OLD, policy=sampled) == []


@pytest.mark.parametrize(("loss", "told"), [(0.02, True), (0.15, True), (0.5, False)])
def test_spans_that_tests_lose_are_no_branch_that_nobody_takes(loss: float, told: bool) -> None:
    """Where they may all have been lost, it is only said what every test shows."""
    lines = said(branches(MIXED, OLD, lost=("integration", loss)))
    assert ["; no test does: " in line for line in lines] == [told]


def test_spans_that_production_loses_make_no_branch() -> None:
    """What nearly all of production would show but for its losses is not optional."""
    seldom_seen = of_ten(OLD, calling())
    assert said(branches(seldom_seen, OLD, lost=("production", 0.1))) == []
    assert len(said(branches(seldom_seen, OLD))) == 1


def test_a_caller_without_instrumentation_is_not_asked() -> None:
    """Where tests show none of the requests that a service always makes, its optional ones prove nothing."""
    optional = of_ten(calling("GET /v1", "GET /more"), OLD, OLD, OLD)
    assert said(branches(optional, calling())) == []
    assert len(said(branches(optional, OLD))) == 1


def test_a_caller_that_may_lack_instrumentation_is_said_to() -> None:
    """Where production has optional requests alone, and tests show none, both are possible."""
    [line] = said(branches(of_ten(calling(), OLD), calling()))
    assert line.endswith("The tests show no such call of shop: its instrumentation may be missing.")


def test_it_decides_nothing() -> None:
    """It pages nobody, changes no score, and fails no gate."""
    assert QUESTIONS["branches"].severity == "reports"
    log = log_of(SCENARIO, drifting=True)
    auditor = log.fold()
    assert [alert for alert in log.alerts if labels_of(alert)["dimension"] == "branches"] == []
    assert [state.comparisons["prod-test"].score for state in auditor.states()] == [0.0]
    part = summary_of(auditor)["runs"][-1]["gate"]["prod-test"]
    assert (part["findings"], part["ok"]) == ([], 1)


def test_a_run_says_what_it_does_not_try() -> None:
    """Of its own cases, whatever other runs took."""
    log = log_of(SCENARIO, drifting=True, before=2, runs=1)
    *_, faithful, last = (run["gate"]["prod-test"]["untried"] for run in summary_of(log.fold())["runs"])
    assert faithful == []
    [remark] = (Remark(*each) for each in last)
    assert (remark.flow, remark.outcome) == (ENTRY, "ok")
    assert remark.says == (
        f"60 % of production's 2,000 requests of '{ENTRY}' make the call 'GET /v2'; no test does: "
        "0 of 4 test cases of run ci-2. In the tests they make the call 'GET /v1'."
    )
    assert found(lines(log.fold(), "branches")) == {("ok", "")}
