"""The report as a comment on a pull request."""

from typing import Any

import pytest
from msgspec.structs import replace

from monitor.base.units import LogTime
from monitor.drift.report import MissingFlow, OutOfScopeFlow
from monitor.publish.report_markdown import MOST_OTHERS, MOST_SHOWN, report_markdown
from tests.unit.publish.records import verdict
from tests.unit.publish.test_report_text import DRIFT, EDGE, TOO_SMALL, printed, report

SUSPECT: dict[str, Any] = {"state": "suspect", "subject": "a -> b", "reason": "'a -> b' is missing."}
EXPECTED = f"""\
**flowdrift:** `integration` against `production`: 1 drift, 1 suspect, 1 flow without a test, \
1 flow that only tests have, 2 undecided.

- **drift** (structure) `shop POST /checkout`: `{EDGE}` happens in all 1,424 production traces. \
The tests moved (with run 3). Traces: `{"a" * 32}` (production), `{"c" * 32}` (integration).
- **flow without a test** `shop GET /new`: share of traffic: 10 %
- **suspect** (structure) `shop GET /a`: `a -> b` is missing.
- **flow that only tests have** `shop GET /old`: last in the reference: 2023-11-14T22:13:20.000Z

<details><summary>everything else</summary>

**Undecided**

- `shop GET /b` (structure) and 1 other: 9 more would do.

**Numbers and hints**

- 1 span, 1 trace, 1 flow; 1 incomplete, 1 record rejected
- coverage by traffic: 90 %; 0 evidence units
- not judged: 1 span came after the flow had closed: in no flow. \
What to do: assembly.quiet\\_gap and assembly.orphan\\_wait: longer than your exporters batch.
- not judged: 1 record held no span that can be read. \
What to do: flowdrift inspect names them and their encoding.
- not judged: 1 flow came without some spans: counted as traffic, and nothing else. \
What to do: let exporters flush before processes end; span\\_loss says how much is lost.
- not judged: There is too little evidence on 2 paths that tests exercise. \
What to do: more test runs of these flows; each line says how many.

</details>
"""


def findings(comment: str) -> list[str]:
    """The bullets that are shown at once."""
    return [line for line in comment.split("<details>", maxsplit=1)[0].splitlines() if line.startswith("- ")]


def test_a_comment() -> None:
    """One line that says what it is, the findings with the worst first, and everything else collapsed."""
    waiting = {"state": "insufficient", "reason": "9 more would do."}
    found = report(
        verdict("shop POST /checkout", **DRIFT),
        verdict("shop GET /a", **SUSPECT),
        verdict("shop GET /b", **waiting),
        verdict("shop GET /c", **waiting),
        verdict("shop GET /fine"),
    )
    assert report_markdown(found) == EXPECTED


def test_a_flow_that_was_tested_once() -> None:
    """Its share of the traffic stands before the moment since which no run has had it."""
    some = report(verdict("shop GET /a"))
    missing = (MissingFlow("shop GET /new", 0.12, LogTime(1_700_000_000_000)),)
    text = report_markdown(replace(some, coverage=replace(some.coverage, missing=missing)))
    assert "`shop GET /new`: share of traffic: 12 %, not tested since 2023-11-14 22:13 UTC\n" in text


def test_ten_findings_are_shown() -> None:
    """Further ones are in the collapsed part, and what does not fit there is counted."""
    comment = report_markdown(report(*(verdict(f"shop GET /{n:02}", **DRIFT) for n in range(80))))
    assert len(findings(comment)) == MOST_SHOWN
    assert comment.count("- **drift** ") == MOST_SHOWN + MOST_OTHERS
    assert "... and 22 more" in comment  # 80 drifts, and the flows of the record


def test_nothing_found_is_no_pass() -> None:
    """What is undecided stands beside it, and a capture that is too small says so instead."""
    some = report(verdict("shop GET /a"), verdict("shop GET /b", **TOO_SMALL))
    some = replace(some, coverage=replace(some.coverage, missing=(), dead=()))
    assert report_markdown(some).splitlines()[0].endswith(": no difference found, 1 undecided.")
    first = report_markdown(report(verdict("shop GET /b", **TOO_SMALL))).splitlines()[0]
    assert "too small for a verdict on any path: 18 more evidence units would do for" in first


@pytest.mark.fault("injection")
def test_names_neither_format_nor_mention() -> None:
    """Names stand in code spans that they cannot leave; elsewhere nothing formats, links or mentions."""
    odd = {"state": "suspect", "subject": "x", "reason": "It *is* <b>@team</b> [a](b), 'q -> ``w` @ops'."}
    (_, bullet, *_) = findings(report_markdown(report(verdict("shop `GET` /*", **odd))))
    assert "(structure) ``shop `GET` /*``: " in bullet
    assert r"It \*is\* \<b\>@" + "\u200bteam" + r"\</b\> \[a\](b), ```q -> ``w` @ops```." in bullet


def test_what_is_out_of_scope_stands_beside_the_share() -> None:
    """With its count and its reasons, each once, in the comment and in the text alike."""
    some = report(verdict("shop GET /a"))
    flows = [OutOfScopeFlow(f"shop GET /old{n}", 0.01, "goes away in May", None) for n in range(2)]
    excused = replace(some, coverage=replace(some.coverage, out_of_scope=tuple(flows)))
    said = "; 2 flows out of scope (goes away in May)"
    assert f"- coverage by traffic: 90 %{said}; 0 evidence units" in report_markdown(excused)
    assert said in " ".join(printed(excused).split())
    assert "out of scope" not in report_markdown(some) + printed(some)
