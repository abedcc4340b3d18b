"""Asks a daemon over HTTP, for the command line."""

import json
from collections.abc import Callable, Mapping
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from socket import EAI_NONAME, gaierror
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode, urlsplit

from monitor.base.backoff import backoff_seconds
from monitor.base.clock import Clock
from monitor.base.errors import FlowdriftError, UnreachableError
from monitor.drift.recall import Recall, kind_in, recall_in
from monitor.drift.records.failure import FailureKind
from monitor.wire.names import normalise

TIMEOUT_SECONDS = 10
POLL_SECONDS = 1.0
NOBODY_LISTENS, SETTLED, UNSEEN = "nobody_listens", "settled", "unseen"
"""Codes of errors: nothing is at the address; a run is settled already; no span of a run has arrived."""


class Daemon(NamedTuple):
    """Where a daemon's API is, and the token that changing anything needs there; '' where it needs none."""

    url: str
    token: str = ""


class Patience:
    """Waits for `seconds` at most in all, and says for what whenever that changes."""

    def __init__(
        self, seconds: float, clock: Clock, pause: Callable[[float], object], say: Callable[[str], None]
    ) -> None:
        self._clock, self._pause, self._say = clock, pause, say
        self._until = clock.monotonic() + seconds
        self._said = ""
        self._failures = 0

    def wait(self, what: str) -> bool:
        """Wait a moment for `what`; False where the time is over."""
        self._failures = 0
        return self._wait(what, POLL_SECONDS)

    def retry(self, error: UnreachableError) -> bool:
        """Wait until it is worth to try again, longer after each failure in a row; False as of `wait`."""
        self._failures += 1
        return self._wait(str(error), backoff_seconds(self._failures))

    def _wait(self, what: str, seconds: float) -> bool:
        left = self._until - self._clock.monotonic()
        if left <= 0:
            return False
        if what != self._said:
            self._say(f"waiting for {left:.0f} s at most: {what}")
        self._said = what
        self._pause(seconds)
        return True


def begin_run(daemon: Daemon, run: str, environment: str | None, suite: str) -> dict[str, Any]:
    """Announce `run`; the daemon's answer.

    Raises UnreachableError when nobody answers or Kafka is away, FlowdriftError when the daemon refuses.
    """
    return _ask(daemon, "POST", run, "begin", environment=environment, suite=suite)


def finish_run(daemon: Daemon, run: str, environment: str | None, patience: Patience) -> dict[str, Any]:
    """Say that `run` has ended, once it is known; the daemon's answer.

    Raises as `begin_run`, and FlowdriftError with code `UNSEEN` where the time is over before that.
    """
    while True:
        try:
            return _ask(daemon, "POST", run, "finish", environment=environment)
        except UnreachableError as error:
            if error.code == NOBODY_LISTENS or not patience.retry(error):
                raise
        except FlowdriftError as error:
            if error.code != UNSEEN or not patience.wait(str(error)):
                raise


def await_verdict(daemon: Daemon, run: str, comparison: str | None, patience: Patience) -> dict[str, Any]:
    """The verdict on `run`: waits for its spans, ends it, waits until it is settled.

    What stands when the time is over is returned, settled or not. Raises as `finish_run`. A daemon that
    does not answer is asked again; one that never listened at this address is not.
    """
    ended = answered = False
    while True:
        try:
            verdict = _ask(daemon, "GET", run, "verdict", comparison=comparison)
            answered = True
            ended = ended or verdict["settled"] or _ended(daemon, verdict)
            whose = "" if verdict["state"] == UNSEEN else f"run {run}: "
            if verdict["settled"] or not patience.wait(f"{whose}{verdict['reason']}"):
                break
        except UnreachableError as error:
            if (error.code == NOBODY_LISTENS and not answered) or not patience.retry(error):
                raise
    return _final(daemon, verdict)


def audit_of(daemon: Daemon, run: str, comparison: str | None) -> dict[str, Any]:
    """What of the calls of a run is not recorded, and all calls that are listed, each once.

    Raises UnreachableError when nobody answers, FlowdriftError when the daemon refuses.
    """
    calls: dict[str, dict[str, Any]] = {}
    after: int | None = None
    while True:
        about = {"comparison": comparison, "after": None if after is None else str(after)}
        audit = _ask(daemon, "GET", run, "audit", **about)
        calls |= {each["id"]: each for each in audit["calls"]}
        after = audit["next"]
        if after is None:
            return {**audit, "calls": list(calls.values())}


def recall_of(daemon: Daemon, comparison: str | None) -> Recall:
    """What the daemon says of recall. Raises as `begin_run`."""
    return recall_in(_read(daemon, "recall", comparison))


def escape_of(daemon: Daemon, escape: str, comparison: str | None) -> FailureKind:
    """One failure signature. Raises as `begin_run`."""
    return kind_in(_read(daemon, f"escapes/{quote(escape, safe='')}", comparison))


def _read(daemon: Daemon, what: str, comparison: str | None) -> dict[str, Any]:
    asked = urlencode({"comparison": normalise(comparison)}) if comparison else ""
    return _sent(daemon, "GET", f"/api/v1/{what}{asked and '?' + asked}", "")


def _ended(daemon: Daemon, verdict: dict[str, Any]) -> bool:
    """Say that a run has ended, where it has begun; whether that is done."""
    if verdict["state"] == UNSEEN:
        return False
    try:
        _ask(daemon, "POST", verdict["run"], "finish", environment=verdict["environment"])
    except FlowdriftError as error:
        if error.code not in (SETTLED, UNSEEN):
            raise
        return error.code == SETTLED
    return True


def _final(daemon: Daemon, verdict: dict[str, Any]) -> dict[str, Any]:
    """The last answer; one without any span is an error, and ends the run if somebody announced it."""
    if verdict["state"] != UNSEEN:
        return verdict
    if verdict["announced"]:
        _ask(daemon, "POST", verdict["run"], "finish", environment=verdict["environment"])
    raise FlowdriftError(verdict["reason"], code=UNSEEN)


def _path(run: str, what: str, query: Mapping[str, str | None]) -> str:
    if not (run := normalise(run)):
        raise FlowdriftError("the id of the run is empty", code="run")
    asked = urlencode({name: normalise(value) for name, value in query.items() if value})
    return f"/api/v1/runs/{quote(run, safe='')}/{what}{asked and '?' + asked}"


def _ask(daemon: Daemon, method: str, run: str, what: str, **query: str | None) -> dict[str, Any]:
    return _sent(daemon, method, _path(run, what, query), normalise(run))


def _sent(daemon: Daemon, method: str, below: str, run: str) -> dict[str, Any]:
    path = urlsplit(daemon.url).path.rstrip("/") + below
    headers = {"Authorization": f"Bearer {daemon.token}"} if daemon.token else {}
    connection = _connection(daemon.url)
    try:
        connection.request(method, path, headers=headers)
        return _answer(connection.getresponse(), run)
    except (OSError, HTTPException) as error:
        raise _unreachable(daemon.url, error) from error
    finally:
        connection.close()


def _unreachable(url: str, error: Exception) -> UnreachableError:
    no_host = isinstance(error, gaierror) and error.errno == EAI_NONAME
    if isinstance(error, ConnectionRefusedError) or no_host:
        remedy = "give the address of the daemon's API (--url or FLOWDRIFT_URL), or start `flowdrift run`"
        return UnreachableError(f"nothing listens at {url}: {remedy}", code=NOBODY_LISTENS)
    return UnreachableError(f"{url} does not answer: {error}", code="unreachable")


def _connection(url: str) -> HTTPConnection:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or parts.hostname is None:
        raise FlowdriftError("the URL of the API must be http://HOST:PORT or https://HOST:PORT", code="url")
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    return kind(parts.hostname, parts.port, timeout=TIMEOUT_SECONDS)


_CODES: dict[int, str] = {HTTPStatus.CONFLICT: SETTLED, HTTPStatus.NOT_FOUND: UNSEEN}


def _answer(response: HTTPResponse, run: str) -> dict[str, Any]:
    """What was answered; refusals repeat nothing of a request, so that `run` is named here."""
    try:
        body = json.loads(response.read())
    except ValueError:
        body = {}
    if response.status < 300 and isinstance(body, dict):
        return body
    said = body.get("detail") if isinstance(body, dict) else None
    message = str(said or f"{response.status}: {response.reason}")
    message = message.replace("this run", f"run {run}").replace("This run", f"Run {run}")
    if response.status >= 500:
        raise UnreachableError(message, code="unavailable")
    raise FlowdriftError(message, code=_CODES.get(response.status, "refused"))
