"""The command line: streams and exit codes."""

import json
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, ClassVar

import pytest
from typer.testing import CliRunner, Result

from monitor import __version__
from monitor.base.clock import ManualClock
from monitor.base.errors import UnreachableError
from monitor.cli import app
from monitor.publish.client import await_verdict
from monitor.settings import load, schema

_CANARY = "canary-7f3a91"


def _flowdrift(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def test_help_is_the_answer_to_nothing() -> None:
    """Without a command it shows what there is."""
    result = _flowdrift()
    for command in ("run", "replay", "inspect", "demo", "check-config", "schema", "runs", "verdict"):
        assert command in result.output


def test_version() -> None:
    """One line, fit for a script."""
    assert _flowdrift("--version").stdout == f"{__version__}\n"


def test_an_unknown_option_is_usage() -> None:
    """Exit 2, with nothing on stdout."""
    result = _flowdrift("run", "--no-such-option")
    assert (result.exit_code, result.stdout) == (2, "")


def test_an_unknown_role_is_usage() -> None:
    """The message names it."""
    result = _flowdrift("run", "--role", "observer,cook")
    assert result.exit_code == 2
    assert "no such role: cook" in result.stderr


def test_schema_is_json_on_stdout() -> None:
    """An editor can use what is printed."""
    assert json.loads(_flowdrift("schema").stdout) == schema()


def test_a_valid_configuration(tmp_path: Path) -> None:
    """Exit 0, and silence."""
    file = tmp_path / "flowdrift.yaml"
    file.write_text("assembly: {quiet_gap: 3s}\n", encoding="utf-8")
    result = _flowdrift("check-config", str(file))
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "")


def test_a_wrong_configuration(tmp_path: Path) -> None:
    """Exit 2, the paths on stderr, and no value: a planted secret is not shown."""
    file = tmp_path / "flowdrift.yaml"
    file.write_text(f"kafka: {{brokres: [{_CANARY}], flows: {_CANARY}}}\n", encoding="utf-8")
    result = _flowdrift("check-config", str(file))
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.splitlines() == [
        "kafka.brokres: unknown key; did you mean brokers?",
        "kafka.flows: must be a mapping",
    ]
    assert _CANARY not in result.stderr
    file.write_text(f"kafka: {{flows: {_CANARY}}}\n", encoding="utf-8")
    result = _flowdrift("check-config", str(file))
    assert result.exit_code == 2
    assert result.stderr.startswith("kafka.flows: ")
    assert _CANARY not in result.stderr


def test_traces_as_evidence_are_for_replay(tmp_path: Path) -> None:
    """Exit 2, and why: it would page without any drift."""
    file = tmp_path / "flowdrift.yaml"
    file.write_text("evidence: {unit: trace}\n", encoding="utf-8")
    result = _flowdrift("check-config", str(file))
    assert (result.exit_code, result.stdout) == (2, "")
    assert "evidence.unit: trace is for `flowdrift replay` only" in result.stderr
    assert load(file, offline=True).policy.unit == "trace"


def test_a_topic_pattern_that_is_none_is_usage() -> None:
    """Exit 2 before any broker is asked, and what is wrong with it; no traceback."""
    result = _flowdrift("inspect", "--topic", "^otlp_[")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("--topic: '^otlp_[' is no regular expression: ")


def _verdict(state: str, *, settled: bool = True) -> dict[str, Any]:
    lists = {"reasons": ["'a -> b' is missing"], "unproven": ["shop GET /b (ok): too few"]}
    return {
        "run": "x",
        "environment": "test",
        "state": state,
        "settled": settled,
        "reason": "So it is.",
        **lists,
    }


_VERDICTS = {
    "/api/v1/runs/good/verdict": _verdict("pass"),
    "/api/v1/runs/bad/verdict?comparison=c": _verdict("drift"),
    "/api/v1/runs/few/verdict": _verdict("insufficient"),
    "/api/v1/runs/open/verdict": _verdict("open", settled=False),
    "/api/v1/runs/race/verdict": _verdict("open", settled=False),
}


class _Api(BaseHTTPRequestHandler):
    """Takes the finish of run `ci/1`, is unavailable for `later`, and refuses any other."""

    finished: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        """Answer with a verdict; 404 for a comparison or run that is none of the known ones."""
        self._answer(200 if self.path in _VERDICTS else 404, _VERDICTS.get(self.path, {"detail": "none"}))

    def do_POST(self) -> None:
        """Answer as the daemon does."""
        known = {"/api/v1/runs/ci%2F1/finish?environment=nightly": 202, "/api/v1/runs/later/finish": 503}
        known["/api/v1/runs/open/finish?environment=test"] = 202
        status = known.get(self.path, 409)
        self.finished.append(self.path)
        self._answer(status, {"number": 7} if status == 202 else {"detail": f"status {status}"})

    def _answer(self, status: int, plain: dict[str, Any]) -> None:
        body = json.dumps(plain).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


@pytest.fixture
def url() -> object:
    """Address of an API that answers as the daemon does."""
    with HTTPServer(("127.0.0.1", 0), _Api) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_run_is_finished(url: str) -> None:
    """The daemon's answer on stdout; ids may hold any character."""
    result = _flowdrift("runs", "finish", "ci/1", "--environment", "nightly", "--url", url)
    assert (result.exit_code, json.loads(result.stdout)) == (0, {"number": 7})


@pytest.mark.parametrize(
    ("run", "code", "said"), [("later", 4, "503: status 503"), ("x", 2, "409: status 409")]
)
def test_a_run_that_is_not_finished(url: str, run: str, code: int, said: str) -> None:
    """4 where trying again may help, 2 where it does not; the reason on stderr."""
    result = _flowdrift("runs", "finish", run, "--url", url)
    assert (result.exit_code, result.stdout, result.stderr) == (code, "", f"{said}\n")


@pytest.mark.parametrize(
    ("run", "code"),
    [
        (["good"], 0),
        (["bad", "--comparison", "c"], 1),
        (["few"], 3),
        (["open"], 3),
        (["race"], 3),
        (["no"], 2),
    ],
)
def test_a_run_gates(url: str, run: list[str], code: int) -> None:
    """Pass, drift, too little, not settled in time (or settled meanwhile), and a refused question."""
    result = _flowdrift("verdict", "--run", *run, "--wait", "0", "--url", url, "-o", "json")
    assert result.exit_code == code
    assert code == 2 or json.loads(result.stdout)["reason"] == "So it is."


def test_a_verdict_ends_its_run_once(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An open run is finished where it ran, and asked for again until it is settled."""
    _Api.finished.clear()
    clock, pauses = ManualClock(), list[float]()

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        clock.advance(seconds)
        if len(pauses) == 2:
            monkeypatch.setitem(_VERDICTS, "/api/v1/runs/open/verdict", _verdict("pass"))

    assert await_verdict(url, "open", None, 60, clock, pause)["state"] == "pass"
    assert _Api.finished == ["/api/v1/runs/open/finish?environment=test"]
    assert pauses == [1.0, 1.0]


def test_a_verdict_waits_for_a_daemon_that_is_away() -> None:
    """Until the time is over; then it says that nobody answers."""
    clock = ManualClock()
    with pytest.raises(UnreachableError):
        await_verdict("http://127.0.0.1:1", "x", None, 5, clock, clock.advance)
    assert clock.monotonic() == 5
    result = _flowdrift("verdict", "--run", "x", "--wait", "0", "--url", "http://127.0.0.1:1")
    assert (result.exit_code, result.stdout) == (4, "")


def test_a_verdict_as_a_table(url: str) -> None:
    """The state, why, and what was not proven."""
    told = _flowdrift("verdict", "--run", "few", "--url", url).stdout.splitlines()
    assert told == [
        "insufficient  x: So it is.",
        "  'a -> b' is missing",
        "  not proven: shop GET /b (ok): too few",
    ]


def test_an_api_that_is_not_there() -> None:
    """Exit 4: unreachable; a wrong URL is usage."""
    assert _flowdrift("runs", "finish", "x", "--url", "http://127.0.0.1:1").exit_code == 4
    assert _flowdrift("runs", "finish", "x", "--url", "file:///etc/passwd").exit_code == 2
