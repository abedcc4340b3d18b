"""`flowdrift replay`: streams and exit codes."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from monitor.cli import app


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
    report = json.loads(result.stdout)
    assert (report["comparison"]["reference"], report["comparison"]["candidate"]) == ("reference", "ci")
    assert report["coverage"]["flows"] == 1.0
    account = f"{capture}: 1 line read, 0 rejected, 1 span"
    assert result.stderr.splitlines() == [account, account]


def test_replay_takes_names_as_they_are(capture: Path) -> None:
    """`prod` stays `prod`, though the configuration's globs would make `production` of it."""
    sides = ("--reference", f"prod={capture}", "--candidate", f"test={capture}")
    report = json.loads(_flowdrift("replay", *sides, "-o", "json").stdout)
    assert (report["comparison"]["reference"], report["comparison"]["candidate"]) == ("prod", "test")
    assert report["coverage"]["flows"] == 1.0


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
    states = {line["state"] for line in json.loads(result.stdout)["verdicts"]}
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
    assert json.loads(result.stdout)["input"]["rejected"] == 4
    assert f"{wrong}: 5 lines read, 4 rejected, 1 span" in result.stderr
    assert "4 rejected (lines 1, 2, 3, ...): not the shape of an OTLP trace request" in result.stderr


def _traces(number: int, calls: str, run: str = "") -> str:
    """OTLP, a trace a line: `POST /pay` of `shop`, which calls `calls` if anything; four cases a run."""
    lines = []
    for n in range(number):
        begin = 1_700_000_000_000_000_000 + n * 10_000_000
        times = {"startTimeUnixNano": str(begin), "endTimeUnixNano": str(begin + 5_000_000)}
        marks = {"cicd.pipeline.run.id": f"{run}-{n // 4}", "test.case.name": f"case {n % 4}"} if run else {}
        attributes = [{"key": key, "value": {"stringValue": value}} for key, value in marks.items()]
        trace = {"traceId": f"{n + 1:032x}", **times}
        spans = [
            {**trace, "spanId": f"{n + 1:016x}", "name": "POST /pay", "kind": 2, "attributes": attributes}
        ]
        if calls:
            spans.append(
                {**trace, "spanId": "f" * 16, "parentSpanId": f"{n + 1:016x}", "name": calls, "kind": 3}
            )
        resource = {"attributes": [{"key": "service.name", "value": {"stringValue": "shop"}}]}
        request = {"resourceSpans": [{"resource": resource, "scopeSpans": [{"spans": spans}]}]}
        lines.append(json.dumps(request) + "\n")
    return "".join(lines)


@pytest.fixture
def production(tmp_path: Path) -> Path:
    """A capture in which every request makes a call."""
    file = tmp_path / "production.jsonl"
    file.write_text(_traces(1000, "charge"), encoding="utf-8")
    return file


@pytest.mark.parametrize(("fail_on", "code"), [("never", 0), ("suspect", 1), ("drift", 1)])
def test_replay_fails_on_a_drift(production: Path, fail_on: str, code: int) -> None:
    """Tests that never make the call: exit 1, and a sentence with both shares, in cases, runs and traces."""
    tests = production.with_name("tests.jsonl")
    tests.write_text(_traces(12, "", run="ci"), encoding="utf-8")
    sides = ("--reference", str(production), "--candidate", str(tests))
    result = _flowdrift("replay", *sides, f"--fail-on={fail_on}")
    assert result.exit_code == code
    said = " ".join(result.stdout.split())
    assert (
        "in all 1,000 production traces and in 0 of 12 test cases (3 runs since 2023-11-14 22:13 UTC)" in said
    )
    assert "10^" not in said


def test_replay_says_first_that_a_capture_is_too_small(production: Path) -> None:
    """One sentence with the number that is needed, before anything else; that is no drift."""
    few = production.with_name("few.jsonl")
    few.write_text(_traces(1, "charge"), encoding="utf-8")
    sides = ("--reference", str(production), "--candidate", str(few))
    result = _flowdrift("replay", *sides, "--fail-on=drift")
    said = " ".join(result.stdout.split())
    assert said.startswith(
        "This capture is too small for a verdict on any path: 2 more evidence units would do"
    )
    assert result.exit_code == 0
