"""Traffic: the same from the same seed, sound traces, and changes that do what they say."""

from collections import Counter
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from monitor.demo.layout import Change, options
from monitor.demo.shop import FLOWS
from monitor.demo.traffic import (
    SECOND_NS,
    Trace,
    case_way,
    production_trace,
    production_traffic,
    suite_traffic,
)
from monitor.flows.flow import Outcome

BEGIN = 1_700_000_000 * SECOND_NS
CHECKOUT = next(flow for flow in FLOWS if flow.mocked)


def minute(seed: int, *changes: Change) -> list[tuple[int, Trace]]:
    """A minute of production at 20 traces a second."""
    return list(production_traffic(BEGIN, BEGIN + 60 * SECOND_NS, 20, Random(seed), changes))


def run(*changes: Change) -> list[Trace]:
    """One run of the suite within 5 s."""
    traffic = suite_traffic(BEGIN, BEGIN + 5 * SECOND_NS, "run-1", Random(1), changes)
    return [trace for _, trace in traffic]


def calls(traces: list[Trace], entry: str) -> set[str]:
    """Names of all spans in the successful traces of one entry."""
    return {
        span.name
        for trace in traces
        if trace[0][1].name == entry and trace[0][1].attributes["http.response.status_code"] == 200
        for _, span in trace
    }


def test_the_same_seed_gives_the_same_traffic() -> None:
    """Every id, time and name is the same; another seed gives others."""
    assert minute(3) == minute(3)
    assert minute(3) != minute(4)


def test_traffic_keeps_its_rate_and_order() -> None:
    """Traces begin inside the window, in order, at about the rate asked for."""
    begins = [at for at, _ in minute(5)]
    assert begins == sorted(begins)
    assert begins[0] >= BEGIN
    assert begins[-1] < BEGIN + 60 * SECOND_NS
    assert 1_000 < len(begins) < 1_400


def test_popular_flows_are_seen_more_often() -> None:
    """Shares of the traffic follow the weights."""
    seen = Counter(trace[0][1].name for _, trace in minute(6))
    assert seen["GET /products/{id}"] > 2 * seen["GET /reports/sales"]


@given(st.sampled_from(FLOWS), st.integers(0, 2**32))
def test_every_trace_is_a_valid_tree(flow: object, seed: int) -> None:
    """One root, unique ids, every parent present and earlier, every span ends after it began."""
    chosen = next(each for each in FLOWS if each is flow)
    spans = [span for _, span in production_trace(chosen, BEGIN, Random(seed))]
    ids = [span.span_id for span in spans]
    assert len({span.trace_id for span in spans}) == 1
    assert len(set(ids)) == len(ids)
    assert spans[0].parent_id == b""
    for place, span in enumerate(spans[1:], start=1):
        assert span.parent_id in ids[:place]
        assert BEGIN <= span.start < span.end


def test_outcomes_come_at_small_rates() -> None:
    """Some requests are rejected and a few fail; most succeed."""
    rng = Random(8)
    status = Counter(
        production_trace(CHECKOUT, BEGIN, rng)[0][1].attributes["http.response.status_code"]
        for _ in range(2_000)
    )
    assert 20 < status[422] < 120
    assert 4 < status[502] < 60
    assert status[200] > 1_800


def test_a_run_exercises_every_case_once() -> None:
    """Each (entry, case) happens once, and every span says which run and case caused it."""
    traces = run()
    cases = [trace[0][1].attributes["test.case.name"] for trace in traces]
    assert len(cases) == len(set(cases)) == sum(len(flow.cases) for flow in FLOWS)
    for trace in traces:
        assert {span.attributes["cicd.pipeline.run.id"] for _, span in trace} == {"run-1"}
        assert len({span.attributes["test.case.name"] for _, span in trace}) == 1


def test_production_carries_no_test_identity() -> None:
    """No span of production names a run or a case."""
    assert not any("test.case.name" in span.attributes for _, trace in minute(9) for _, span in trace)


def test_cases_take_and_skip_every_option() -> None:
    """Between them the successful cases of a flow take each optional step, and skip it."""
    for flow in FLOWS:
        ways = [case_way(flow, case, ()) for case in flow.cases]
        masks = [way.taken for way in ways if way.outcome is Outcome.OK]
        for bit in range(len(options(flow)) if masks else 0):
            assert {mask >> bit & 1 for mask in masks} == {0, 1}


def test_at_first_tests_do_what_production_does() -> None:
    """Without changes the calls of the suite and of production are the same, flow by flow."""
    production = [trace for _, trace in minute(10)]
    tests = run()
    for flow in FLOWS:
        if flow.cases:
            assert calls(tests, flow.operation) == calls(production, flow.operation), flow.operation


def test_mocked_away_changes_tests_alone() -> None:
    """Every case of the checkout leaves out the payment provider; production still calls it."""
    assert CHECKOUT.mocked in calls(run(), "POST /checkout")
    assert CHECKOUT.mocked not in calls(run(Change.MOCKED_AWAY), "POST /checkout")
    production = [trace for _, trace in minute(11, Change.MOCKED_AWAY)]
    assert CHECKOUT.mocked in calls(production, "POST /checkout")


def test_the_new_flow_is_production_s_alone() -> None:
    """Express checkout happens in production once it is launched, and never in tests."""

    def entries(traces: list[Trace]) -> set[str]:
        return {trace[0][1].name for trace in traces}

    express = "POST /checkout/express"
    assert express not in entries([trace for _, trace in minute(12)])
    assert express in entries([trace for _, trace in minute(12, Change.NEW_FLOW)])
    assert express not in entries(run(Change.NEW_FLOW))


def test_the_test_only_edge_is_the_suite_s_alone() -> None:
    """With the shortcut on, tests of the order page insert orders, which production never does there."""
    page = "GET /orders/{id}"
    assert "INSERT orders" not in calls(run(), page)
    assert "INSERT orders" in calls(run(Change.TEST_ONLY_EDGE), page)
    production = [trace for _, trace in minute(13, Change.TEST_ONLY_EDGE)]
    assert "INSERT orders" not in calls(production, page)
