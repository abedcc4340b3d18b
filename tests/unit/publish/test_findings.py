"""Findings of a report, whoever prints them."""

from pathlib import Path

from monitor.drift.verdict import State
from monitor.publish.findings import reaches
from monitor.wire.span import Kind
from tests.acceptance.replaying import Hop, production, replayed, runs_of


def _flow(*inner: str, call: str = "GET /x") -> list[Hop]:
    spans = [Hop("shop", name, Kind.INTERNAL) for name in inner]
    return [Hop("shop", "GET /pages"), *spans, Hop("shop", call, Kind.CLIENT)]


def test_what_stands_in_reports_alone_fails_no_run(tmp_path: Path) -> None:
    """INTERNAL spans of one side are a suspect in the report that no caller has to act on; a call is one."""
    reference = list(production([_flow()], traces=1500))
    report = replayed(tmp_path, reference, runs_of([_flow("render")]))
    [told] = [line for line in report.verdicts if line.state is State.SUSPECT]
    assert (told.severity, reaches(report, State.SUSPECT)) == ("reports", False)
    assert reaches(replayed(tmp_path, reference, runs_of([_flow(call="GET /y")])), State.SUSPECT)
