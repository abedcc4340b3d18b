"""The first page: one sentence, three numbers, what differs now."""

from typing import Any

import pytest

from monitor.publish.pages.names import flow_link
from monitor.publish.pages.overview import LISTED
from tests.unit.publish.bench import Bench
from tests.unit.publish.pages.filled import DRIFT, PAY, drifting, filled, shown, with_flow
from tests.unit.publish.records import COMPARISON, comparison_record, verdict

SHARES = comparison_record()["coverage"]


def test_it_leads_to_what_differs() -> None:
    """The sentence says no, the three numbers stand there, and the drift is listed with a link."""
    page = shown(drifting(), "/")
    assert page.text("p", class_="answer") == "Not as they are: in 1 flow the tests differ from production."
    numbers = [each.text for each in page.all("strong")]
    assert numbers == ["90 %", "80 %", "1"]
    assert DRIFT["reason"] in page.text()
    assert flow_link(PAY, COMPARISON) in page.links()


@pytest.mark.parametrize(
    ("comparison", "says"),
    [
        ({}, "Yes, as far as is known: the tests stand for 80 % of the traffic of production, and nothing"),
        ({"coverage": {**SHARES, "faithful": 0.3}}, "Only in part: the tests stand for 30 % of the traffic"),
        ({"coverage": {**SHARES, "faithful": None}}, "Not known yet: production has shown no flow."),
        (
            {"lost": {"since": 1, "reasons": ["No span for 3 h."]}},
            "Not known: telemetry of integration is lost. No span for 3 h.",
        ),
        (
            {"comparison": {"reference": "production", "candidate": "integration", "units": 0}},
            "Not known yet: no test in integration has been compared with production.",
        ),
    ],
    ids=["faithful", "hollow", "no reference", "telemetry lost", "no tests"],
)
def test_the_sentence_claims_only_what_is_known(comparison: dict[str, Any], says: str) -> None:
    """Without a drift it is yes only where the tests stand for most traffic, and never without telemetry."""
    sides = {"reference": "production", "candidate": "integration", "units": 9}
    page = shown(filled(**{"comparison": sides, **comparison}), "/")
    assert page.text("p", class_="answer").startswith(says)


def test_reports_are_no_open_drifts() -> None:
    """What stands in reports alone is not counted, nor is a flow without tests, which has its own list."""
    bench = with_flow(filled(), PAY, {**DRIFT, "severity": "reports", "state": "suspect"})
    page = shown(bench, "/")
    assert [each.text for each in page.all("strong")][2] == "0"
    assert "Nothing is proven to differ." in page.text()
    assert "The busiest flows that no test exercises" in page.text()


def entered(reference: int, candidate: int) -> dict[str, Any]:
    return {"by": "edge /*", "service": "edge", "reference": reference, "candidate": candidate, "alone": True}


def test_what_several_flows_show_is_a_difference() -> None:
    """An entry that answers by itself more often than in production is a drift here, as in the report."""
    bench = with_flow(filled(), "edge /*", entered=entered(420, 313))
    with_flow(bench, "shop GET /a", entered=entered(5900, 350))
    page = shown(bench, "/")
    assert page.text("p", class_="answer").startswith("Not as they are: in 1 flow")
    assert "answered by the entry itself" in page.text("section", **{"aria-labelledby": "drift"})


def test_a_service_that_differs_is_listed() -> None:
    """A line about a service stands among what may differ, without a link, as it has no page."""
    line = verdict(
        "payments", dimension="parity", state="suspect", severity="warns", reason="It runs Java 17."
    )
    page = shown(filled(verdicts=[line]), "/")
    assert "payments parity It runs Java 17." in page.text("section", **{"aria-labelledby": "suspect"})
    assert flow_link("payments", COMPARISON) not in page.links()


def test_what_is_not_listed_is_counted() -> None:
    """With many findings the page lists the first ones and says how many more there are."""
    bench = filled()
    for number in range(LISTED + 7):
        with_flow(bench, f"shop GET /{number}", DRIFT)
    page = shown(bench, "/")
    assert len(page.all("h3")) == LISTED
    assert "7 more of this kind" in page.text()


def test_nothing_is_known_yet() -> None:
    """Before anything was compared the page says so, with the status of the API."""
    assert (
        "nothing is known of comparison 'production-integration' yet. No flow has arrived."
        in shown(Bench(), "/", 503).text()
    )


def test_an_unknown_parameter_is_an_error() -> None:
    """It is refused in words, which repeat nothing of the request."""
    page = shown(filled(), "/?serivce=<script>", 400)
    assert "This page does not know one of the address's parameters; it knows comparison." in page.text()
    assert "script" not in page.text()


def test_another_comparison_is_chosen_by_name() -> None:
    """A name that is not configured is refused."""
    assert shown(filled(), f"/?comparison={COMPARISON}").text("h1") == "Can the tests be trusted?"
    assert "no such comparison" in shown(filled(), "/?comparison=other", 404).text()


def test_links_of_a_refusal_lead_somewhere() -> None:
    """Where no comparison is chosen the links name none, and each of them is answered."""
    bench = filled()
    links = {link for link in shown(bench, "/?comparison=nope", 404).links() if link.startswith("/")}
    assert len(links) == 6 and {bench.ask(link).status_code for link in links} == {200}
