"""Services that tests enter, and whose telemetry production never shows."""

import pytest

from monitor.drift.hints import Hint
from monitor.drift.records.flow import FlowVerdicts
from monitor.drift.silent import unseen_fronts


def flow(name: str, reference: int, candidate: int) -> FlowVerdicts:
    """A flow with this traffic on each side."""
    return FlowVerdicts(
        partition=0, offset=1, flow=name, reference_weight=reference, candidate_weight=candidate
    )


def fronts(*flows: FlowVerdicts) -> list[Hint]:
    return list(unseen_fronts(flows, "production"))


def test_what_production_enters_where_tests_enter_its_caller_is_hinted() -> None:
    """Once for the service, with the flows that no test exercises by that name."""
    tested = [flow("web POST /pay", 0, 8), flow("web GET /cart", 0, 8)]
    [hint] = fronts(*tested, flow("payments POST /charges", 900, 0), flow("stock GET /items", 900, 4))
    assert (hint.kind, hint.subject) == ("silent", "web")
    assert "payments POST /charges, which no test exercises, may be what web calls there." in hint.says


@pytest.mark.parametrize(
    "flows",
    [
        [flow("web POST /pay", 0, 8), flow("stock GET /items", 900, 4)],
        [flow("web POST /pay", 0, 8), flow("web GET /cart", 9, 8), flow("payments POST /charges", 900, 0)],
        [flow("payments POST /charges", 900, 0)],
        [flow("__overflow__ __overflow__", 0, 8), flow("payments POST /charges", 900, 0)],
    ],
    ids=["all is tested", "production enters it, too", "nothing is tested", "beyond a limit"],
)
def test_all_else_is_no_hint(flows: list[FlowVerdicts]) -> None:
    """The twins."""
    assert fronts(*flows) == []
