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

pytestmark = [
    pytest.mark.realdata,
    pytest.mark.parametrize("part", [4, pytest.param(1, marks=pytest.mark.slow, id="all")]),
]
"""Of a recording the first quarter, or (`make slow`) all of it."""


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


def recorded(realdata: Path, name: str, part: int) -> list[str]:
    """The first lines of a recording, each a trace: one in `part` of all."""
    lines = lines_of(realdata / "ob-0822" / f"{name}.jsonl.gz")
    return lines[: len(lines) // part]


def written(directory: Path, name: str, lines: list[str]) -> Path:
    """A file with these lines."""
    path = directory / f"{name}.jsonl.gz"
    with gzip.open(path, "wt", encoding="utf-8", compresslevel=1) as text:
        text.writelines(lines)
    return path


def test_one_half_of_a_fault_free_recording_does_not_drift_from_the_other(
    realdata: Path, tmp_path: Path, part: int
) -> None:
    """The second half of fault-free traffic compared with the first gives no drift, and covers it."""
    lines = recorded(realdata, "normal", part)
    middle = len(lines) // 2
    first, second = (
        written(tmp_path, name, half) for name, half in (("1", lines[:middle]), ("2", lines[middle:]))
    )
    report = report_on(first, second)
    assert State.DRIFT not in {line.state for line in report.verdicts}
    assert report.coverage.traffic == 1.0
    assert report.input.traces == len(lines)
    assert report.comparison.units > 50


@pytest.mark.slow
def test_every_fault_is_read_without_loss(realdata: Path, tmp_path: Path, part: int) -> None:
    """A fault window against the fault-free recording: every trace is a flow, none late, none rejected."""
    sides = {name: recorded(realdata, name, part) for name in ("normal", "fault-03")}
    normal, window = (written(tmp_path, name, lines) for name, lines in sides.items())
    report = report_on(normal, window)
    traces = sum(map(len, sides.values()))
    assert (report.input.traces, report.input.flows) == (traces, traces)
    assert (report.input.late, report.input.rejected, report.input.duplicates) == (0, 0, 0)
