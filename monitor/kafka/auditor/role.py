"""The auditor's role; Faust (faust_app.py) gives membership, assignment, recovery of the table.

Not delivery: Faust loses live records at orderly restarts and takes some twice, so that the offset of every
record is checked and gaps are read from the log (folding.py). Its recovery of the table is good enough by
construction: an entry is a fact, 'the fold up to offset n is this', and one that is old or missing costs
reading more of the log, never correctness. Its commits mean nothing to us.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from contextlib import AsyncExitStack

import structlog
from aiokafka import AIOKafkaProducer, TopicPartition

from monitor.base.clock import Clock
from monitor.base.errors import FlowdriftError
from monitor.drift.judge import Alert
from monitor.kafka.auditor.checkpoints import entries_of, restored
from monitor.kafka.auditor.delivering import Delivery
from monitor.kafka.auditor.faust_app import LiveRecord, build_app
from monitor.kafka.auditor.folding import OwnedPartition
from monitor.kafka.auditor.owning import OwnerAtWork
from monitor.kafka.client.clients import STOP_SECONDS, admin, open_client, producer, stopped
from monitor.kafka.client.progress import AuditorProgress
from monitor.kafka.client.reader import LogReader
from monitor.kafka.client.tasks import until
from monitor.kafka.client.topics import Names, ensure_topics
from monitor.kafka.settings import KafkaSettings
from monitor.pipeline.fleet.owner import Owner

TICK_SECONDS, FOLLOW_SECONDS, FAUST_STOP_SECONDS = 0.25, 1.0, 10.0
REBUILDS, STEADY_SECONDS = 3, 600.0
_log = structlog.get_logger()


class Auditing:
    """The partitions of the flows topic that are ours, and everything that is done for them."""

    def __init__(
        self,
        settings: KafkaSettings,
        producer: AIOKafkaProducer,
        reader: LogReader,
        clock: Clock,
        checkpoint_every: float,
        standing: Mapping[str, bytes],
        on_alert: Callable[[Alert], None],
    ) -> None:
        self._settings, self._names, self._clock = settings, Names(settings.prefix), clock
        self._producer, self._reader = producer, reader
        self._checkpoint_every, self._standing = checkpoint_every, standing
        self._on_alert = on_alert
        self.owned: dict[int, OwnedPartition] = {}
        self.recovered_once = False
        self.failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def hear(self, record: LiveRecord) -> None:
        """A live record; what is not ours is not applied."""
        owned = self.owned.get(record.partition)
        if owned is not None:
            await owned.hear(record)

    def revoked(self) -> None:
        """Drop the state, write nothing: the new owner folds the same log."""
        for owned in self.owned.values():
            owned.gone.set()
        self.owned = {}

    def recovered(self, assigned: set[int], table: Iterable[tuple[bytes, bytes]]) -> None:
        """Restore what is ours from the table; without awaiting, and nobody else looks at our errors."""
        try:
            entries = list(table)
            for partition in sorted(assigned - self.owned.keys()):
                self.owned[partition] = self._restored(partition, entries)
            self.recovered_once = True
        except Exception as error:
            _log.exception("restore_failed")
            if not self.failed.done():
                self.failed.set_exception(error)
            raise

    def _restored(self, partition: int, table: list[tuple[bytes, bytes]]) -> OwnedPartition:
        flows = self._settings.flows
        entries = entries_of(partition, flows.shards, table)
        auditor = restored(partition, flows.shards, flows.partitions, entries)
        _log.info(
            "auditor_restored", partition=partition, entries=len(entries), next_offset=auditor.next_offset
        )
        return OwnedPartition(TopicPartition(self._names.flows, partition), auditor, self._reader)

    async def deliver(self) -> None:
        """Publish for every owned partition, until cancelled."""
        deliveries: dict[OwnedPartition, Delivery] = {}
        while True:
            await asyncio.sleep(TICK_SECONDS)
            owned = list(self.owned.values())
            deliveries = {one: deliveries.get(one) or self._delivery(one) for one in owned}
            await asyncio.gather(*(delivery.deliver() for delivery in deliveries.values()))

    def _delivery(self, owned: OwnedPartition) -> Delivery:
        every = self._checkpoint_every
        return Delivery(owned, self._producer, self._names, self._clock, every, self._on_alert)

    async def follow(self) -> None:
        """Read every partition to its end now and then: Faust may have lost its last records."""
        while True:
            for owned in list(self.owned.values()):
                await owned.follow()
            await asyncio.sleep(FOLLOW_SECONDS)

    async def own(self) -> None:
        """Decide what belongs to no single flow, while partition 0 is ours."""
        while True:
            first = self.owned.get(0)
            if first is None:
                await asyncio.sleep(TICK_SECONDS)
            else:
                owner = Owner(self._settings.flows.partitions)
                await OwnerAtWork(owner, self._producer, self._settings, self._clock, self._standing).run(
                    first.gone
                )

    async def faust(self) -> None:
        """Run the Faust app; FlowdriftError when it crashed, since nobody else acts on that."""
        app = build_app(self._settings, self)
        try:
            await app.start()
            await app.wait_until_stopped()
        finally:
            self.revoked()
            await stopped(app, FAUST_STOP_SECONDS)
        raise FlowdriftError("the stream processor ended by itself", code="auditor_crashed")

    async def failure(self) -> None:
        """Wait for an error that ends the role."""
        await self.failed


class AuditorRole:
    """Folds the partitions of the flows topic that the group gives us, and publishes what follows from them.

    standing: commands by subject that must be the newest of their subject (the settings). A checkpoint of
    every shard is written about every `checkpoint_every` seconds. on_alert: hears of every event that stands
    on the alerts topic; of some again after a restart.
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
        self._auditing: Auditing | None = None
        self._rebuilds = 0

    @property
    def ready(self) -> bool:
        """Assigned, restored, and once at the end of every partition."""
        auditing = self._auditing
        if auditing is None or not auditing.recovered_once:
            return False
        return all(owned.caught_up and owned.auditor.level for owned in auditing.owned.values())

    def progress(self) -> AuditorProgress:
        """How far each owned partition is."""
        owned = self._auditing.owned if self._auditing is not None else {}
        return AuditorProgress({n: one.auditor.next_offset for n, one in owned.items()}, self._rebuilds)

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set; what crashes is built anew, three times.

        Raises:
            ConfigurationError: a topic, a permission or a newer version's state forbids to go on.
            FlowdriftError: it crashed a fourth time.
        """
        while not stop.is_set():
            began = self._clock.monotonic()
            try:
                async with AsyncExitStack() as clients:
                    await until(stop, self._connect(clients))
                    await self._work(stop)
            except FlowdriftError as error:
                steady = self._clock.monotonic() - began > STEADY_SECONDS
                self._rebuilds = 1 if steady else self._rebuilds + 1
                if error.code != "auditor_crashed" or self._rebuilds > REBUILDS:
                    raise
                _log.exception("auditor_rebuilt", rebuilds=self._rebuilds)
            finally:
                self._auditing = None

    async def _connect(self, clients: AsyncExitStack) -> None:
        settings = self._settings
        asking = await open_client(clients, lambda: admin(settings))
        await ensure_topics(asking, settings)
        sending = await open_client(clients, lambda: producer(settings))
        reader = LogReader(settings, self._clock)
        clients.push_async_callback(reader.stop)
        self._auditing = Auditing(
            settings,
            sending,
            reader,
            self._clock,
            self._checkpoint_every,
            self._standing,
            self._on_alert,
        )

    async def _work(self, stop: asyncio.Event) -> None:
        auditing = self._auditing
        if auditing is None or stop.is_set():
            return
        await until(
            stop,
            auditing.faust(),
            auditing.deliver(),
            auditing.follow(),
            auditing.own(),
            auditing.failure(),
            patience=FAUST_STOP_SECONDS + STOP_SECONDS,
        )
