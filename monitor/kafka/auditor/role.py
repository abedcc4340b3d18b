"""The auditor's role: it folds partitions of the flows topic and publishes what follows from them."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack

from monitor.base.clock import Clock
from monitor.drift.records.alert import Alert
from monitor.kafka.auditor.owned_partitions import FAUST_STOP_SECONDS, OwnedPartitions
from monitor.kafka.client.acls import check, of_own_topics
from monitor.kafka.client.clients import STOP_SECONDS, admin, open_client, producer
from monitor.kafka.client.member_id import check_membership
from monitor.kafka.client.progress import AuditorProgress
from monitor.kafka.client.reader import LogReader
from monitor.kafka.client.tasks import run_until
from monitor.kafka.client.topics import Names, ensure_topics
from monitor.kafka.client.writing import Writer
from monitor.kafka.settings import KafkaSettings


class AuditorRole:
    """Folds the partitions of the flows topic that the group gives to this process, and publishes results.

    standing: commands by subject (the settings) that must be the newest of their subject. checkpoint_every:
    seconds within which every shard is written about once. on_alert: receives every event that the alerts
    topic has acknowledged, and some of them again after a restart.
    """

    def __init__(
        self,
        settings: KafkaSettings,
        clock: Clock,
        *,
        standing: Mapping[str, bytes] | None = None,
        checkpoint_every: float = 60.0,
        on_alert: Callable[[Alert], None] = lambda _: None,
    ) -> None:
        self._settings, self._clock = settings, clock
        self._standing, self._checkpoint_every = standing or {}, checkpoint_every
        self._on_alert = on_alert
        self._partitions: OwnedPartitions | None = None
        self._writer: Writer | None = None

    @property
    def ready(self) -> bool:
        """Whether all owned partitions are restored, have once been at their end, and go on."""
        partitions = self._partitions
        if partitions is None or not partitions.restored or partitions.stopped:
            return False
        return all(owned.caught_up and owned.auditor.level for owned in partitions.owned.values())

    def progress(self) -> AuditorProgress:
        """How far each owned partition is, and which of them stopped."""
        if self._partitions is None:
            return AuditorProgress({}, {})
        owned = self._partitions.owned.items()
        return AuditorProgress({n: one.auditor.next_offset for n, one in owned}, self._partitions.stopped)

    @property
    def wrong(self) -> list[str]:
        """What keeps it from its work, each with what to do."""
        own = self._partitions.unpublished if self._partitions is not None else []
        return [*own, *(self._writer.unwritten if self._writer is not None else ())]

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set.

        Raises:
            ConfigurationError: a topic or a permission forbids to go on.
            StreamProcessorEndedError: Faust ended; a new role may work.
        """
        try:
            async with AsyncExitStack() as clients:
                await run_until(stop, self._connect(clients))
                await self._work(stop)
        finally:
            self._partitions = self._writer = None

    async def _connect(self, clients: AsyncExitStack) -> None:
        settings = self._settings
        asking = await open_client(clients, lambda: admin(settings))
        await ensure_topics(asking, settings)
        await check(asking, of_own_topics(settings))
        await check_membership(asking, Names(settings.prefix).auditor)
        sending = await open_client(clients, lambda: producer(settings))
        self._writer = Writer(sending, self._clock)
        reader = LogReader(settings, self._clock)
        clients.push_async_callback(reader.stop)
        self._partitions = OwnedPartitions(
            settings,
            self._writer,
            reader,
            self._clock,
            self._checkpoint_every,
            self._standing,
            self._on_alert,
        )

    async def _work(self, stop: asyncio.Event) -> None:
        partitions = self._partitions
        if partitions is None or stop.is_set():
            return
        await run_until(
            stop,
            partitions.faust(),
            partitions.deliver(),
            partitions.follow(),
            partitions.restore(),
            partitions.mend(),
            partitions.read_notes(),
            partitions.own(),
            patience=FAUST_STOP_SECONDS + STOP_SECONDS,
        )
