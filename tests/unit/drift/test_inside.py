"""A flow that only tests have is not dead where production has it inside others."""

import pytest

from monitor.drift.inside import known_inside, without_inside
from monitor.drift.records.comparison import ComparisonRecord, Input, Sides
from monitor.drift.records.coverage import Covered
from monitor.drift.records.flow import FlowVerdicts

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
    ("flows", "dead"), [([ORDERS, flow(STOCK, 0, 2)], ()), ([flow(STOCK, 0, 2)], (STOCK,))]
)
def test_what_production_has_inside_is_not_dead(flows: list[FlowVerdicts], dead: tuple[str, ...]) -> None:
    """The list of dead flows names it only where production has it nowhere."""
    record = ComparisonRecord(
        partition=0,
        offset=0,
        comparison=Sides(reference="production", candidate="integration"),
        input=Input(),
        coverage=Covered(dead=((STOCK, None),)),
    )
    assert tuple(name for name, _ in without_inside(record, flows).coverage.dead) == dead
