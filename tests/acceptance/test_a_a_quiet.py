"""Scenario a_a_quiet on captured telemetry: production against production stays quiet."""

import gzip
from pathlib import Path

import pytest

from monitor.drift.report import Report
from monitor.drift.verdict import State
from monitor.replay import Capture, compare
from monitor.settings import Settings, load
from tests.integration.real_feed import lines_of

GATEWAY = "frontend hipstershop.Frontend/Recv."
"""Every trace of the capture enters here: it says nothing of which flow it is."""

pytestmark = pytest.mark.realdata


def settings() -> Settings:
    """Defaults, and the gateway passed through."""
    plain = load()
    return plain.model_copy(update={"flows": plain.flows.model_copy(update={"pass_through": (GATEWAY,)})})


def report_on(reference: Path, candidate: Path) -> Report:
    """The report of one captured file against another."""
    return compare(
        Capture("production", (reference,)),
        Capture("integration", (candidate,)),
        settings(),
        lambda what, done, total: None,
        print,
    )


def test_one_half_of_a_fault_free_recording_does_not_drift_from_the_other(
    realdata: Path, tmp_path: Path
) -> None:
    """The second half of fault-free traffic compared with the first gives no drift, and covers it."""
    lines = lines_of(realdata / "ob-0822" / "normal.jsonl.gz")
    halves = {"first": lines[: len(lines) // 2], "second": lines[len(lines) // 2 :]}
    for name, half in halves.items():
        with gzip.open(tmp_path / f"{name}.jsonl.gz", "wt", encoding="utf-8", compresslevel=1) as text:
            text.writelines(half)
    report = report_on(tmp_path / "first.jsonl.gz", tmp_path / "second.jsonl.gz")
    assert State.DRIFT not in {line.state for line in report.verdicts}
    assert report.coverage.traffic == 1.0
    assert report.input.traces == len(lines)
    assert report.comparison.units > 50


def test_every_fault_is_read_without_loss(realdata: Path) -> None:
    """A fault window against the fault-free recording: every trace is a flow, none late, none rejected."""
    window = realdata / "ob-0822" / "fault-03.jsonl.gz"
    report = report_on(realdata / "ob-0822" / "normal.jsonl.gz", window)
    traces = len(lines_of(realdata / "ob-0822" / "normal.jsonl.gz")) + len(lines_of(window))
    assert (report.input.traces, report.input.flows) == (traces, traces)
    assert (report.input.late, report.input.rejected, report.input.duplicates) == (0, 0, 0)
