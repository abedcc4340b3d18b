"""What `flowdrift replay` prints for people."""

from typing import Any

from rich.console import Console

from monitor.drift.report import Report, build_report
from monitor.publish.report_text import SHOWN, report_text
from tests.unit.publish.records import COMPARISON, comparison_record, flow_record, verdict, view_of

LONG = "productcatalogservice grpc hipstershop.ProductCatalogService/GetProduct"
EDGE = "payment grpc shop.Payment/Charge -> POST /v1/charges @api.payments.example"
DRIFT = {
    "state": "drift",
    "subject": EDGE,
    "service": "payment",
    "effect": 1.0,
    "lower_bound": 0.4,
    "evidence_log10": 31.5,
    "onset": 1_700_000_000_000,
    "moved": "candidate",
    "began_with": "run 3",
    "reason": f"'{EDGE}' happens in all 1,424 production traces. The tests moved (with run 3).",
    "examples": {"reference": ["a" * 32, "b" * 32], "candidate": ["c" * 32]},
}
EXPECTED = f"""\
drift  structure  shop POST /checkout (client error)
  '{EDGE}'
  happens in all 1,424 production traces. The tests moved (with run 3).
  traces: {"a" * 32} (reference),
  {"c" * 32} (candidate)
"""


def report(*verdicts: dict[str, Any], owned: tuple[dict[str, Any], ...] = ()) -> Report:
    """A report with these verdicts on flows, and `owned` on the comparison as a whole."""
    flows = {f"flow/{COMPARISON}/{n}": flow_record(each["flow"], each) for n, each in enumerate(verdicts)}
    return build_report(view_of({f"comparison/{COMPARISON}": comparison_record(*owned), **flows}), COMPARISON)


def printed(told: Report) -> str:
    """What stands on a terminal of 80 columns."""
    console = Console(width=80, highlight=False)
    with console.capture() as capture:
        console.print(report_text(told, 80), end="", soft_wrap=True)
    return capture.get()


def test_a_drift_is_a_block_with_all_that_one_looks_for_first() -> None:
    """A drift says where, why, who moved, and an example of each side; numbers of evidence are JSON's."""
    told = printed(report(verdict("shop POST /checkout", **DRIFT | {"outcome": "client_error"})))
    assert EXPECTED in told
    assert "services that drift: payment 1.00\n" in told


def test_names_are_whole_in_80_columns() -> None:
    """A long name goes on in the next line; nothing is cut off, and one longer than a line stays whole."""
    longer = "shop /" + "a" * 100
    told = printed(report(verdict(LONG, **DRIFT), verdict(longer, state="suspect")))
    assert LONG in " ".join(told.split())
    assert [line for line in told.splitlines() if len(line) > 80] == ["  /" + "a" * 100]
    assert "…" not in told


def test_what_is_undecided_for_one_reason_is_told_once() -> None:
    """Forty paths that need as many units are one block; what is ok is counted only."""
    waiting = [
        verdict(f"shop GET /{n:02}", state="insufficient", reason="9 more would do.") for n in range(40)
    ]
    told = printed(report(*waiting, verdict("shop GET /fine")))
    assert "insufficient  structure  shop GET /00 and 39 others\n  9 more would do.\n" in told
    assert told.count("9 more would do.") == 1
    assert "/fine" not in told
    assert "verdicts   insufficient  ok\nstructure            40   1\n" in told
    assert "too little evidence on 40 paths that tests exercise" in " ".join(told.split())


def test_differences_of_a_path_that_are_not_proven_are_told_once() -> None:
    """The one with the most evidence stands for all; drifts of one path are reported one by one."""
    odd = {"state": "insufficient", "reason": "Not proven yet.", "effect": 0.4}
    lines = [verdict("shop GET /a", subject=f"edge {n}", evidence_log10=n / 10, **odd) for n in range(4)]
    told = printed(report(*lines))
    assert told.count("insufficient  structure  shop GET /a\n") == 1
    assert "  Not proven yet.\n  and 3 other differences of this path, with less evidence\n" in told
    drifts = [verdict("shop GET /a", **DRIFT | {"subject": f"edge {n}"}) for n in range(2)]
    assert printed(report(*drifts)).count("drift  structure  shop GET /a\n") == 2


def test_it_says_how_much_is_not_shown() -> None:
    """A report counts the drifts that it does not show, and says where they are."""
    told = printed(report(*(verdict(f"shop GET /{n:02}", **DRIFT) for n in range(SHOWN + 3))))
    assert told.count("drift  structure  shop") == SHOWN
    assert "... and 3 more: -o json has all\n" in told


def test_a_flow_without_a_test_is_named_once() -> None:
    """With its share of the traffic; its verdict says nothing more. A flow of the tests alone is named."""
    suspect = verdict(
        "shop GET /new", state="suspect", dimension="coverage", subject="never tested", outcome=""
    )
    told = printed(report(owned=(suspect,)))
    assert told.count("shop GET /new") == 1
    assert "shop GET /old              2023-11-14T22:13:20.000Z" in told


def test_the_worst_comes_first() -> None:
    """Drifts, then flows without a test, suspects, flows that only tests have, and what is undecided."""
    states = ("insufficient", "suspect", "drift")
    told = printed(report(*(verdict(f"shop GET /{state}", state=state, reason=".") for state in states)))
    order = ["drift  ", "flow without a test", "suspect  ", "flow that only tests have", "insufficient  "]
    places = [told.index(each) for each in order]
    assert places == sorted(places)


def test_each_finding_is_said_once() -> None:
    """A flow in a table has no block, a lost one has no row, and the same difference is one block."""
    dead = {"dimension": "coverage", "subject": "dead in the reference", "outcome": "", "state": "suspect"}
    lost = {"dimension": "coverage", "subject": "suite nightly", "outcome": "", "state": "drift"}
    owned = (verdict("shop GET /old", **dead), verdict("shop GET /new", **lost))
    twice = verdict("shop GET /a", **DRIFT)
    told = printed(report(twice, twice, owned=owned))
    assert [told.count(f"shop GET /{name}\n") for name in ("a", "new")] == [1, 1]
    assert told.count("shop GET /old") == 1


TOO_SMALL = {"state": "insufficient", "candidate_n": 5, "missing_units": 18, "reason": "18 more would do."}


def test_a_capture_that_is_too_small_says_so_first() -> None:
    """One sentence with the number that is needed for the path that needs least."""
    more = TOO_SMALL | {"missing_units": 40}
    told = printed(report(verdict("shop GET /b", **more), verdict("shop GET /a", **TOO_SMALL)))
    assert " ".join(told.split()).startswith(
        "This capture is too small for a verdict on any path: 18 more evidence units would do for "
        "shop GET /a, which needs the fewest (a test run gives up to 4, a minute of tests without run ids 1)."
    )
    assert "too small" not in printed(report(verdict("shop GET /a", **TOO_SMALL), verdict("shop GET /b")))
    assert "too small" not in printed(report())


def test_a_reference_without_complete_traces_says_so_first() -> None:
    """No number of test runs would do then."""
    told = printed(report(verdict("shop GET /a", **TOO_SMALL | {"reference_n": 0, "missing_units": 4097})))
    assert "too small for a verdict on any path: at least 1 complete trace" in " ".join(told.split())


def test_shares_of_nothing_are_left_out() -> None:
    """A report says nothing of shares whose whole is 0."""
    told = printed(report())
    assert "coverage: 50 % of flows, 90 % of traffic, 80 % faithful; at most 10 % of" in told
    assert "no verdicts" in told
