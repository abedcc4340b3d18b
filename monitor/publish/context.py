"""What the routes of the HTTP API read, and where they write."""

from collections.abc import Mapping
from typing import NamedTuple, Protocol

from monitor.base.clock import Clock
from monitor.base.run import RunKey
from monitor.base.units import LogTime
from monitor.drift.policy import Comparison
from monitor.drift.records.audit import CallPage
from monitor.pipeline.timeline.commands import Command
from monitor.publish.access import Access
from monitor.publish.exposition import Exposition
from monitor.publish.settings import LinksSettings
from monitor.publish.view import View


class Health(Protocol):
    """What the probes ask."""

    def alive(self) -> bool:
        """Whether the event loop makes progress."""

    def waiting_for(self) -> Mapping[str, str]:
        """For each part of this process what it waits for; '' where it is ready."""


class Commands(Protocol):
    """Where commands are written."""

    async def append(self, command: Command) -> int:
        """Write a command and return its number. Raises UnreachableError."""


class Calls(Protocol):
    """Where the calls of test runs are read."""

    async def page(self, run: RunKey, since: LogTime, after: int | None, most: int) -> CallPage:
        """Some calls of a run, from `after` on, else of those listed since (ms). Raises UnreachableError."""


class Context(NamedTuple):
    """Everything that the routes read; access: who may change anything."""

    view: View
    comparisons: tuple[Comparison, ...]
    exposition: Exposition
    health: Health
    commands: Commands
    calls: Calls
    clock: Clock
    access: Access
    links: LinksSettings = LinksSettings()
