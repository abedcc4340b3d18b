"""The commands about test runs, against an API that answers as the daemon does."""

import json
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any, ClassVar

import pytest
from typer.testing import CliRunner, Result

from monitor.base.clock import ManualClock
from monitor.base.errors import FlowdriftError, UnreachableError
from monitor.cli import app
from monitor.publish.client import NOBODY_LISTENS, UNSEEN, Daemon, Patience, await_verdict, finish_run

NOWHERE = "http://127.0.0.1:1"
NOT_ARRIVED = "no span of run new has arrived; 2 runs seen, the last is ci-2"


def _flowdrift(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def _verdict(state: str, *, settled: bool = True, announced: bool = False) -> dict[str, Any]:
    lines = ["'a -> b' is missing", "not proven: shop GET /b: too few", "note: Open."]
    reason = NOT_ARRIVED if state == "unseen" else "So it is."
    about = {"run": "x", "environment": "test", "announced": announced}
    return {**about, "state": state, "settled": settled, "reason": reason, "lines": lines, "not_judged": ""}


_OPEN, _UNSEEN = _verdict("open", settled=False), _verdict("unseen", settled=False)
_VERDICTS = {
    "good": _verdict("pass"),
    "bad": _verdict("drift"),
    "few": _verdict("insufficient") | {"not_judged": "3 calls of production"},
    "open": _OPEN | {"run": "open"},
    "race": _OPEN | {"run": "race"},
    "new": _UNSEEN | {"run": "new"},
    "begun": _UNSEEN | {"run": "begun", "announced": True},
}


class _Api(BaseHTTPRequestHandler):
    """Knows the verdicts above, takes the end of some runs, refuses that of others."""

    posted: ClassVar[list[str]] = []
    statuses: ClassVar[dict[str, int]] = {
        "ci%2F1": 202,
        "open": 202,
        "begun": 202,
        "later": 503,
        "new": 404,
        "race": 409,
        "old": 409,
    }

    def do_GET(self) -> None:
        """Answer with a verdict; 404 for any run that has none."""
        run = self.path.split("/")[4]
        self._answer(200 if run in _VERDICTS else 404, _VERDICTS.get(run, {"detail": "no such comparison"}))

    def do_POST(self) -> None:
        """Answer as the daemon does."""
        self.posted.append(self.path.removeprefix("/api/v1/runs/"))
        status = self.statuses.get(self.path.split("/")[4], 422)
        says = NOT_ARRIVED if status == 404 else f"status {status}"
        self._answer(status, {"number": 7} if status == 202 else {"detail": says})

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
    _Api.posted.clear()
    with HTTPServer(("127.0.0.1", 0), _Api) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


class _Waiting(Patience):
    """A time that passes when it is waited for; after so many pauses something happens."""

    def __init__(self, seconds: float, *, after: int = -1, happens: Any = None) -> None:
        self.clock, self.said, self.pauses = ManualClock(), list[str](), 0
        self._after, self._happens = after, happens
        super().__init__(seconds, self.clock, self._pass, self.said.append)

    def _pass(self, seconds: float) -> None:
        self.clock.advance(seconds)
        self.pauses += 1
        if self.pauses == self._after:
            self._happens()


def test_a_run_is_announced(url: str) -> None:
    """With its suite and environment; the daemon's answer on stdout."""
    result = _flowdrift("runs", "begin", "ci/1", "--suite", "smoke", "--environment", "test", "--url", url)
    assert (result.exit_code, json.loads(result.stdout)) == (0, {"number": 7})
    assert _Api.posted == ["ci%2F1/begin?environment=test&suite=smoke"]


def test_a_run_is_finished(url: str) -> None:
    """The daemon's answer on stdout; ids may hold any character, and are spelled as telemetry's are."""
    result = _flowdrift("runs", "finish", " ci/1\n", "--environment", "nightly", "--url", url)
    assert (result.exit_code, json.loads(result.stdout)) == (0, {"number": 7})
    assert _Api.posted == ["ci%2F1/finish?environment=nightly"]


@pytest.mark.parametrize(
    ("run", "code", "said"), [("later", 4, "status 503"), ("old", 2, "status 409"), ("new", 2, NOT_ARRIVED)]
)
def test_a_run_that_is_not_finished(url: str, run: str, code: int, said: str) -> None:
    """4 where trying again may help, 2 where it does not, or no span has arrived; the reason on stderr."""
    result = _flowdrift("runs", "finish", run, "--wait", "0", "--url", url)
    assert (result.exit_code, result.stdout, result.stderr) == (code, "", f"{said}\n")


def test_a_finish_waits_for_the_first_span(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is said again until the run is known, and what is waited for is said once."""
    waiting = _Waiting(60, after=3, happens=lambda: monkeypatch.setitem(_Api.statuses, "new", 202))
    assert finish_run(Daemon(url), "new", None, waiting) == {"number": 7}
    assert waiting.said == [f"waiting for 60 s at most: {NOT_ARRIVED}"]


@pytest.mark.parametrize(
    ("run", "code"),
    [
        (["good"], 0),
        (["bad", "--comparison", "c"], 1),
        (["few"], 3),
        (["open"], 3),
        (["race"], 3),
        (["no"], 2),
        (["new"], 2),
    ],
)
def test_a_run_gates(url: str, run: list[str], code: int) -> None:
    """Pass, drift, too little, not settled in time (or settled meanwhile), refused, and never seen."""
    result = _flowdrift("verdict", "--run", *run, "--wait", "0", "--url", url, "-o", "json")
    assert result.exit_code == code
    assert code == 2 or json.loads(result.stdout)["reason"] == "So it is."


def test_a_verdict_ends_its_run_once(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An open run is finished where it ran, and asked for again until it is settled."""
    waiting = _Waiting(60, after=2, happens=lambda: monkeypatch.setitem(_VERDICTS, "open", _verdict("pass")))
    assert await_verdict(Daemon(url), "open", None, waiting)["state"] == "pass"
    assert _Api.posted == ["open/finish?environment=test"]
    assert (waiting.pauses, waiting.said) == (2, ["waiting for 60 s at most: run open: So it is."])


def test_a_verdict_never_ends_a_run_that_has_not_begun(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It waits for the first span; the id may be wrong: then that is an error, and nothing has ended."""
    waiting = _Waiting(5)
    with pytest.raises(FlowdriftError, match=NOT_ARRIVED) as raised:
        await_verdict(Daemon(url), "new", None, waiting)
    assert (raised.value.code, _Api.posted, waiting.pauses) == (UNSEEN, [], 5)
    late = _Waiting(60, after=1, happens=lambda: monkeypatch.setitem(_VERDICTS, "new", _verdict("pass")))
    assert await_verdict(Daemon(url), "new", None, late)["state"] == "pass"


def test_an_announced_run_without_a_span_ends_with_the_patience(url: str) -> None:
    """Somebody said that it begins: that nothing arrives is what they want to be alerted to."""
    with pytest.raises(FlowdriftError, match=NOT_ARRIVED):
        await_verdict(Daemon(url), "begun", None, _Waiting(5))
    assert _Api.posted == ["begun/finish?environment=test"]


def test_nothing_is_waited_for_where_nobody_listens() -> None:
    """At once exit 4, with the address and what to do."""
    waiting = _Waiting(60)
    with pytest.raises(UnreachableError) as raised:
        await_verdict(Daemon(NOWHERE), "x", None, waiting)
    assert (raised.value.code, waiting.pauses) == (NOBODY_LISTENS, 0)
    for command in (["verdict", "--run", "x"], ["runs", "finish", "x"], ["runs", "begin", "x"]):
        result = _flowdrift(*command, "--url", NOWHERE)
        assert (result.exit_code, result.stdout) == (4, "")
        assert f"nothing listens at {NOWHERE}: give the address" in result.stderr


def test_a_daemon_that_restarts_is_waited_for(url: str) -> None:
    """Who answered once is asked again until the time is over."""
    server = HTTPServer(("127.0.0.1", 0), _Api)
    thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()

    def die() -> None:
        server.shutdown()
        server.server_close()
        thread.join()

    waiting = _Waiting(5, after=1, happens=die)
    with pytest.raises(UnreachableError):
        await_verdict(Daemon(f"http://127.0.0.1:{server.server_port}"), "race", None, waiting)
    assert waiting.pauses == 5


def test_a_verdict_for_people(url: str) -> None:
    """One line, then what was found, what was not proven, what other runs show, and what is not judged."""
    assert _flowdrift("verdict", "--run", "few", "--url", url).stdout.splitlines() == [
        "not enough  x: So it is.",
        "  'a -> b' is missing",
        "  not proven: shop GET /b: too few",
        "  note: Open.",
        "  not judged: 3 calls of production",
    ]


def test_a_verdict_for_people_fits_a_terminal(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines have at most 80 columns off a terminal, and a number stands beside its unit."""
    says = "'a -> b' happens in all 20,000 production traces and in 0 of 4 test cases of run ci-1."
    for pad in range(40):
        monkeypatch.setitem(_VERDICTS, "bad", _verdict("drift") | {"lines": [f"{'x' * pad} {says}"]})
        printed = _flowdrift("verdict", "--run", "bad", "--url", url).stdout
        assert max(map(len, printed.splitlines())) <= 80
        assert "20,000 production traces" in printed
        assert "0 of 4 test cases" in printed


def test_a_verdict_for_people_is_short(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """At most ten findings, and how many more there are; JSON has all."""
    many = _verdict("drift") | {"lines": [f"finding {n}" for n in range(27)], "not_judged": ""}
    monkeypatch.setitem(_VERDICTS, "bad", many)
    first, *lines, more = _flowdrift("verdict", "--run", "bad", "--url", url).stdout.splitlines()
    assert (first, len(lines)) == ("drift  x: So it is.", 10)
    assert more == "  and 17 more, all of them with -o json"
    assert json.loads(_flowdrift("verdict", "--run", "bad", "--url", url, "-o", "json").stdout) == many


def test_an_empty_id_is_usage(url: str) -> None:
    """Exit 2, and nobody is asked: white space alone is no id."""
    for command in (["runs", "begin"], ["runs", "finish"], ["verdict", "--run"]):
        result = _flowdrift(*command, " \n", "--url", url)
        assert (result.exit_code, result.stderr) == (2, "the id of the run is empty\n")
    assert _Api.posted == []


def test_a_wrong_url_is_usage() -> None:
    """Exit 2."""
    assert _flowdrift("runs", "finish", "x", "--url", "file:///etc/passwd").exit_code == 2
