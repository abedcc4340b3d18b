"""Keeps the parts of a process running: rebuilds what is stuck or failed, and says when that is hopeless.

A part is judged by its progress, not by whether its task is alive (aiokafka's consumers can stop silently).
An unreachable broker is no failure: parts wait it out themselves.
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
"""So many rebuilds of one part within `FORGIVEN_SECONDS`; the next failure ends the process."""

FORGIVEN_SECONDS = 3600.0
STUCK_SECONDS = 60.0
"""A part that has work and does not move for so long is stuck."""

LOOK_SECONDS = 1.0
DRAIN_SECONDS = 8.0
"""What a part gets to drain and to stop its clients before it is cancelled: 3 s and 5 s."""

CANCEL_SECONDS = 1.0
"""What a cancelled part gets; one that swallows the cancellation is left behind."""


class HopelessError(Exception):
    """A part failed more often than `REBUILDS`."""


class Part(Protocol):
    """Something that runs until it is told to stop."""

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set, then drain and return. ConfigurationError: nothing helps but a person."""

    @property
    def waiting_for(self) -> str:
        """What it waits for before it is ready; '' when it is."""

    @property
    def progress(self) -> int | None:
        """Grows with every step; None while there is nothing to do or nobody to ask."""


@dataclass(slots=True)
class Stillness:
    """How long a part that has work has not moved."""

    progress: int | None = None
    since: float = 0.0

    def seconds(self, progress: int | None, now: float) -> float:
        """Fold one look at the part; 0 while it moves or has nothing to do."""
        if progress is None or progress != self.progress:
            self.progress, self.since = progress, now
        return now - self.since


class Patience(NamedTuple):
    """How long to wait; tests use less of it. rebuild: before the first rebuild, later ones wait longer."""

    stuck: float = STUCK_SECONDS
    look: float = LOOK_SECONDS
    drain: float = DRAIN_SECONDS
    rebuild: float = FIRST_SECONDS


PATIENT = Patience()


@dataclass(slots=True)
class Supervisor:
    """Runs one part, built anew by `build` whenever it must be."""

    name: str
    build: Callable[[], Part]
    clock: Clock
    reporter: Reporter
    patience: Patience = PATIENT
    part: Part | None = None
    _rebuilt: list[float] = field(default_factory=list)

    @property
    def waiting_for(self) -> str:
        """What the part waits for; '' when it is ready."""
        return self.part.waiting_for if self.part else "start"

    async def run(self, stop: asyncio.Event) -> None:
        """Run until `stop`; ConfigurationError as the part raises it, HopelessError after many failures."""
        while not stop.is_set():
            self.part = self.build()
            if await self._one_life(self.part, stop):
                return
            self._count_rebuild()
            with suppress(TimeoutError):
                async with asyncio.timeout(backoff_seconds(len(self._rebuilt), self.patience.rebuild)):
                    await stop.wait()

    async def _one_life(self, part: Part, stop: asyncio.Event) -> bool:
        """Whether the part ended because it was told to."""
        own_stop = asyncio.Event()
        task = asyncio.create_task(part.run(own_stop), name=self.name)
        stuck = False
        try:
            stuck = await self._watch(part, task, stop)
        finally:
            own_stop.set()
            await end(task, self.patience.drain)
        self._judge(task, told=stuck or stop.is_set())
        return stop.is_set()

    def _judge(self, task: asyncio.Task[None], *, told: bool) -> None:
        """Tell how a life ended; raise what only a person can mend."""
        if not task.done():
            self.reporter.tell(OVERDUE, part=self.name, cancelled=False)
        elif task.cancelled():
            self.reporter.tell(OVERDUE, part=self.name, cancelled=True)
        elif isinstance(error := task.exception(), ConfigurationError):
            raise error
        elif isinstance(error, FlowdriftError) and not error.retriable:
            self.reporter.tell(GAVE_UP, part=self.name, error=str(error))
            raise HopelessError(self.name) from error
        elif error is not None:
            self.reporter.tell(CRASHED, part=self.name, error=f"{type(error).__name__}: {error}")
        elif not told:
            self.reporter.tell(CRASHED, part=self.name, error="ended by itself")

    async def _watch(self, part: Part, task: asyncio.Task[None], stop: asyncio.Event) -> bool:
        """Return when the part ended or shall end (False), or when it is stuck (True)."""
        stopping = asyncio.create_task(stop.wait())
        stillness = Stillness(part.progress, self.clock.monotonic())
        try:
            while not task.done() and not stopping.done():
                await asyncio.wait(
                    {task, stopping}, timeout=self.patience.look, return_when=asyncio.FIRST_COMPLETED
                )
                still = stillness.seconds(part.progress, self.clock.monotonic())
                if still >= self.patience.stuck:
                    self.reporter.tell(STUCK, part=self.name, seconds=round(still))
                    return True
            return False
        finally:
            stopping.cancel()

    def _count_rebuild(self) -> None:
        now = self.clock.monotonic()
        self._rebuilt = [then for then in self._rebuilt if now - then < FORGIVEN_SECONDS]
        if len(self._rebuilt) >= REBUILDS:
            self.reporter.tell(GAVE_UP, part=self.name, error=f"{REBUILDS} rebuilds did not help")
            raise HopelessError(self.name)
        self._rebuilt.append(now)


async def end(task: asyncio.Task[None], seconds: float) -> None:
    """Wait for `task`, then cancel it, then leave it behind; what it raises is left in the task."""
    done, _ = await asyncio.wait({task}, timeout=seconds)
    if not done:
        task.cancel()
        await asyncio.wait({task}, timeout=CANCEL_SECONDS)
