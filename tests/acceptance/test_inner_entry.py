"""inner_entry: tests call an inner service directly, the commonest integration test.

Declared in `flows.inner`, the call is compared with what production does below other entries; undeclared,
the report hints at the line to paste.
"""

from pathlib import Path

from monitor.drift.hints import Hint
from monitor.drift.report import Report
from monitor.wire.span import Kind
from tests.acceptance.replaying import Hop, production, replayed, runs_of

ORDERS = Hop("shop", "POST /orders")
CALL = Hop("shop", "POST", Kind.CLIENT, {"service.peer.name": "payments"})
CHARGE = Hop("payments", "POST /charge")
BANK = Hop("payments", "POST", Kind.CLIENT, {"service.peer.name": "bank"})
PRODUCTION = (ORDERS, CALL, CHARGE, BANK)
INNER = {"flows": {"inner": ["payments POST /charge"]}}
FLOW = "payments POST /charge"


def lines(report: Report) -> dict[tuple[str, str], str]:
    """State of each line about the inner flow, by dimension and subject."""
    return {(line.dimension, line.subject): line.state.value for line in report.verdicts if line.flow == FLOW}


def inner(report: Report) -> list[Hint]:
    """The hints on inner entries."""
    return [hint for hint in report.hints if hint.kind == "inner"]


def test_inner_entry_is_hinted(tmp_path: Path) -> None:
    """Tests that call an inner service directly give a hint with the line of configuration."""
    report = replayed(tmp_path, production([PRODUCTION]), runs_of([(CHARGE, BANK)]))
    assert report.coverage.flows == 0.0
    [hint] = inner(report)
    assert (hint.kind, hint.subject) == ("inner", FLOW)
    assert hint.remedy == 'flows.inner: ["payments POST /charge"]'


def test_inner_entry_is_matched(tmp_path: Path) -> None:
    """Once the inner entry is declared, production has that flow, too, and the tests stand for it."""
    report = replayed(tmp_path, production([PRODUCTION]), runs_of([(CHARGE, BANK)]), INNER)
    assert inner(report) == []
    assert (report.coverage.flows, report.coverage.traffic) == (0.5, 0.5)
    assert lines(report)["structure", ""] == "ok"


def test_inner_entry_drifts(tmp_path: Path) -> None:
    """What the tests of a declared inner flow no longer do is drift of that flow."""
    report = replayed(tmp_path, production([PRODUCTION]), runs_of([(CHARGE,)]), INNER)
    assert lines(report)["structure", "payments POST /charge -> POST"] == "drift"


def test_an_entry_that_production_has_is_not_hinted(tmp_path: Path) -> None:
    """The quiet twin: production enters there, too, however seldom; and what it does not know is no hint."""
    both = [PRODUCTION] * 9 + [(CHARGE, BANK)]
    assert inner(replayed(tmp_path, production(both), runs_of([(CHARGE, BANK)]))) == []
    unknown = replayed(tmp_path, production([PRODUCTION]), runs_of([(Hop("mail", "POST /send"),)]))
    assert inner(unknown) == []
