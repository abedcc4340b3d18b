"""What the program dropped or could not judge, made from records of the verdicts topic."""

from typing import Any

from monitor.drift.dropped import dropped
from monitor.flows.flow import OVERFLOW
from tests.unit.publish.records import verdict, view_of

INPUT = {"spans": 9, "traces": 3, "flows": 2, "late": 0, "duplicates": 0, "incomplete": 0, "rejected": 0}
SIDES = {"reference": "production", "candidate": "test"}


def found(
    seen: dict[str, int] | None = None, flow: dict[str, Any] | None = None, **summary: Any
) -> dict[str, str]:
    """Kind and sentence of what is dropped."""
    records = {
        "comparison/c": {"comparison": SIDES, "input": {**INPUT, **(seen or {})}},
        "summary/0": summary,
        "flow/c/shop\tGET /": {
            "flow": "shop GET /",
            "reference_weight": 1024,
            "verdicts": [],
            **(flow or {}),
        },
    }
    return {each.kind: each.says for each in dropped(view_of(records), "c")}


def test_nothing_dropped_is_not_mentioned() -> None:
    """A count of 0 makes no line."""
    assert found() == {}


def test_what_observers_left_out_is_counted() -> None:
    """Late spans, records without spans, what did not end, flows that lack spans: each in a sentence."""
    lines = found({"late": 1, "rejected": 2, "incomplete": 3, "unfinished": 4})
    assert list(lines) == ["late", "unreadable", "unfinished", "incomplete"]
    assert lines["unfinished"].startswith("4 parts of traces had not come to an end")
    assert lines["incomplete"].startswith("3 flows came without some spans")
    assert lines["late"].startswith("1 span came")
    assert lines["unreadable"].startswith("2 records held no span")


def test_what_auditors_left_out_is_counted() -> None:
    """Flows that came after their run had settled, and those beyond the number that is followed."""
    says = found(tallies={"evidence_dropped": 2})["settled"]
    assert says.startswith("2 flows of tests came after their run had settled")
    says = found(flow={"flow": str(OVERFLOW)})["over_limit"]
    assert says.startswith("100 % of the reference's traffic is in more flows than are followed")


def test_what_is_ignored_is_named_the_most_frequent_first() -> None:
    """The operations, how often, and no more than some of them."""
    names = {f"production\thealth\tshop GET /{n}": n + 1 for n in range(9)}
    says = found({"ignored": 45}, ignored=names)["ignored"]
    assert says.startswith("45 requests were no use of the system: shop GET /8 (9), shop GET /7 (8)")
    assert "shop GET /1" not in says


def test_rows_of_older_naming_rules_are_counted() -> None:
    """Observers of an older release name flows by other rules."""
    assert found(tallies={"old_names": 4})["old_names"].startswith("4 flows came from observers")


def test_traffic_without_a_route_is_a_share() -> None:
    """What stands for too many paths says how much of the reference's traffic it is."""
    assert found(flow={"unrouted": "shop"})["unnamed"].startswith("100 % of the reference's traffic")


def test_a_path_without_enough_evidence_is_unjudged() -> None:
    """Each path once, however many of its lines are insufficient."""
    line = verdict("shop GET /", state="insufficient")
    whole = {**line, "outcome": ""}
    assert found(flow={"verdicts": [whole]}) == {}
    assert found(flow={"verdicts": [line, line, {**line, "state": "ok"}]})["unjudged"].startswith(
        "There is too little evidence on 1 path"
    )
