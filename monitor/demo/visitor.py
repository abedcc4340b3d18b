"""What a CI job and a curious person ask the daemon over HTTP."""

import asyncio
import json
from http.client import HTTPConnection, HTTPException
from threading import Event
from typing import Any

from monitor.base.clock import SystemClock
from monitor.base.errors import FlowdriftError, UnreachableError
from monitor.publish.client import Daemon, Patience, finish_run

TIMEOUT_SECONDS = 5
FINISH_SECONDS = 10
"""So long it may take until the first span of a run has arrived."""


class Visitor:
    """Talks to the daemon on 127.0.0.1:`port`, one connection per question."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self._port = port

    async def report(self) -> dict[str, Any] | None:
        """The report as it is now; None while the daemon has none or does not answer."""
        try:
            status, body = await asyncio.to_thread(self._ask, "/api/v1/report")
        except UnreachableError:
            return None
        document: dict[str, Any] | None = json.loads(body) if status == 200 else None
        return document

    async def finish(self, run: str) -> bool:
        """Say that a run ended, as a CI job does at its end; whether the daemon took note."""
        patience = Patience(FINISH_SECONDS, SystemClock(), Event().wait, lambda _: None)
        try:
            await asyncio.to_thread(finish_run, Daemon(self.url), run, None, patience)
        except FlowdriftError:
            return False
        return True

    def _ask(self, path: str) -> tuple[int, bytes]:
        """Status and body; UnreachableError where nobody answers."""
        connection = HTTPConnection("127.0.0.1", self._port, timeout=TIMEOUT_SECONDS)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.read()
        except (OSError, HTTPException) as error:
            raise UnreachableError(f"the daemon does not answer: {error}") from error
        finally:
            connection.close()
