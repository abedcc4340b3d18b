"""What a page costs at 10,000 flows, in calls of functions: time depends on the machine, calls do not."""

import sys
from collections.abc import Callable
from functools import cache
from types import FrameType
from typing import Any

import pytest

from monitor.publish.pages import page
from monitor.publish.pages.engine import render
from monitor.publish.pages.names import flow_id
from tests.unit.publish.bench import Bench
from tests.unit.publish.pages.filled import CALLS, DRIFT, filled, tree, with_flow
from tests.unit.publish.records import COMPARISON

FLOWS = 10_000
LINES = [{"severity": "pages", "dimension": name} for name in ("structure", "fanout", "sequence", "timing")]


@cache
def large() -> Bench:
    """10,000 flows with four lines each; a hundred drift."""
    bench = filled()
    for number in range(FLOWS):
        more = [DRIFT] if number % 100 == 0 else []
        with_flow(bench, f"shop GET /{number}", *LINES, *more, paths=[tree(*CALLS)], reference_weight=number)
    return bench


def calls_of(work: Callable[[], object]) -> int:
    """How many functions are called, of C too."""
    number = 0

    def count(_: FrameType, event: str, __: Any) -> None:
        nonlocal number
        number += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(before)
    return number


MAKERS: dict[str, Callable[[page.Asked], page.Page]] = {
    "overview": page.overview_page,
    "flows": page.page_of_flows,
    "coverage": page.page_of_coverage,
    "flow": lambda asked: page.page_of_flow(asked, flow_id("shop GET /9900")),
}


@pytest.mark.parametrize("name", MAKERS)
def test_a_page_looks_at_each_flow_a_few_times(name: str) -> None:
    """At most 25 calls for each flow, however many lines it has; the HTML stays small."""
    asked = page.Asked(large().view.frozen(), COMPARISON, {}, {}, {})
    made: list[page.Page] = []
    assert calls_of(lambda: made.append(MAKERS[name](asked))) < 25 * FLOWS
    about = {"nav": (), "here": "/", "version": "", "json": "", "command": "", "title": ""}
    frame = {"comparison": COMPARISON, "comparisons": (), "parameters": {}, "sides": asked.sides}
    assert len(render(made[0].template, **frame, **about, **made[0].content)) < 100_000
