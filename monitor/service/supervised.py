"""The roles of Kafka as a supervisor sees them: ready or waiting, making progress or without work."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Protocol

import orjson
from aiokafka.errors import KafkaError

from monitor.base.clock import Clock
from monitor.base.errors import UnreachableError
from monitor.kafka.auditor.calls import CallReader
from monitor.kafka.auditor.role import AuditorRole
from monitor.kafka.client.clients import STOP_SECONDS
from monitor.kafka.client.commands import CommandLog
from monitor.kafka.client.member_id import MemberId
from monitor.kafka.client.progress import PartitionProgress
from monitor.kafka.client.tasks import cancel_all, run_until
from monitor.kafka.client.watch import Watch
from monitor.kafka.observer.role import ObserverRole
from monitor.kafka.observer.waiting import wait_for_auditors, wait_for_policy
from monitor.kafka.settings import KafkaSettings
from monitor.pipeline.timeline.commands import Command

APPEND_SECONDS = 5.0
_POLICY = "Kafka, or the policy that an auditor appends first"
_AUDITORS = "auditors of an older release, which cannot read what this one writes: upgrade them first"


class Role(Protocol):
    """What all roles of Kafka have in common."""

    @property
    def ready(self) -> bool:
        """Whether its partitions are assigned and their state is restored."""

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set."""


class SupervisedRole:
    """A role whose progress cannot be judged from outside: it reads its log to the end by itself."""

    def __init__(self, role: Role) -> None:
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


class SupervisedMember(SupervisedRole):
    """A role that is a member of a consumer group: it waits while another process has its static id."""

    def __init__(self, role: Role, member: MemberId) -> None:
        super().__init__(role)
        self._member = member

    @property
    def waiting_for(self) -> str:
        """'' when ready."""
        return self._member.taken or super().waiting_for

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set, whenever its id is free."""
        is_over = False
        while not is_over:
            await run_until(stop, self._member.free())
            is_over = stop.is_set() or not await self._run_until_lost(stop)

    async def _run_until_lost(self, stop: asyncio.Event) -> bool:
        """Work until `stop` is set or the id is lost; False where the role ended by itself."""
        end = asyncio.Event()

        watching = [asyncio.ensure_future(waits) for waits in (stop.wait(), self._member.lost())]
        for each in watching:
            each.add_done_callback(lambda one: None if one.cancelled() else end.set())
        try:
            await super().run(end)
        finally:
            await cancel_all(*watching)
        return end.is_set()


class SupervisedAuditor(SupervisedMember):
    """The auditor: a partition that stopped before what a newer release wrote waits for an upgrade."""

    def __init__(self, role: AuditorRole, member: MemberId) -> None:
        super().__init__(role, member)
        self._auditor = role

    @property
    def waiting_for(self) -> str:
        """'' when ready."""
        wrong = (*self._auditor.progress().stopped.values(), *self._auditor.wrong)
        return "; ".join(wrong) or super().waiting_for


class SupervisedReader(SupervisedMember):
    """What reads source partitions: it has work where the log goes on beyond its position."""

    def __init__(self, role: ObserverRole, member: MemberId) -> None:
        super().__init__(role, member)
        self._reader = role

    @property
    def waiting_for(self) -> str:
        """'' when ready."""
        partitions = self._reader.progress().partitions.values()
        held_back = (part.held_back for part in partitions if part.held_back)
        return "; ".join((*held_back, *self._reader.wrong)) or super().waiting_for

    @property
    def progress(self) -> int | None:
        """The sum of its positions; None where nothing is left that may be read."""
        partitions = self._reader.progress().partitions.values()
        if not any(_is_due(part) for part in partitions):
            return None
        return sum(part.position for part in partitions)


def _is_due(part: PartitionProgress) -> bool:
    """Whether there is something that may be read now."""
    return not (part.held_back or part.waits or part.end is None or part.position >= part.end)


class SupervisedObserver(SupervisedReader):
    """The observer: it begins once the flows topic holds the policy and no auditor of an older release works.

    beside_auditor: whether its process has an auditor, too. Then it counts as ready while it waits for older
    auditors: the rollout that replaces them goes on only when this process is ready.
    """

    def __init__(
        self,
        role: ObserverRole,
        member: MemberId,
        settings: KafkaSettings,
        clock: Clock,
        *,
        beside_auditor: bool,
    ) -> None:
        super().__init__(role, member)
        self._settings, self._clock = settings, clock
        self._beside_auditor = beside_auditor
        self._begun = False
        self._first = _POLICY

    @property
    def waiting_for(self) -> str:
        """'' when ready."""
        return super().waiting_for if self._begun else self._first

    async def run(self, stop: asyncio.Event) -> None:
        """Observe until `stop` is set, once it may begin."""
        await run_until(stop, self._begin())
        await super().run(stop)

    async def _begin(self) -> None:
        await wait_for_policy(self._settings, self._clock)
        await wait_for_auditors(self._settings, self._note_older_auditors)
        self._begun = True

    def _note_older_auditors(self) -> None:
        self._first = "" if self._beside_auditor else _AUDITORS


class SupervisedVerdicts(SupervisedRole):
    """The reader of verdicts, and beside it `beside`, which looks at what was read."""

    def __init__(self, role: Role, beside: Callable[[], Coroutine[Any, Any, None]]) -> None:
        super().__init__(role)
        self._beside = beside

    async def run(self, stop: asyncio.Event) -> None:
        """Read and look until `stop` is set."""
        await run_until(stop, super().run(stop), self._beside(), patience=3 * STOP_SECONDS)


class SupervisedCommands:
    """The connection over which the API says that a run begins or has ended."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        self._log: CommandLog | None = None

    @property
    def waiting_for(self) -> str:
        """'' when connected."""
        return "" if self._log else "Kafka: connection"

    @property
    def progress(self) -> None:
        """Commands are rare: there is nothing to judge."""
        return None

    async def run(self, stop: asyncio.Event) -> None:
        """Stay connected until `stop` is set."""
        await run_until(stop, self._hold())

    async def _hold(self) -> None:
        try:
            async with CommandLog(self._settings) as log:
                self._log = log
                await asyncio.Event().wait()
        finally:
            self._log = None

    async def append(self, command: Command) -> int:
        """Write a command and return its number. UnreachableError when Kafka does not take it."""
        if self._log is None:
            raise UnreachableError("not connected to Kafka", code="not_connected")
        try:
            async with asyncio.timeout(APPEND_SECONDS):
                return await self._log.append(command.subject, orjson.dumps(command.plain()))
        except (KafkaError, TimeoutError) as error:
            raise UnreachableError("Kafka did not take the command", code="not_written") from error


class SupervisedCalls:
    """The reader of the audit topic, which connects when it is asked first."""

    waiting_for = ""
    progress = None

    def __init__(self, reader: CallReader) -> None:
        self._reader = reader

    async def run(self, stop: asyncio.Event) -> None:
        """Stay until `stop` is set, then disconnect."""
        await stop.wait()
        await self._reader.stop()


class SupervisedWatch:
    """The look at a cluster: what is wrong there keeps the process from being ready."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch

    @property
    def waiting_for(self) -> str:
        """'' where nothing is wrong."""
        wrong = self._watch.wrong
        return "Kafka: a first look" if wrong is None else "; ".join(wrong.values())

    @property
    def progress(self) -> None:
        """There is nothing to judge: a broker may be away for hours."""
        return None

    async def run(self, stop: asyncio.Event) -> None:
        """Look until `stop` is set."""
        await self._watch.run(stop)
