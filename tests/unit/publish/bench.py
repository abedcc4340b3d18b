"""The HTTP API without a socket, and everything that it reads."""

import asyncio
from collections.abc import Mapping
from typing import Any

import httpx

from monitor.base.clock import ManualClock
from monitor.base.errors import UnreachableError
from monitor.base.run import RunKey
from monitor.base.units import LogTime
from monitor.drift.policy import Comparison
from monitor.drift.records.audit import CallPage, CallRecord
from monitor.pipeline.timeline.commands import Command
from monitor.publish.access import Access
from monitor.publish.api import create_app
from monitor.publish.context import Context
from monitor.publish.exposition import Exposition
from monitor.publish.settings import LinksSettings
from monitor.publish.view import View
from tests.unit.publish.records import COMPARISON, summary_record, tell

COMPARISONS = (Comparison(name=COMPARISON, reference="production", candidate="integration"),)
LOOPBACK = Access("127.0.0.1")
NIGHTLY = Comparison(name="nightly", reference="production", candidate="nightly")


class Health:
    """All is well, until a test says otherwise."""

    def __init__(self) -> None:
        self.beating = True
        self.parts: dict[str, str] = {"observer": "", "auditor": ""}

    def alive(self) -> bool:
        return self.beating

    def waiting_for(self) -> Mapping[str, str]:
        return self.parts


class Commands:
    """Keeps what was written; `reachable` says whether Kafka takes it."""

    def __init__(self) -> None:
        self.written: list[Command] = []
        self.reachable = True

    async def append(self, command: Command) -> int:
        if not self.reachable:
            raise UnreachableError("not connected to Kafka")
        self.written.append(command)
        return len(self.written) - 1


class Calls:
    """What stands on the audit topic, by offset; `refusal` says why it may not be read."""

    def __init__(self) -> None:
        self.refusal: Exception | None = None
        self.listed: list[CallRecord] = []
        self.asked: list[tuple[RunKey, int, int | None]] = []

    async def page(self, run: RunKey, since: LogTime, after: int | None, most: int) -> CallPage:
        if self.refusal:
            raise self.refusal
        self.asked.append((run, since, after))
        begin = after or 0
        rest = len(self.listed) > begin + most
        return CallPage(calls=tuple(self.listed[begin:][:most]), next=begin + most if rest else None)


class Bench:
    """An application and everything that it reads."""

    def __init__(
        self,
        comparisons: tuple[Comparison, ...] = COMPARISONS,
        *,
        api: bool = True,
        access: Access = LOOPBACK,
        exposition: Exposition | None = None,
        links: LinksSettings | None = None,
    ) -> None:
        self.view, self.health, self.commands, self.calls = View(), Health(), Commands(), Calls()
        clock = ManualClock(1_700_000_000.5)
        page = exposition or Exposition([], clock)
        reads = (self.view, comparisons, page, self.health, self.commands, self.calls, clock)
        context = Context(*reads, access, links or LinksSettings())
        self.app = create_app(context, api=api)

    def ask(self, path: str, method: str = "GET", **arguments: Any) -> httpx.Response:
        async def answer() -> httpx.Response:
            transport = httpx.ASGITransport(app=self.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
                return await client.request(method, path, **arguments)

        return asyncio.run(answer())


def seen(bench: Bench, *runs: str, environment: str = "integration", last: int = 20, **more: Any) -> None:
    """Let a partition report that spans of these runs have arrived."""
    lines = [{"environment": environment, "run": run, "last": last + place} for place, run in enumerate(runs)]
    tell(bench.view, "summary/0", {**summary_record(0), "runs": lines, **more})
