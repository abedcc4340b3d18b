"""Which source partitions this process owns; they are opened in tasks, so that no rebalance waits for us."""

import asyncio
from collections.abc import Iterable

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.abc import ConsumerRebalanceListener
from aiokafka.errors import KafkaError

from monitor.kafka.client.reader import RecordsGoneError
from monitor.kafka.client.retry import retry
from monitor.kafka.client.tasks import cancel_all
from monitor.kafka.observer.opening import Opener
from monitor.kafka.observer.partition import SourcePartition
from monitor.pipeline.defects import HalfFoldedError
from monitor.pipeline.observe.records import Refusal

COMMIT_SECONDS, TOPICS_SECONDS = 10.0, 5.0
_FAILURES = (KafkaError, OSError, TimeoutError, RecordsGoneError)
_log = structlog.get_logger()


class Membership(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka has no type information
    """Follows the rebalances of one consumer.

    open: the partitions that may be read now. failed: gets the error that ends the role. lost: records that
    retention deleted unread. defects: why partitions are left closed at which flowdrift itself fails.
    """

    def __init__(self, consumer: AIOKafkaConsumer, opener: Opener) -> None:
        self._consumer, self._opener = consumer, opener
        self.open: dict[TopicPartition, SourcePartition] = {}
        self.defects: dict[TopicPartition, str] = {}
        self.failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.ready = False
        self.lost = 0
        self._kept: dict[TopicPartition, SourcePartition] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def topics(self) -> set[str]:
        """The topics of which a partition is open."""
        return {tp.topic for tp in self.open}

    def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:  # noqa: ARG002 - always all of them
        """Close all partitions; one that is assigned again at once may go on from memory."""
        self.ready = False
        for task in self._tasks:
            task.cancel()
        for partition in self.open.values():
            partition.ours = False
        self._kept, self.open = self._kept | self.open, {}
        self.defects.clear()

    def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """Pause the assigned partitions, and open them in a task."""
        self._take_up(list(assigned))

    def reopen(self, partitions: Iterable[TopicPartition]) -> None:
        """Open partitions anew whose position is gone: retention deleted it, or the topic was recreated."""
        lost = [tp for tp in partitions if self.open.pop(tp, None) is not None]
        if lost:
            _log.warning("position_out_of_range", partitions=[f"{tp.topic}/{tp.partition}" for tp in lost])
            self._take_up(lost)

    async def follow_topics(self) -> None:
        """Open anew what belongs to a topic that was made again, until cancelled.

        Where the new log is longer than the old one no position is out of range, and nobody else notices.
        """
        while True:
            await asyncio.sleep(TOPICS_SECONDS)
            self.reopen(await self._opener.renewed(dict(self.open)))

    def pass_over(self, tp: TopicPartition, failed: HalfFoldedError) -> None:
        """Open a partition anew, from the log: its state is lost. The record that did it is passed unread.

        Where it was passed already, something else is at fault, and the partition stays closed.
        """
        place = f"{tp.topic}/{tp.partition}"
        _log.error("record_failed", source=place, offset=failed.offset, error=str(failed))
        unread = self._opener.unread.setdefault(tp, {})
        is_known = failed.offset in unread
        unread[failed.offset] = Refusal(failed.code, str(failed))
        closed = self.open.pop(tp, None)
        if closed is None:
            return
        closed.ours = False
        if is_known:
            self._consumer.pause(tp)
            self.defects[tp] = (
                f"{place} is not read on: {failed}, also without record {failed.offset}. What it holds waits "
                "in its topic: upgrade flowdrift, or go back to the release before"
            )
        else:
            self._take_up([tp])

    async def stop(self) -> None:
        """Cancel what is being opened, and open nothing any more."""
        self.ready = False
        await cancel_all(*self._tasks)
        self.failed.cancel()

    def _take_up(self, partitions: list[TopicPartition]) -> None:
        self._consumer.pause(*partitions)
        task = asyncio.ensure_future(self._opening(partitions))
        self._tasks.add(task)
        task.add_done_callback(self._opened)

    def _opened(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None and not self.failed.done():
            self.failed.set_exception(error)

    async def _opening(self, partitions: list[TopicPartition]) -> None:
        self._start_reading(await retry(lambda: self._places(partitions), _FAILURES, "opening_tried_again"))

    async def _places(self, partitions: list[TopicPartition]) -> dict[TopicPartition, SourcePartition]:
        opened = await self._opener.open(partitions, self._kept)
        await self._commit_openings({tp: p for tp, p in opened.items() if p is not self._kept.get(tp)})
        return opened

    async def _commit_openings(self, opened: dict[TopicPartition, SourcePartition]) -> None:
        """Commit before anything is read: after a crash a first start must not look like another one."""
        if opened:
            async with asyncio.timeout(COMMIT_SECONDS):
                await self._consumer.commit({tp: p.opening() for tp, p in opened.items()})

    def _start_reading(self, opened: dict[TopicPartition, SourcePartition]) -> None:
        for tp, partition in opened.items():
            self.lost += partition.count_lost()
            self._consumer.seek(tp, partition.observer.position)
            self.open[tp] = partition
            self._consumer.resume(tp)
        self._kept = {}
        self.ready = True
