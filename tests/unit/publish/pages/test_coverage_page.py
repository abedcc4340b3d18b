"""The page of coverage: traffic as area, and the same as a table."""

from typing import Any

from monitor.publish.pages.coverage import MOST_TILES
from monitor.publish.pages.names import flow_link
from tests.unit.publish.bench import Bench
from tests.unit.publish.pages.filled import DRIFT, PAY, filled, shown, with_flow
from tests.unit.publish.records import COMPARISON, comparison_record, verdict

OK = {"severity": "pages"}
INNER = "payments POST /charges"
SHARES = comparison_record()["coverage"]


def some_of_each(**comparison: Any) -> Bench:
    """Flows of every kind, 60 %, 20 %, 10 %, 5 % and 5 % of the traffic."""
    bench = with_flow(filled(**comparison), PAY, DRIFT, reference_weight=200)
    with_flow(bench, "shop GET /ok", OK, reference_weight=600)
    with_flow(bench, "shop GET /new", reference_weight=100, candidate_weight=0)
    with_flow(bench, "shop GET /few", {**OK, "state": "insufficient"}, reference_weight=50)
    return with_flow(bench, "shop GET /aside", reference_weight=50, candidate_weight=0)


ASIDE: dict[str, Any] = {
    "coverage": {**SHARES, "out_of_scope": [["shop GET /aside", 0.05, "old, goes in March", "2027-03-31"]]}
}


def test_the_table_says_what_the_picture_shows() -> None:
    """A row per tile, in the order of their areas, each with its kind in words and its share."""
    page = shown(some_of_each(**ASIDE), "/coverage")
    rows = [each.text for each in page.all("tr") if "%" in each.text]
    assert rows[:5] == [
        "shop GET /ok faithful 60 %",
        "shop POST /pay drifting 20 %",
        "shop GET /new untested 10 %",
        "shop GET /aside out of scope 5 %",
        "shop GET /few not enough evidence 5 %",
    ]
    titles = [each.text for each in page.all("title")]
    assert "shop POST /pay: drifting, 20 %" in titles
    assert len([title for title in titles if "%" in title]) == 5


def test_what_is_excused_has_its_reason() -> None:
    """And until when."""
    page = shown(some_of_each(**ASIDE), "/coverage")
    assert "old, goes in March 2027-03-31 5 %" in page.text("section", **{"aria-labelledby": "excused"})


def test_flows_that_only_tests_have() -> None:
    """Each with when production had it last, or for how long it has not; not those that others contain."""
    dead = [["shop GET /old", None], ["shop GET /gone", 1_700_000_000_000], [INNER, None]]
    line = {**verdict(INNER, state="suspect", reason="Production never had it."), "dimension": "dead"}
    bench = filled(coverage={**SHARES, "dead": dead, "watched_ms": 7_200_000}, verdicts=[line])
    with_flow(bench, PAY, inner=[INNER])
    with_flow(bench, INNER, reference_weight=0)
    section = shown(bench, "/coverage").text("section", **{"aria-labelledby": "dead"})
    assert "shop GET /old: not seen in production in 2 h" in section
    assert "shop GET /gone: last seen in production 2023-11-14 22:13 UTC" in section
    assert INNER not in section
    assert "Production never had it." not in shown(bench, flow_link(INNER, COMPARISON)).text()


def test_releases_are_listed_with_what_tests_had_of_them() -> None:
    """What each brought, and which share of it tests have had since."""
    release = {"release": "shop 2.4", "since": 1_700_000_000_000, "new": 3, "changed": 1, "tested": 1}
    page = shown(filled(coverage={**SHARES, "releases": [release]}), "/coverage")
    section = page.text("section", **{"aria-labelledby": "releases"})
    assert "shop 2.4 25 % shop 2.4 (since 2023-11-14 22:13 UTC): 3 new and 1 changed flows" in section


def test_small_flows_of_a_kind_are_one_tile() -> None:
    """With many flows the busiest have tiles of their own, and the shares still add up."""
    bench = filled()
    for number in range(MOST_TILES + 40):
        with_flow(bench, f"shop GET /{number}", OK, reference_weight=1000 - number)
    page = shown(bench, "/coverage")
    assert len([each for each in page.all("title") if "%" in each.text]) == MOST_TILES + 1
    assert "40 other flows" in page.text()


def test_nothing_is_no_picture() -> None:
    """Without any flow there is no picture, and the page says its numbers."""
    assert not shown(filled(), "/coverage").all("svg", class_="treemap")
