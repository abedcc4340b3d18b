"""The observer's two loops: read and fold, publish and commit."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import (
    GroupAuthorizationFailedError,
    KafkaError,
    NoOffsetForPartitionError,
    OffsetOutOfRangeError,
    TopicAuthorizationFailedError,
)
from aiokafka.structs import OffsetAndMetadata

from monitor.base.clock import Clock
from monitor.base.permission import named_in, not_permitted
from monitor.kafka.client.progress import PartitionProgress
from monitor.kafka.client.retry import retry
from monitor.kafka.client.tasks import in_steps
from monitor.kafka.client.writing import Writer
from monitor.kafka.observer.membership import Membership
from monitor.kafka.observer.partition import Rejected, SourcePartition
from monitor.kafka.observer.trials import Mark
from monitor.pipeline.defects import HalfFoldedError

POLL_MS = 200
BEHIND_LOOK_SECONDS, SEEK_SECONDS, COMMIT_SECONDS = 0.5, 0.05, 10.0
BURY_SECONDS = 0.5
BEHIND_SECONDS = 5.0
"""Reading pauses while records wait longer than this for their acknowledgement, to bound memory."""
PLENTY = 1000
"""More waiting flows are sent before the interval ends: encoding them blocks the loop for some 50 ms."""
_log = structlog.get_logger()


class ObserverLoops:
    """Reads and publishes the partitions that a membership holds open, with one consumer and one writer."""

    def __init__(
        self,
        consumer: AIOKafkaConsumer,
        writer: Writer,
        membership: Membership,
        output: str,
        dead_letters: str,
        clock: Clock,
        on_rejected: Callable[[Rejected], None],
    ) -> None:
        self._consumer, self._writer, self._membership = consumer, writer, membership
        self._output, self._dead_letters = output, dead_letters
        self._clock, self._on_rejected = clock, on_rejected
        self._sending_since: float | None = None
        self._plenty = asyncio.Event()

    async def fetch(self) -> None:
        """Read and fold, until cancelled."""
        while True:
            if self._behind():
                await asyncio.sleep(BEHIND_LOOK_SECONDS)
                continue
            batches = await retry(self._batches, KafkaError, "fetch_tried_again")
            # No other task runs between aiokafka's return and this line, so these records follow the last
            # seek of every partition that is open now. Records from before a seek are dropped.
            opened = dict(self._membership.open)
            for tp, records in batches.items():
                if tp in opened and opened[tp] is self._membership.open.get(tp):
                    await self._fold(tp, opened[tp], records)
            await self._note_answers()
            # After the answers, because idle time can decide on records that were held back.
            for tp, partition in self._membership.open.items():
                partition.report_rejected(self._on_rejected)
                self._hold_back(tp, partition)
                if partition.waiting > PLENTY:
                    self._plenty.set()

    async def _fold(self, tp: TopicPartition, partition: SourcePartition, records: list[Any]) -> None:
        try:
            for portion in partition.trials.portions(records):
                if portion.mark:
                    await self._try_commit({tp: partition.marked(portion.mark)})
                await in_steps(partition.folding(portion.records), self._clock)
        except HalfFoldedError as failed:
            self._membership.pass_over(tp, failed)
        if partition.trials.are_on and self._membership.open.get(tp) is partition:
            await self._try_commit({tp: partition.marked(Mark())})

    def _hold_back(self, tp: TopicPartition, partition: SourcePartition) -> None:
        """Pause a partition that must not be read on, and resume one that may again."""
        reason, is_paused = partition.held_back, tp in self._consumer.paused()
        must_pause = bool(reason) or partition.waits
        if must_pause and not is_paused:
            if reason:
                _log.error("partition_held_back", reason=reason)
            self._consumer.pause(tp)
        elif is_paused and not must_pause:
            self._consumer.resume(tp)

    async def publish(self, every_seconds: float) -> None:
        """Publish and commit at this interval, earlier when there is plenty to send, until cancelled."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(every_seconds):
                    await self._plenty.wait()
            self._plenty.clear()
            await self.publish_once()

    async def publish_once(self) -> None:
        """Send what is due, wait for the acknowledgements, commit the low offsets that grew."""
        self._sending_since = self._clock.monotonic()
        await asyncio.gather(
            *(self._publish(tp, partition) for tp, partition in self._membership.open.items())
        )
        self._sending_since = None
        await self._commit()

    async def bury(self) -> None:
        """Send dead letters until cancelled; beside flows, which do not wait for them."""
        while True:
            await asyncio.sleep(BURY_SECONDS)
            await self.bury_once()

    async def bury_once(self) -> None:
        """Send the dead letters that wait, once. They hold the low offset, many of them their partition."""
        topic, opened = self._dead_letters, list(self._membership.open.values())
        done = await asyncio.gather(
            *(partition.bury(self._writer, topic) for partition in opened), return_exceptions=True
        )
        for error in filter(None, done):
            if not isinstance(error, KafkaError):
                raise error
            _log.warning("dead_letters_wait", topic=topic, error=str(error))

    def progress(self) -> dict[str, PartitionProgress]:
        """How far each open partition is, by 'topic/partition'."""
        return {
            f"{tp.topic}/{tp.partition}": PartitionProgress(
                p.observer.position,
                self._highwater(tp),
                p.commit.offset,
                p.records,
                p.bytes,
                p.held_back,
                p.waits,
            )
            for tp, p in self._membership.open.items()
        }

    async def _batches(self) -> dict[TopicPartition, list[Any]]:
        try:
            batches: dict[TopicPartition, list[Any]] = await self._consumer.getmany(timeout_ms=POLL_MS)
        except NoOffsetForPartitionError:
            await asyncio.sleep(SEEK_SECONDS)  # our own seek is under way
        except OffsetOutOfRangeError as error:
            self._membership.reopen(error.args[0])
        except TopicAuthorizationFailedError as error:
            raise not_permitted("topic", named_in(error), "Read") from error
        except GroupAuthorizationFailedError as error:
            raise not_permitted("group", named_in(error), "Read") from error
        else:
            return batches
        return {}

    def _behind(self) -> bool:
        since = self._sending_since
        return since is not None and self._clock.monotonic() - since > BEHIND_SECONDS

    async def _note_answers(self) -> None:
        for tp, partition in list(self._membership.open.items()):
            if tp in self._consumer.assignment() and self._membership.open.get(tp) is partition:
                stamp_ms, is_at_end = self._consumer.last_poll_timestamp(tp), self._at_end(tp, partition)
                try:
                    await in_steps(partition.answered(stamp_ms, is_at_end), self._clock)
                except HalfFoldedError as failed:
                    self._membership.pass_over(tp, failed)

    def _at_end(self, tp: TopicPartition, partition: SourcePartition) -> bool:
        end = self._highwater(tp)
        return end is not None and partition.observer.position >= end

    def _highwater(self, tp: TopicPartition) -> int | None:
        if tp not in self._consumer.assignment():
            return None
        end: int | None = self._consumer.highwater(tp)
        return end

    async def _publish(self, tp: TopicPartition, partition: SourcePartition) -> None:
        count = len(self._consumer.partitions_for_topic(tp.topic) or ()) or 1
        try:
            await partition.publish(self._writer, self._output, self._at_end(tp, partition), count)
        except HalfFoldedError as failed:
            self._membership.pass_over(tp, failed)

    async def _commit(self) -> None:
        due = {tp: o for tp, p in self._membership.open.items() if (o := p.due_commit()) is not None}
        if await self._try_commit(due):
            for tp, offset in due.items():
                if tp in self._membership.open:
                    self._membership.open[tp].committed(offset.offset)

    async def give_back(self) -> None:
        """Say that every partition ends in order."""
        opened = self._membership.open
        await self._try_commit({tp: said for tp, p in opened.items() if (said := p.given_back())})

    async def _try_commit(self, offsets: Mapping[TopicPartition, OffsetAndMetadata]) -> bool:
        """Commit, if there is anything; whether Kafka took it."""
        if not offsets:
            return False
        try:
            async with asyncio.timeout(COMMIT_SECONDS):
                await self._consumer.commit(offsets)
        except (KafkaError, TimeoutError) as error:
            # A rebalance or an outage: a low offset stays true, and is committed by the next owner.
            _log.info("commit_missed", error=type(error).__name__)
            return False
        return True
