"""The observer's role: source topics -> flows topic, with commits of the low offset (delivery, Observer)."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from functools import partial
from typing import Any

import structlog
from aiokafka.errors import KafkaError

from monitor.base.clock import Clock
from monitor.kafka.client.acls import check, of_own_topics, of_sources
from monitor.kafka.client.clients import admin, group_consumer, open_client, producer
from monitor.kafka.client.progress import ObserverProgress
from monitor.kafka.client.reader import LogReader
from monitor.kafka.client.tasks import run_until
from monitor.kafka.client.topics import Names, ensure_topics, source_pattern
from monitor.kafka.client.writing import Writer
from monitor.kafka.observer.loops import ObserverLoops
from monitor.kafka.observer.membership import Membership
from monitor.kafka.observer.opening import Opener, OpenObserver
from monitor.kafka.observer.partition import Rejected
from monitor.kafka.observer.stage import Stage, observing
from monitor.kafka.settings import DEFAULT_CLUSTER, KafkaSettings

DRAIN_SECONDS = 3.0
BATCH_BYTES = 1_000_000
"""Of records that are sent together; our topics take more."""
_log = structlog.get_logger()


class ObserverRole:
    """Reads source partitions of one cluster, as a member of its stage's group, and publishes what they give.

    settings: of the cluster that is read, whose name is `cluster`. own: of the cluster with our own topics.
    stage: flows to the flows topic, or spans to the rekeyed topic. open_observer: builds what is fed with the
    records of a source partition. reread_ms: how much log time before the
    committed offset is read again at a start. on_rejected: receives every record that could not be decoded.
    No state has to survive a restart.
    """

    def __init__(  # noqa: PLR0913 - called by keyword, where a role is built
        self,
        settings: KafkaSettings,
        open_observer: OpenObserver,
        clock: Clock,
        *,
        reread_ms: int,
        on_rejected: Callable[[Rejected], None],
        publish_every_ms: int = 1000,
        cluster: str = DEFAULT_CLUSTER,
        own: KafkaSettings | None = None,
        stage: Callable[[Names], Stage] = observing,
    ) -> None:
        self._settings, self._names, self._clock = settings, Names(settings.prefix), clock
        self._cluster, self._own = cluster, own or settings
        self._stage = stage(self._names)
        self._open_observer, self._on_rejected = open_observer, on_rejected
        self._reread_ms, self._publish_seconds = reread_ms, publish_every_ms / 1000
        self._membership: Membership | None = None
        self._observing: ObserverLoops | None = None
        self._writer: Writer | None = None
        self._beside: Callable[[], Coroutine[Any, Any, None]] | None = None

    @property
    def ready(self) -> bool:
        """Whether every assigned partition is being read."""
        return self._membership is not None and self._membership.ready

    @property
    def wrong(self) -> list[str]:
        """What keeps it from its work, each with what to do."""
        defects = self._membership.defects.values() if self._membership is not None else ()
        return [*defects, *(self._writer.unwritten if self._writer is not None else ())]

    def progress(self) -> ObserverProgress:
        """How far each partition is read."""
        if self._membership is None or self._observing is None:
            return ObserverProgress({}, 0)
        return ObserverProgress(self._observing.progress(), self._membership.lost)

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set; then publish what is due, commit, and leave the group.

        Raises:
            ConfigurationError: a setting or a permission is wrong; after any other error it tries again.
        """
        async with AsyncExitStack() as clients:
            await run_until(stop, self._connect(clients))
            if not stop.is_set() and self._observing is not None and self._membership is not None:
                await self._work(stop, self._observing, self._membership)

    async def _connect(self, clients: AsyncExitStack) -> None:
        settings, own = self._settings, self._own
        preparing = await open_client(clients, lambda: admin(own))
        await ensure_topics(preparing, own)
        await check(preparing, of_own_topics(own))
        asking = preparing if own is settings else await open_client(clients, lambda: admin(settings))
        await check(asking, of_sources(settings))
        reader = LogReader(settings, self._clock)
        clients.push_async_callback(reader.stop)
        self._writer = Writer(await open_client(clients, lambda: producer(own, BATCH_BYTES)), self._clock)
        reading = await open_client(clients, lambda: group_consumer(settings, self._stage.group))
        opener = Opener(
            settings,
            asking,
            reader,
            self._open_observer,
            self._clock,
            self._reread_ms,
            self._cluster,
            self._stage,
        )
        self._membership = membership = Membership(reading, opener)
        if self._stage.beside is not None:
            self._beside = partial(self._stage.beside, asking, reader, lambda: membership.topics)
        self._observing = ObserverLoops(
            reading,
            self._writer,
            self._membership,
            self._stage.output,
            self._names.dead_letters,
            self._clock,
            self._on_rejected,
        )
        # Always a pattern, so that topics that do not exist yet are read when they appear.
        reading.subscribe(pattern=source_pattern(settings), listener=self._membership)

    async def _work(self, stop: asyncio.Event, observing: ObserverLoops, membership: Membership) -> None:
        try:
            publishing = observing.publish(self._publish_seconds)
            failing = _failure(membership.failed)
            beside = [membership.follow_topics(), *([self._beside()] if self._beside else [])]
            await run_until(stop, observing.fetch(), publishing, observing.bury(), failing, *beside)
            async with asyncio.timeout(DRAIN_SECONDS):
                await observing.bury_once()
                await observing.publish_once()
                await observing.give_back()
        except (KafkaError, TimeoutError) as error:
            _log.warning("drain_incomplete", error=type(error).__name__)
        finally:
            await membership.stop()
            self._membership = self._observing = self._writer = None


async def _failure(failed: "asyncio.Future[None]") -> None:
    await failed
