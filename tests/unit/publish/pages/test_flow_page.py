"""The page of a flow: one tree, what differs in it, why, and what would settle it."""

from typing import Any

import pytest

from monitor.ledgers import ASKED
from monitor.publish.pages.names import flow_link
from monitor.publish.settings import LinksSettings
from tests.unit.publish.bench import Bench
from tests.unit.publish.pages.filled import CHARGE, DRIFT, PAY, drifting, filled, shown, tree, with_flow
from tests.unit.publish.pages.reading import Shown
from tests.unit.publish.records import COMPARISON

REMEDY = next(each.remedy for each in ASKED if each.name == "structure")


def page_of(bench: Bench, flow: str = PAY) -> Shown:
    return shown(bench, flow_link(flow, COMPARISON))


def test_it_says_what_is_compared() -> None:
    """Which environments the two sides are, how many requests of each, and since when."""
    says = (
        "Reference is production (1,500 requests since 2023-11-07 23:33 UTC), candidate is integration "
        "(24 requests since 2023-11-14 19:26 UTC, 5 evidence units)."
    )
    assert says in page_of(drifting()).text()


def test_one_tree_has_both_shares() -> None:
    """Each call stands once, with the share of both sides; what differs is marked in words."""
    page = page_of(drifting())
    rows = [each.text for each in page.all("tr")][1:]
    assert rows == [
        "level 1: shop answers POST /pay 100 % 100 %",
        "level 2: stripe calls POST /charge 100 % 0 % differs: not in the tests",
        "level 2: shop calls SELECT orders 40 % 50 %",
    ]
    assert [each.text for each in page.all("tr", class_="drift")] == [rows[1]]


def test_a_finding_says_what_to_do() -> None:
    """Since when, who moved and with what, a trace of each side, and what would settle it."""
    text = page_of(drifting()).text("section", **{"aria-labelledby": "differs"})
    for said in (
        DRIFT["reason"],
        "since 2023-11-14 22:13 UTC",
        "integration moved, with run 17",
        f"one of production: {'aa' * 16}",
        f"one of integration: {'bb' * 16}",
        f"What settles it: {REMEDY}",
        "10 evidence units",
    ):
        assert said in text


def test_traces_link_to_their_viewer() -> None:
    """Of an environment of which a setting says where its traces are looked at, and of no other."""
    links = LinksSettings(trace={"production": "https://tempo.example/trace/{trace_id}"})
    bench = with_flow(filled(links=links), PAY, DRIFT)
    foreign = [link for link in page_of(bench).links() if link.startswith("http")]
    assert foreign == [f"https://tempo.example/trace/{'aa' * 16}"] * 2


@pytest.mark.parametrize("link", ["javascript:alert('{trace_id}')", "https://tempo.example/"])
def test_a_viewer_is_an_address_of_traces(link: str) -> None:
    """A link that is no web address, or has no place for the trace id, is refused."""
    with pytest.raises(ValueError, match="http or https address"):
        LinksSettings(trace={"production": link})


@pytest.mark.parametrize(
    ("line", "more", "says"),
    [
        (DRIFT, {}, "differs The tests differ from production here: 1 proven difference."),
        ({"severity": "pages"}, {}, "faithful The tests stand for production here"),
        ({**DRIFT, "state": "suspect"}, {}, "The tests may differ from production here"),
        ({"state": "insufficient", "severity": "pages"}, {}, "There is not enough evidence yet"),
        ({}, {"candidate_weight": 0}, "untested No test in integration exercises this flow."),
    ],
    ids=["drift", "ok", "suspect", "insufficient", "untested"],
)
def test_its_state_is_one_sentence(line: dict[str, Any], more: dict[str, Any], says: str) -> None:
    """The worst of what is known speaks, and nothing is called faithful that was not judged."""
    page = page_of(with_flow(filled(), PAY, line, **more))
    assert says.removeprefix("differs ") in page.text("p", class_="answer")


def test_a_rare_path_does_not_hide_the_usual_one() -> None:
    """Failures wait for evidence nearly always: that the usual path is ok counts, and they are listed."""
    lines = (
        {"severity": "pages"},
        {"severity": "pages", "outcome": "failed", "state": "insufficient", "reason": "4 more would decide."},
    )
    rare = {**tree(outcome="failed"), "reference": {"traces": 2, "first": 1, "last": 2}}
    page = page_of(with_flow(filled(), PAY, *lines, paths=[rare, tree()]))
    assert page.text("p", class_="answer").startswith("faithful")
    assert "4 more would decide." in page.text("section", **{"aria-labelledby": "undecided"})


@pytest.mark.parametrize(
    ("subject", "row"),
    [
        (CHARGE, 1),
        (f"{CHARGE} repeated", 1),
        (PAY, 0),
        (f"{PAY} -> stripe POST /chargeback", None),
        (f"{PAY} -> SELECT orders", 2),
    ],
)
def test_a_finding_marks_the_call_that_it_is_about(subject: str, row: int | None) -> None:
    """The longest call of which its subject is made, and no call whose name only begins alike."""
    page = page_of(with_flow(filled(), PAY, {**DRIFT, "subject": subject}, paths=[tree()]))
    marked = [bool("marked" in each.attributes.get("class", "")) for each in page.all("tr")[1:]]
    assert marked == [place == row for place in range(3)]


def test_of_an_older_writer_there_is_no_tree() -> None:
    """A record without paths is shown with its findings."""
    page = page_of(with_flow(filled(), PAY, DRIFT))
    assert DRIFT["reason"] in page.text()
    assert not page.all("table")


def test_an_unknown_flow_is_not_there() -> None:
    """404, in words."""
    assert "no flow of this comparison has this id" in shown(filled(), "/flows/0123456789abcdef", 404).text()


HOSTILE = (
    "shop <script>alert(1)</script>",
    'shop "><img src=x onerror=alert(1)>',
    "shop GET /../../etc/passwd?a=b&c#d",
    "shop \u202eGET /\u05d0\u05d1 {{ 7*7 }} {% raw %}",
    f"shop {'x' * 300}",
    "shop '\u0000\u2028",
)


@pytest.mark.fault("injection")
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_text(name: str) -> None:
    """Markup, templates, dots and slashes in names are shown as they are, and change no page or address."""
    call = [0, "client", name, name, 1.0, 0.0]
    lines = {**DRIFT, "subject": name, "reason": name, "began_with": name}
    bench = with_flow(filled(), name, lines, paths=[tree([-1, "server", name, name, 1.0, 1.0], call)])
    for page in (shown(bench, "/"), page_of(bench, name)):
        assert not page.all("script")
        assert not page.all("img")
        assert " ".join(name.split()) in page.text()
        assert all(link.startswith(("/", "#")) for link in page.links())
        for element in page.elements:
            assert not {each for each in element.attributes if each.startswith("on") or each == "style"}


def test_the_record_is_the_pages_json() -> None:
    """The page names its JSON, which has the verdicts and the tree of the flow."""
    bench = drifting()
    [json] = [link for link in page_of(bench).links() if link.startswith("/api/")]
    answer = bench.ask(json).json()
    assert answer["flow"] == PAY
    assert answer["paths"][0]["calls"][1] == [0, "client", "stripe", "POST /charge", 1.0, 0.0]
