"""`flowdrift replay`: streams and exit codes."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from monitor.cli import app
from monitor.drift.report import Report


def _flowdrift(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    """A file of captured telemetry: one trace of one span."""
    span = {
        "traceId": "0102030405060708090a0b0c0d0e0f10",
        "spanId": "0102030405060708",
        "name": "GET /a",
        "kind": 2,
        "startTimeUnixNano": "1700000000000000000",
        "endTimeUnixNano": "1700000000010000000",
    }
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": "shop"}}]}
    request = {"resourceSpans": [{"resource": resource, "scopeSpans": [{"spans": [span]}]}]}
    file = tmp_path / "capture.jsonl"
    file.write_text(json.dumps(request) + "\n", encoding="utf-8")
    return file


def test_replay_prints_the_report(capture: Path) -> None:
    """JSON on stdout of the shape that the API answers, nothing else; no bar off a terminal."""
    result = _flowdrift("replay", "--reference", str(capture), "--candidate", f"ci={capture}", "-o", "json")
    assert result.exit_code == 0, result.stderr
    report = Report.model_validate_json(result.stdout)
    assert (report.comparison.reference, report.comparison.candidate) == ("reference", "ci")
    assert report.coverage.flows == 1.0
    account = f"{capture}: 1 line read, 0 rejected, 1 span"
    assert result.stderr.splitlines() == [account, account]


def test_replay_takes_names_as_they_are(capture: Path) -> None:
    """`prod` stays `prod`, though the configuration's globs would make `production` of it."""
    sides = ("--reference", f"prod={capture}", "--candidate", f"test={capture}")
    report = Report.model_validate_json(_flowdrift("replay", *sides, "-o", "json").stdout)
    assert (report.comparison.reference, report.comparison.candidate) == ("prod", "test")
    assert report.coverage.flows == 1.0


def test_replay_prints_a_table(capture: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """For people by default, without colour where it is not wanted."""
    monkeypatch.setenv("NO_COLOR", "1")
    result = _flowdrift("replay", "--reference", str(capture), "--candidate", f"ci={capture}")
    assert result.exit_code == 0, result.stderr
    assert "ci against reference" in result.stdout
    assert "coverage: 100 % of flows" in result.stdout
    assert "\x1b" not in result.stdout


def test_replay_prints_markdown(capture: Path) -> None:
    """A comment for a pull request, whose first line says what it is."""
    result = _flowdrift(
        "replay", "--reference", str(capture), "--candidate", f"ci={capture}", "-o", "markdown"
    )
    assert result.stdout.startswith("**flowdrift:** `ci` against `reference`: ")
    assert result.stdout.endswith("</details>\n")


@pytest.mark.parametrize(("fail_on", "code"), [((), 0), (("never",), 0), (("drift",), 0), (("suspect",), 1)])
def test_replay_gates(capture: Path, fail_on: tuple[str, ...], code: int) -> None:
    """Exit 1 where there is such a verdict or a worse one, with the report all the same."""
    more = capture.with_name("more.jsonl")
    text = capture.read_text(encoding="utf-8")
    more.write_text(text + text.replace("GET /a", "GET /b").replace("0102030405060708090a", "1" * 20))
    sides = ("--reference", str(more), "--candidate", f"ci={capture}")
    result = _flowdrift("replay", *sides, *(f"--fail-on={each}" for each in fail_on), "-o", "json")
    assert result.exit_code == code
    states = {line.state.value for line in Report.model_validate_json(result.stdout).verdicts}
    assert "suspect" in states and "drift" not in states


def test_replay_of_what_is_not_there() -> None:
    """Exit 2, and which file."""
    result = _flowdrift("replay", "--reference", "none.jsonl", "--candidate", "none.jsonl")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "none.jsonl" in result.stderr


def test_replay_of_what_cannot_be_read(capture: Path) -> None:
    """A side without any span is an error that says why; bad lines are counted, and named with the reason."""
    wrong = capture.with_name("wrong.jsonl")
    wrong.write_text('{"resourceSpans": 1}\n', encoding="utf-8")
    result = _flowdrift("replay", "--reference", str(capture), "--candidate", f"ci={wrong}")
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"ci: no span could be read from {wrong}: not the shape of an OTLP" in result.stderr
    wrong.write_text('{"resourceSpans": 1}\n' * 4 + capture.read_text(encoding="utf-8"), encoding="utf-8")
    result = _flowdrift("replay", "--reference", str(capture), "--candidate", f"ci={wrong}", "-o", "json")
    assert Report.model_validate_json(result.stdout).input.rejected == 4
    assert f"{wrong}: 5 lines read, 4 rejected, 1 span" in result.stderr
    assert "4 rejected (lines 1, 2, 3, ...): not the shape of an OTLP trace request" in result.stderr
