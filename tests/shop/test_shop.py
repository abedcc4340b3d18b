"""The generated shops are as large, as varied and as untidy as they are said to be."""

import pytest

from tests.metamorphic.systems.model import Gateway, GraphQl, Http, Job, Query, Rpc, Schedule, Topic
from tests.metamorphic.telemetry.capture import BEGIN
from tests.metamorphic.telemetry.spans import Span, walk
from tests.shop.draw import PROVIDER, consumers, shop
from tests.shop.model import Operation, Request, Shop, below
from tests.shop.traffic import Runs, Traffic, production, suite

SEEDS = range(5)


def operations(made: Shop) -> list[Operation]:
    """All operations that a request can come to."""
    entries = [flow.entry for flow in made.flows]
    asked = [
        step.does.to for entry in entries for _, step in below(entry) if not isinstance(step.does, Query)
    ]
    return [*entries, *asked]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_shop_has_all_that_shops_have(seed: int) -> None:
    """It has twelve services, forty flows, every kind of interface, databases, a cache and branches."""
    made = shop(seed)
    assert len(made.services) >= 12
    flows = {flow.named_by.word for flow in made.flows} | {
        each.word for flow in made.flows for each in consumers(flow.entry)
    }
    assert len(flows) >= 40
    kinds = {type(each.interface) for each in operations(made)}
    assert kinds >= {Http, Rpc, GraphQl, Gateway, Job, Topic, Schedule}
    steps = [step for flow in made.flows for _, step in below(flow.entry)]
    systems = {step.does.system for step in steps if isinstance(step.does, Query)}
    assert "redis" in systems and len(systems) >= 3
    assert any(isinstance(step.does, Request) and step.does.to.service == PROVIDER for step in steps)
    assert any(step.when for step in steps) and any(step.beside for step in steps)


@pytest.mark.parametrize("seed", SEEDS)
def test_every_flow_has_one_to_three_cases(seed: int) -> None:
    """A suite has one to three cases per flow, and takes and skips every branch."""
    for flow in shop(seed).flows:
        assert 1 <= len(flow.cases) <= 3
        valid = [case for case in flow.cases if not case.rejected]
        assert {*flow.branches} == {name for case in valid for name in case.taken}
        assert all(any(name not in case.taken for case in valid) for name in flow.branches)


def outline(span: Span) -> list[tuple[str, str]]:
    """What a trace did, without its times."""
    return [(each.service, each.name) for each, _ in walk(span)]


def test_cases_do_the_same_in_every_run() -> None:
    """Traces of one case differ between runs by retries alone: nothing of a suite is drawn."""
    runs = suite(shop(0), Runs(BEGIN, 2), "0")
    first, second = ([outline(trace.root) for trace in run.traces] for run in runs)
    same = sum(one == other for one, other in zip(first, second, strict=True))
    assert same >= 0.9 * len(first)


def test_production_fails_now_and_then() -> None:
    """One to three requests in a hundred fail, and more are invalid."""
    traces = production(shop(0), Traffic(BEGIN, 3600, 1500), "0").traces
    failed = sum(trace.root.failed for trace in traces) / len(traces)
    assert 0.005 < failed < 0.04


def test_a_seed_is_a_shop() -> None:
    """The same seed gives the same shop and the same traffic, another one gives others."""
    assert shop(3) == shop(3) != shop(4)
    traffic = Traffic(BEGIN, 60, 20)
    assert production(shop(3), traffic, "3") == production(shop(3), traffic, "3")
