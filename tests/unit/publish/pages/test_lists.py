"""The lists of flows and runs, the page of a run, and that of the daemon's own health."""

from typing import Any

import pytest

from monitor.publish.pages.listing import PAGE
from monitor.publish.pages.names import run_link
from tests.unit.publish.bench import Bench, seen
from tests.unit.publish.pages.filled import DRIFT, PAY, filled, shown, tree, with_flow
from tests.unit.publish.records import COMPARISON, summary_record, tell

RUN = "build/7 <b>"


def three() -> Bench:
    bench = with_flow(filled(), PAY, DRIFT, {"dimension": "timing"}, paths=[tree()])
    with_flow(bench, "shop GET /a", {"dimension": "timing", "state": "suspect"}, reference_weight=5000)
    return with_flow(bench, "cart GET /b", {}, reference_weight=9000)


def listed(bench: Bench, query: str = "") -> list[str]:
    return [each.text for each in shown(bench, f"/flows{query}").all("a") if each.text.count(" ") == 2]


@pytest.mark.parametrize(
    ("query", "flows"),
    [
        ("", [PAY, "shop GET /a", "cart GET /b"]),
        ("?flow=get", ["shop GET /a", "cart GET /b"]),
        ("?service=shop", [PAY, "shop GET /a"]),
        ("?service=STRIPE", [PAY]),
        ("?dimension=timing", [PAY, "shop GET /a"]),
        ("?state=drift", [PAY]),
        ("?dimension=timing&state=drift", []),
        ("?page=2", []),
    ],
)
def test_flows_are_filtered(query: str, flows: list[str]) -> None:
    """By parts of names, by who takes part, by what is known; the worst come first, then the busiest."""
    assert listed(three(), query) == flows


@pytest.mark.parametrize(
    "query",
    ["?stat=drift", "?state=broken", "?dimension=x", "?page=0", "?page=-1", "?page=x", "?page=" + 5000 * "1"],
)
def test_what_an_address_may_not_say_is_an_error(query: str) -> None:
    """An unknown parameter or value is refused, with what is known."""
    assert "must be" in (text := shown(three(), f"/flows{query}", 400).text()) or "it knows" in text


def test_a_long_list_has_pages() -> None:
    """Each flow stands on one page, and the pages lead to each other with what was asked for."""
    bench = filled()
    for number in range(PAGE + 1):
        with_flow(bench, f"shop GET /{number}", reference_weight=1000 - number)
    first, second = shown(bench, "/flows?flow=shop"), shown(bench, "/flows?flow=shop&page=2")
    assert "page 1 of 2" in first.text()
    assert "?flow=shop&page=2" in first.links()
    assert listed(bench, "?page=2") == [f"shop GET /{PAGE}"]
    assert "?flow=shop&page=1" in second.links()


def with_run(**answer: Any) -> Bench:
    """A run that is settled, and one that goes on."""
    bench = filled()
    known = {
        "state": "drift",
        "reason": "This run differs from production in 1 of 3 paths.",
        "reasons": [f"{PAY}: no test case calls stripe."],
        "unproven": ["shop GET /a: 4 more evidence units would decide."],
        "not_judged": "2 calls of production",
        "traffic": 0.5,
        "min_traffic": 0.8,
        "paths": 3,
        **answer,
    }
    record = {
        "partition": 0,
        "offset": 1,
        "environment": "integration",
        "run": RUN,
        "last": 1_700_000_000_000,
    }
    tell(bench.view, f"run/integration/{RUN}", {**record, "verdicts": {COMPARISON: known}})
    seen(bench, "build-8")
    return bench


def test_runs_are_listed() -> None:
    """Each with its verdict; one that is not settled has none yet."""
    rows = [each.text for each in shown(with_run(), "/runs").all("tr")][1:]
    assert rows[0].startswith(f"{RUN} differs This run differs from production in 1 of 3 paths.")
    assert rows[1].startswith("build-8 no verdict yet")


def test_a_run_says_what_it_did_not_prove() -> None:
    """Its verdict, what differs, and what it leaves open; and the command that says the same."""
    page = shown(with_run(), run_link(RUN, COMPARISON))
    assert "50 % of its traffic is proven; the gate asks for 80 %" in page.text()
    assert "no test case calls stripe" in page.text("section", **{"aria-labelledby": "differs"})
    unproven = page.text("section", **{"aria-labelledby": "unproven"})
    assert "Not judged: 2 calls of production." in unproven
    assert "4 more evidence units would decide" in unproven
    assert f"flowdrift verdict --run '{RUN}' --comparison {COMPARISON}" in page.text("footer")
    [json] = [link for link in page.links() if link.startswith("/api/")]
    assert with_run().ask(json).json()["state"] == "drift"


def test_a_run_that_goes_on_is_not_ended() -> None:
    """Its page offers a command that reads its verdict, and not the one that ends the run."""
    footer = shown(with_run(), run_link("build-8", COMPARISON)).text("footer")
    assert f'curl "$FLOWDRIFT_URL/api/v1/runs/build-8/verdict?comparison={COMPARISON}"' in footer
    assert "flowdrift verdict" not in footer


def test_a_run_that_proves_all_says_where_the_rest_is() -> None:
    """A green run is no proof of what it did not exercise."""
    page = shown(with_run(state="pass", reasons=[], unproven=[], not_judged=""), run_link(RUN, COMPARISON))
    assert "What it did not exercise at all is on the page of coverage" in page.text()


def test_an_unknown_run_is_not_there() -> None:
    """404, in words."""
    assert "no run of this comparison has this id" in shown(with_run(), "/runs/0123456789abcdef", 404).text()


def test_health_names_what_waits_and_what_was_dropped() -> None:
    """Parts that wait, and what the daemon left out, with what to do."""
    bench = filled(input={"late": 12})
    bench.health.parts["observer"] = "Kafka: assignment"
    text = shown(bench, "/health").text()
    assert "Some part of this process is waiting" in text
    assert "observer Kafka: assignment" in text
    assert "12 spans came after the flow had closed" in text


def test_health_and_definitions_need_no_comparison() -> None:
    """Before any test has arrived they are shown, with what waits and which environments to set."""
    bench = Bench()
    bench.health.parts["observer"] = "Kafka: assignment"
    strangers = {"qa": ["of qa", "environments: {qa: {}}"]}
    tell(bench.view, "summary/0", {**summary_record(0, qa=3), "strangers": strangers})
    text = shown(bench, "/health").text()
    assert "observer Kafka: assignment" in text
    assert "The numbers stand here once tests have been compared." in text
    assert "3 flows of qa are compared with nothing. environments: {qa: {}}" in text
    assert "evidence unit" in shown(bench, "/definitions").text()
    assert "Flows of qa have arrived." in shown(bench, "/flows", 503).text()


def test_each_word_is_defined() -> None:
    """Every link to a definition leads to one, on whichever page it stands."""
    bench = with_run()
    with_flow(bench, PAY, DRIFT, {"dimension": "timing", "state": "insufficient"}, paths=[tree()])
    known = {each.attributes.get("id") for each in shown(bench, "/definitions").all("dt")}
    for path in ("/", "/flows", "/coverage", "/runs", run_link(RUN, COMPARISON), "/health"):
        for link in shown(bench, path).links():
            if link.startswith("/definitions") and "#" in link:
                assert f"comparison={COMPARISON}#" in link
                assert link.partition("#")[2] in known


@pytest.mark.parametrize("path", ["/", "/flows", "/coverage", "/runs", "/health", "/definitions"])
def test_every_page_names_its_data_and_its_command(path: str) -> None:
    """Where its JSON is, which is there, and a command that says the same."""
    bench = with_run()
    page = shown(bench, path)
    address = next(each.attributes["href"] for each in page.all("a") if each.text == "JSON")
    assert bench.ask(address).status_code in (200, 503)
    assert page.all("code")[-1].text.startswith(("curl", "flowdrift"))
    assert len(page.all("h1")) == 1


def test_probes_have_no_pages() -> None:
    """The listener of the probes answers no page."""
    assert Bench(api=False).ask("/").status_code == 404
