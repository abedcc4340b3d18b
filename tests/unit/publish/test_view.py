"""The view holds the latest word on every key."""

from monitor.drift.records.flow import FlowVerdicts
from monitor.drift.records.summary import Summary
from monitor.drift.report import build_report
from monitor.publish.view import View
from tests.unit.publish.records import (
    COMPARISON,
    comparison_record,
    flow_record,
    summary_record,
    tell,
    verdict,
)

_KEY = f"flow/{COMPARISON}/shop\tGET /a"


def test_the_latest_record_counts() -> None:
    """A record with a higher offset replaces the one before."""
    view = View()
    tell(view, _KEY, flow_record("shop GET /a", weight=1, offset=7))
    tell(view, _KEY, flow_record("shop GET /a", weight=2, offset=8))
    assert [flow.reference_weight for flow in view.every(FlowVerdicts)] == [2]


def test_a_zombie_is_not_heard() -> None:
    """A record of the same partition with a lower offset changes nothing, whenever it comes."""
    view = View()
    tell(view, _KEY, flow_record("shop GET /a", weight=2, offset=8))
    tell(view, _KEY, flow_record("shop GET /a", weight=1, offset=7))
    assert [flow.reference_weight for flow in view.every(FlowVerdicts)] == [2]


def test_an_equal_offset_is_heard() -> None:
    """A record with an equal offset replaces the one before."""
    view = View()
    tell(view, _KEY, flow_record("shop GET /a", weight=1, offset=7))
    tell(view, _KEY, flow_record("shop GET /a", weight=3, offset=7))
    assert [flow.reference_weight for flow in view.every(FlowVerdicts)] == [3]


def test_a_key_is_taken_back() -> None:
    """A tombstone removes its record, and an unknown one changes nothing."""
    view = View()
    tell(view, _KEY, flow_record("shop GET /a"))
    view.receive(_KEY, None)
    view.receive("flow/never/heard", None)
    assert view.every(FlowVerdicts) == []


def test_a_frozen_view_stands_still() -> None:
    """A frozen view does not change with later records."""
    view = View()
    tell(view, _KEY, flow_record("shop GET /a"))
    frozen = view.frozen()
    view.receive(_KEY, None)
    assert [flow.flow for flow in frozen.every(FlowVerdicts)] == ["shop GET /a"]


def test_kinds_are_told_apart() -> None:
    """`every` gives one kind in the order of its keys, `comparisons` names them."""
    view = View()
    tell(view, "summary/1", summary_record(1))
    tell(view, "summary/0", summary_record(0))
    tell(view, f"comparison/{COMPARISON}", comparison_record())
    assert [summary.partition for summary in view.every(Summary)] == [0, 1]
    assert [*view.comparisons()] == [COMPARISON]


def test_the_report_is_made_from_the_records() -> None:
    """The API answers what `build_report` makes of the same records, as `replay` does."""
    view = View()
    tell(view, f"comparison/{COMPARISON}", comparison_record(units=5))
    tell(view, _KEY, flow_record("shop GET /a", verdict("shop GET /a", state="drift", effect=1.0)))
    assert view.report(COMPARISON) == build_report(view, COMPARISON)
    assert view.report(COMPARISON).verdicts[0].state == "drift"
