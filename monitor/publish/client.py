"""Asks a daemon over HTTP, for the command line."""

import json
from collections.abc import Callable
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from monitor.base.backoff import backoff_seconds
from monitor.base.clock import Clock
from monitor.base.errors import FlowdriftError, UnreachableError

TIMEOUT_SECONDS = 10
POLL_SECONDS = 1.0


def finish_run(url: str, run: str, environment: str | None) -> dict[str, Any]:
    """Say that `run` has ended; the daemon's answer.

    Raises UnreachableError when nobody answers or Kafka is away, FlowdriftError when the daemon refuses.
    """
    query = "?" + urlencode({"environment": environment}) if environment else ""
    return _ask(url, "POST", f"/api/v1/runs/{quote(run, safe='')}/finish{query}")


def await_verdict(
    url: str,
    run: str,
    comparison: str | None,
    wait_seconds: float,
    clock: Clock,
    pause: Callable[[float], object],
) -> dict[str, Any]:
    """The verdict on `run`: ends the run, then asks until it is settled or `wait_seconds` have passed.

    What stands then is returned, settled or not. Raises as `finish_run`; while it may wait, a daemon that
    does not answer is asked again.
    """
    until = clock.monotonic() + wait_seconds
    query = "?" + urlencode({"comparison": comparison}) if comparison else ""
    finished, failures = False, 0
    while True:
        try:
            verdict = _ask(url, "GET", f"/api/v1/runs/{quote(run, safe='')}/verdict{query}")
            if not verdict["settled"] and not finished:
                finished = _finished(url, run, verdict["environment"])
            if verdict["settled"] or clock.monotonic() >= until:
                return verdict
            failures = 0
        except UnreachableError:
            if clock.monotonic() >= until:
                raise
            failures += 1
        pause(backoff_seconds(failures) if failures else POLL_SECONDS)


def _finished(url: str, run: str, environment: str) -> bool:
    """Say that the run has ended; True also where it has settled meanwhile."""
    try:
        finish_run(url, run, environment)
    except UnreachableError:
        raise
    except FlowdriftError as error:
        if error.code != "settled":
            raise
    return True


def _ask(url: str, method: str, path: str) -> dict[str, Any]:
    connection = _connection(url)
    try:
        connection.request(method, urlsplit(url).path.rstrip("/") + path)
        return _answer(connection.getresponse())
    except (OSError, HTTPException) as error:
        raise UnreachableError(f"{url} does not answer: {error}", code="unreachable") from error
    finally:
        connection.close()


def _connection(url: str) -> HTTPConnection:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or parts.hostname is None:
        raise FlowdriftError("the URL of the API must be http://HOST:PORT or https://HOST:PORT", code="url")
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    return kind(parts.hostname, parts.port, timeout=TIMEOUT_SECONDS)


def _answer(response: HTTPResponse) -> dict[str, Any]:
    try:
        body = json.loads(response.read())
    except ValueError:
        body = {}
    if response.status < 300 and isinstance(body, dict):
        return body
    said = body.get("detail") if isinstance(body, dict) else None
    message = f"{response.status}: {said or response.reason}"
    if response.status >= 500:
        raise UnreachableError(message, code="unavailable")
    raise FlowdriftError(message, code="settled" if response.status == HTTPStatus.CONFLICT else "refused")
