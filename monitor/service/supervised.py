"""The roles of Kafka as parts that a supervisor can judge: ready or waiting, moving or with nothing to do."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Protocol

import orjson
from aiokafka.errors import KafkaError

from monitor.base.clock import Clock
from monitor.base.errors import UnreachableError
from monitor.base.units import LogTime
from monitor.kafka.client.clients import STOP_SECONDS
from monitor.kafka.client.commands import CommandLog
from monitor.kafka.client.tasks import until
from monitor.kafka.observer.beginning import policy_stands
from monitor.kafka.observer.role import ObserverRole
from monitor.kafka.settings import KafkaSettings
from monitor.pipeline.timeline.commands import Finish

APPEND_SECONDS = 5.0


class Ready(Protocol):
    """What auditors and readers of verdicts have in common."""

    @property
    def ready(self) -> bool:
        """Assigned and restored."""

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set."""


class Following:
    """A role that sees to its own progress: it reads its log to the end, or waits for the broker."""

    def __init__(self, role: Ready) -> None:
        self._role = role

    @property
    def waiting_for(self) -> str:
        """'' when ready."""
        return "" if self._role.ready else "Kafka: assignment, or state to be read"

    @property
    def progress(self) -> int | None:
        """Nothing that can be judged from outside."""
        return None

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set."""
        await self._role.run(stop)


class Observing(Following):
    """The observer: it has work where the log goes on beyond its position."""

    def __init__(self, role: ObserverRole, settings: KafkaSettings, clock: Clock) -> None:
        super().__init__(role)
        self._observer, self._settings, self._clock = role, settings, clock
        self._may_begin = False

    @property
    def waiting_for(self) -> str:
        """'' when ready."""
        return (
            super().waiting_for if self._may_begin else "Kafka, or the policy that an auditor appends first"
        )

    async def run(self, stop: asyncio.Event) -> None:
        """Observe until `stop` is set, once the flows topic has begun."""
        await until(stop, policy_stands(self._settings, self._clock))
        self._may_begin = True
        await super().run(stop)

    @property
    def progress(self) -> int | None:
        """The sum of its positions; None where nothing is left to read."""
        partitions = self._observer.progress().partitions.values()
        if all(part.end is None or part.position >= part.end for part in partitions):
            return None
        return sum(part.position for part in partitions)


class Hearing(Following):
    """The reader of verdicts, and beside it whoever looks at what it hears."""

    def __init__(self, role: Ready, beside: Callable[[], Coroutine[Any, Any, None]]) -> None:
        super().__init__(role)
        self._beside = beside

    async def run(self, stop: asyncio.Event) -> None:
        """Read and look until `stop` is set."""
        await until(stop, super().run(stop), self._beside(), patience=3 * STOP_SECONDS)


class Commanding:
    """The connection over which the API says that a run has ended."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        self._log: CommandLog | None = None

    @property
    def waiting_for(self) -> str:
        """'' when connected."""
        return "" if self._log else "Kafka: connection"

    @property
    def progress(self) -> None:
        """Commands are rare: nothing to judge."""
        return None

    async def run(self, stop: asyncio.Event) -> None:
        """Stay connected until `stop` is set."""
        await until(stop, self._hold())

    async def _hold(self) -> None:
        try:
            async with CommandLog(self._settings) as log:
                self._log = log
                await asyncio.Event().wait()
        finally:
            self._log = None

    async def finish(self, run: str, environment: str, at_ms: int) -> int:
        """Say that a run ended; the number of the command. UnreachableError when Kafka does not take it."""
        if self._log is None:
            raise UnreachableError("not connected to Kafka", code="not_connected")
        command = Finish(environment, run, LogTime(at_ms))
        try:
            async with asyncio.timeout(APPEND_SECONDS):
                return await self._log.append(command.subject, orjson.dumps(command.plain()))
        except (KafkaError, TimeoutError) as error:
            raise UnreachableError("Kafka did not take the command", code="not_written") from error
