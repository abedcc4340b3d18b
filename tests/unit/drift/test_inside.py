"""A flow that only tests have is not dead where production has it inside others."""

import pytest

from monitor.drift.inside import known_inside
from monitor.drift.records.comparison import ComparisonRecord, Input, Sides, comparison_key
from monitor.drift.records.flow import FlowVerdicts
from monitor.drift.records.latest import Latest
from monitor.drift.records.sums import PartSums
from monitor.drift.report import build_report
from monitor.ledgers.coverage.whole import DEAD_AFTER, lines, section
from monitor.ledgers.fleet import Fleet

STOCK = "stock POST /reserve"


def flow(name: str, live: int, tests: int, *inner: str) -> FlowVerdicts:
    """What is known of a flow with these weights, and these servers below it in the reference."""
    return FlowVerdicts(
        partition=0,
        offset=0,
        comparison="prod-test",
        flow=name,
        reference_weight=live,
        candidate_weight=tests,
        inner=inner,
    )


ORDERS = flow("shop POST /orders", 9, 9, STOCK)


@pytest.mark.parametrize(
    ("flows", "inside"),
    [
        ([ORDERS, flow(STOCK, 0, 2)], {STOCK}),
        ([ORDERS, flow(STOCK, 1, 2)], set()),
        ([flow("shop POST /orders", 9, 9), flow(STOCK, 0, 2)], set()),
        (
            [flow("bff POST /graphql query Cart", 9, 9), flow("bff POST /graphql", 0, 1)],
            {"bff POST /graphql"},
        ),
    ],
    ids=["below another", "an entry as well", "nowhere", "the name of a carrier"],
)
def test_which_flows_production_has_inside_others(flows: list[FlowVerdicts], inside: set[str]) -> None:
    """Those that only tests enter, and that stand below an entry of production or carry its operations."""
    assert known_inside(flows) == inside


@pytest.mark.parametrize(
    ("flows", "dead"), [([ORDERS, flow(STOCK, 0, 2)], []), ([flow(STOCK, 0, 2)], [STOCK])]
)
def test_what_production_has_inside_is_not_dead(flows: list[FlowVerdicts], dead: list[str]) -> None:
    """The report lists it as dead, with a line, only where production has it nowhere."""
    fleet = Fleet("production", "integration", PartSums(reference_traces=DEAD_AFTER, dead=((STOCK, None),)))
    record = ComparisonRecord(
        partition=0,
        offset=0,
        comparison=Sides(reference="production", candidate="integration"),
        input=Input(),
        coverage=section(fleet),
        verdicts=tuple(lines(fleet)),
    )
    latest = Latest()
    for key, each in ((comparison_key("prod-test"), record), *((f"flow/{f.flow}", f) for f in flows)):
        latest.put(key, each)
    report = build_report(latest, "prod-test")
    assert [each.flow for each in report.coverage.dead] == dead
    assert [line.flow for line in report.verdicts] == dead
