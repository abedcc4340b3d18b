"""Recall in the API, in the report, and as people read it."""

from io import StringIO

import orjson
import pytest
from msgspec.structs import replace
from rich.console import Console

from monitor.drift.recall import kind_in, plain_recall, recall_in, recall_of
from monitor.drift.records.failure import FailureKind, Gap, Standing
from monitor.drift.records.flow import FlowVerdicts
from monitor.drift.records.latest import read
from monitor.publish.recall_series import recall_readings
from monitor.publish.recall_text import explained, recall_text
from monitor.publish.view import View
from tests.unit.publish.bench import Bench
from tests.unit.publish.failures import ESCAPED, GUARDED, PAY, REFUSED, UNKNOWN, failing_flow, kind
from tests.unit.publish.records import COMPARISON, comparison_record, tell

KINDS = (GUARDED, ESCAPED, UNKNOWN, REFUSED)


def flow_of(*kinds: FailureKind, services: tuple[str, ...] = ("shop", "payments")) -> FlowVerdicts:
    key = f"flow/{COMPARISON}/shop\tPOST /pay"
    record = read(key, orjson.dumps(failing_flow(*kinds, services=services)))
    assert isinstance(record, FlowVerdicts)
    return record


def printed(*blocks: object) -> str:
    console = Console(file=StringIO(), width=200)
    for block in blocks:
        console.print(block)
    return console.file.getvalue()  # type: ignore[attr-defined, no-any-return]


def test_the_ratio() -> None:
    """Of what counts, the share that tests have shown: plain, weighted by failures, with its interval."""
    recall = recall_of([flow_of(*KINDS)])
    assert (recall.recalled, recall.signatures, recall.ratio) == (1, 2, 0.5)
    assert recall.weighted == pytest.approx(1 / 11, abs=1e-6)
    assert 0.01 < recall.low < 0.02 and 0.98 < recall.high < 0.99
    assert (recall.open, recall.oldest, recall.unjudged) == (1, 60_000, 1)
    assert (recall.to_reproduced_ms, recall.to_guarded_ms) == (120_000, 180_000)
    assert (recall.client_errors.recalled, recall.client_errors.signatures) == (0, 1)
    assert [(each.name, each.recalled, each.signatures) for each in recall.services] == [("payments", 1, 2)]
    assert [each.name for each in recall.releases] == ["payments 1.0"]
    assert [(seam.caller, seam.callee, seam.traces) for seam in recall.seams] == [("shop", "payments", 10)]
    assert [each.id for each in recall.escapes] == ["0a1b2c", "0f", "0d", "0e"]


def test_no_failure_is_no_ratio() -> None:
    """Where production never failed there is no ratio, and nothing is printed."""
    recall = recall_of([flow_of()])
    assert (recall.ratio, recall.escapes, list(recall_text(recall, 80))) == (None, (), [])


def test_what_no_test_could_have_shown() -> None:
    """A silent service has escaped where it shows in other flows, and nothing has where no test was seen."""
    elsewhere = flow_of(services=("ledger",))
    assert recall_of([flow_of(UNKNOWN), elsewhere]).open == 1
    blind = recall_of([flow_of(ESCAPED, services=())])
    assert (blind.open, blind.unjudged, blind.ratio) == (0, 1, None)


def test_stale_signatures_are_counted_only() -> None:
    """What production no longer shows is in no ratio and no list."""
    recall = recall_of([flow_of(kind(state=Standing.STALE))])
    assert (recall.stale, recall.signatures, recall.escapes) == (1, 0, ())


def test_recall_comes_back_from_json() -> None:
    """The command line reads what the API answers."""
    recall = recall_of([flow_of(*KINDS)])
    assert recall_in(plain_recall(recall)) == recall
    assert plain_recall(recall)["escapes"][0]["first"] == "1970-01-01T00:01:00.000Z"


def test_the_api_answers() -> None:
    """/recall has the ratio, /escapes every signature, and each has a page of its own."""
    bench = Bench()
    tell(bench.view, f"comparison/{COMPARISON}", comparison_record())
    tell(bench.view, f"flow/{COMPARISON}/shop\tPOST /pay", failing_flow(*KINDS))
    assert bench.ask("/api/v1/recall").json()["ratio"] == 0.5
    escapes = bench.ask("/api/v1/escapes").json()
    assert [each["state"] for each in escapes] == ["escaped", "escaped", "unjudged", "guarded"]
    one = bench.ask("/api/v1/escapes/0e").json()
    assert kind_in(one) == GUARDED
    missing = bench.ask("/api/v1/escapes/ffff")
    assert (missing.status_code, missing.json()["detail"]) == (
        404,
        "no failure of production has this id; /api/v1/escapes lists all",
    )


@pytest.mark.parametrize("path", ["recall", "escapes", "escapes/0e"])
def test_nothing_is_no_claim(path: str) -> None:
    """Before anything is known of the comparison the API refuses as it refuses the report."""
    answer, report = (Bench().ask(f"/api/v1/{each}") for each in (path, "report"))
    assert (answer.status_code, answer.json()) == (503, report.json())


@pytest.mark.parametrize(
    ("traces", "none"), [(1, "1 failed trace has none"), (7, "7 failed traces have none")]
)
def test_failures_without_a_signature_are_said(traces: int, none: str) -> None:
    """Where production failed and no failure has a signature, the number of failed traces is printed."""
    recall = recall_of([replace(flow_of(), failures_left_out=traces)])
    assert printed(*recall_text(recall, 80)) == f"No failure of production has a signature yet; {none}.\n"


def test_as_people_read_it() -> None:
    """The ratio with its interval, reference bands, and each open signature with traces of both sides."""
    recall = recall_of([flow_of(*KINDS)])
    text = printed(*recall_text(recall, 200))
    assert (
        "recall: tests have shown 1 of 2 failure signatures of production "
        "(50 %, between 1.26 % and 98.7 %); 9.09 % of the failures" in text
    )
    assert "1 open escape, the oldest since 1970-01-01 00:01 UTC" in text
    assert "1 signature not judged: no test could have shown it" in text
    assert "tests never cross shop -> payments: 10 failed traces of production" in text
    assert "one stage of testing finds 35 to 50 % of the defects" in text
    assert f"escaped  0a1b2c  {PAY}" in text and "traces: aa (reference), bb (candidate)" in text
    assert "guarded" not in text
    assert "guarded  0e" in printed(*recall_text(recall, 200, whole=True))


@pytest.mark.parametrize(("whole", "more"), [(False, 230), (True, 231)])
def test_what_is_not_printed_is_counted(whole: bool, more: int) -> None:
    """Of more signatures than the report lists, the number of all that are not printed is said."""
    recall = recall_of([flow_of(GUARDED, *(kind(id=f"{n:06x}") for n in range(250)))])
    assert len(recall.escapes) == 100
    text = printed(*recall_text(recall, 200, whole=whole))
    assert text.endswith(f"... and {more} more: GET /api/v1/escapes has all\n")


def test_explained() -> None:
    """One signature, when production had it, of which versions, and traces of both sides."""
    text = printed(explained(kind(gap=Gap.FAILURE), 200))
    assert "first 1970-01-01 00:01 UTC, last 1970-01-01 00:02 UTC" in text
    assert "versions: 1.0" in text
    assert "traces of production: aa" in text and "traces of tests: bb" in text


def test_the_metrics() -> None:
    """Parts of the ratio, plain and by failures; how much is open since when; a series for each escape."""
    view = View()
    tell(view, f"flow/{COMPARISON}/shop\tPOST /pay", failing_flow(*KINDS))
    values = {(each.metric, each.labels[1:]): each.value for each in recall_readings(view, COMPARISON)}
    assert values == {
        ("flowdrift_recall_observed", (("weight", "signatures"),)): 2,
        ("flowdrift_recall_observed", (("weight", "failures"),)): 11,
        ("flowdrift_recall_shown", (("weight", "signatures"),)): 1,
        ("flowdrift_recall_shown", (("weight", "failures"),)): 1,
        ("flowdrift_open_escapes", ()): 1,
        ("flowdrift_oldest_escape_timestamp_seconds", ()): 60,
        ("flowdrift_escape_since_timestamp_seconds", (("flow", PAY), ("escape", "0a1b2c"))): 60,
    }


def test_what_is_not_judged_says_so() -> None:
    """Where no test has been seen at all, no sentence claims that no test has it."""
    escaped = kind(says="payments fails in 3 production traces and in no test: no test exercises the flow.")
    [says] = [each.says for each in recall_of([flow_of(escaped, services=())]).escapes]
    assert says == "payments fails in 3 production traces; not judged: no test exercises the flow."
