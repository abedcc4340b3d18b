"""Seams between services: which of production's edges no test crosses, from spans to the report."""

from pathlib import Path

from rich.console import Console

from monitor.publish.report_markdown import report_markdown
from monitor.publish.report_text import report_text
from monitor.wire.span import Kind
from tests.acceptance.replaying import Hop, production, replayed, runs_of

CHECKOUT = [
    Hop("shop", "POST /orders"),
    Hop("shop", "POST /charges", Kind.CLIENT),
    Hop("payments", "POST /charges"),
    Hop("payments", "mysql INSERT charges", Kind.CLIENT),
]
SEARCH = [Hop("shop", "GET /search"), Hop("shop", "GET /find", Kind.CLIENT), Hop("catalog", "GET /find")]


def test_a_seam_that_no_test_crosses(tmp_path: Path) -> None:
    """It is named with its share of what crosses seams, in the report for people, too."""
    report = replayed(tmp_path, production([CHECKOUT, CHECKOUT, SEARCH]), runs_of([CHECKOUT]))
    covered = report.coverage
    [seam] = covered.seams.missing
    assert (seam.name, round(seam.share, 3)) == ("shop -> catalog GET /find", 0.333)
    shares = {kind: round(getattr(covered, kind).plain, 2) for kind in ("operations", "services", "seams")}
    assert shares == {"operations": 0.5, "services": 0.67, "seams": 0.5}
    assert covered.dependencies.known == 3 and round(covered.dependencies.plain or 0, 2) == 0.67
    console = Console(width=100, highlight=False)
    with console.capture() as capture:
        console.print(report_text(report, 100))
    assert "seam that tests do not cross" in capture.get()
    assert "seams that tests reach: 50 %, 66.7 % by traffic (of 2)" in capture.get()
    assert "- `shop -> catalog GET /find`: 33.3 %" in report_markdown(report)


def test_tests_that_cross_every_seam(tmp_path: Path) -> None:
    """The quiet twin: nothing is missing, in either direction."""
    report = replayed(tmp_path, production([CHECKOUT, SEARCH]), runs_of([CHECKOUT, SEARCH]))
    for kind in ("operations", "services", "dependencies", "seams"):
        reach = getattr(report.coverage, kind)
        assert (reach.plain, reach.traffic, reach.missing, reach.only_tests) == (1.0, 1.0, (), ())
