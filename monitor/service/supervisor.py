"""Keeps a part of the process running: rebuilds it when it fails or is stuck, and gives up after some times.

A part is judged by its progress, not by whether its task runs, since aiokafka's consumers can stop silently.
An unreachable broker is no failure: parts wait until it answers.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from monitor.base.backoff import FIRST_SECONDS, backoff_seconds
from monitor.base.clock import Clock
from monitor.base.errors import ConfigurationError, FlowdriftError
from monitor.telemetry.events import CRASHED, GAVE_UP, OVERDUE, STUCK, Reporter

REBUILDS = 3
"""Rebuilds of a part within `FORGIVEN_SECONDS`; the next failure ends the process."""

FORGIVEN_SECONDS = 3600.0
STUCK_SECONDS = 60.0
"""A part that has work and makes no progress for this time is stuck."""

LOOK_SECONDS = 1.0
DRAIN_SECONDS = 8.0
"""The time that a part has to drain (3 s) and to stop its clients (5 s) before it is cancelled."""

CANCEL_SECONDS = 1.0
"""The time that a cancelled part has to end; one that swallows the cancellation is left behind."""


class GaveUpError(Exception):
    """A part failed too often, or in a way that building it anew cannot mend."""


class Supervised(Protocol):
    """A part of the process that runs until it is asked to stop."""

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set, then drain and return; ConfigurationError where settings are wrong."""

    @property
    def waiting_for(self) -> str:
        """What it waits for; '' when it is ready."""

    @property
    def progress(self) -> int | None:
        """A number that grows with every step; None while it has no work, or none that can be judged."""


@dataclass(slots=True)
class Standstill:
    """For how long a part that has work has made no progress."""

    progress: int | None = None
    since: float = 0.0

    def seconds(self, progress: int | None, now: float) -> float:
        """Take note of the progress at `now`; 0 while it grows or the part has no work."""
        if progress is None or progress != self.progress:
            self.progress, self.since = progress, now
        return now - self.since


class Patience(NamedTuple):
    """Waiting times in seconds, shorter in tests. rebuild: before the first rebuild; it grows later."""

    stuck: float = STUCK_SECONDS
    look: float = LOOK_SECONDS
    drain: float = DRAIN_SECONDS
    rebuild: float = FIRST_SECONDS


PATIENT = Patience()


@dataclass(slots=True)
class Supervisor:
    """Runs one part, which `build` builds at the start and after each failure."""

    name: str
    build: Callable[[], Supervised]
    clock: Clock
    reporter: Reporter
    patience: Patience = PATIENT
    part: Supervised | None = None
    _rebuilt: list[float] = field(default_factory=list)

    @property
    def waiting_for(self) -> str:
        """What the part waits for; '' when it is ready."""
        return self.part.waiting_for if self.part else "start"

    async def run(self, stop: asyncio.Event) -> None:
        """Run until `stop`; ConfigurationError where the part raises it, GaveUpError after many failures."""
        while not stop.is_set():
            self.part = self.build()
            if await self._run_once(self.part, stop):
                return
            self._count_rebuild()
            with suppress(TimeoutError):
                async with asyncio.timeout(backoff_seconds(len(self._rebuilt), self.patience.rebuild)):
                    await stop.wait()

    async def _run_once(self, part: Supervised, stop: asyncio.Event) -> bool:
        """Run the part once; whether it ended because of `stop`."""
        own_stop = asyncio.Event()
        task = asyncio.create_task(part.run(own_stop), name=self.name)
        stuck = False
        try:
            stuck = await self._watch(part, task, stop)
        finally:
            own_stop.set()
            await end_task(task, self.patience.drain)
        self._judge(task, asked=stuck or stop.is_set())
        return stop.is_set()

    def _judge(self, task: asyncio.Task[None], *, asked: bool) -> None:
        """Report how the part ended; asked: by us. Raise where building it anew cannot help."""
        if not task.done():
            self.reporter.report(OVERDUE, part=self.name, cancelled=False)
        elif task.cancelled():
            self.reporter.report(OVERDUE, part=self.name, cancelled=True)
        elif isinstance(error := task.exception(), ConfigurationError):
            raise error
        elif isinstance(error, FlowdriftError) and not error.retriable:
            self.reporter.report(GAVE_UP, part=self.name, error=str(error))
            raise GaveUpError(self.name) from error
        elif error is not None:
            self.reporter.report(CRASHED, part=self.name, error=f"{type(error).__name__}: {error}")
        elif not asked:
            self.reporter.report(CRASHED, part=self.name, error="ended by itself")

    async def _watch(self, part: Supervised, task: asyncio.Task[None], stop: asyncio.Event) -> bool:
        """Wait until the part has ended or shall end (False), or is stuck (True)."""
        stopping = asyncio.create_task(stop.wait())
        standstill = Standstill(part.progress, self.clock.monotonic())
        try:
            while not task.done() and not stopping.done():
                await asyncio.wait(
                    {task, stopping}, timeout=self.patience.look, return_when=asyncio.FIRST_COMPLETED
                )
                still = standstill.seconds(part.progress, self.clock.monotonic())
                if still >= self.patience.stuck:
                    self.reporter.report(STUCK, part=self.name, seconds=round(still))
                    return True
            return False
        finally:
            stopping.cancel()

    def _count_rebuild(self) -> None:
        now = self.clock.monotonic()
        self._rebuilt = [then for then in self._rebuilt if now - then < FORGIVEN_SECONDS]
        if len(self._rebuilt) >= REBUILDS:
            self.reporter.report(GAVE_UP, part=self.name, error=f"{REBUILDS} rebuilds did not help")
            raise GaveUpError(self.name)
        self._rebuilt.append(now)


async def end_task(task: asyncio.Task[None], seconds: float) -> None:
    """Wait for `task`, then cancel it, then leave it behind; its error stays in the task."""
    done, _ = await asyncio.wait({task}, timeout=seconds)
    if not done:
        task.cancel()
        await asyncio.wait({task}, timeout=CANCEL_SECONDS)
