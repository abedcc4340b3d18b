"""The observer's two loops: read and fold, publish and commit."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import (
    GroupAuthorizationFailedError,
    KafkaError,
    NoOffsetForPartitionError,
    OffsetOutOfRangeError,
    TopicAuthorizationFailedError,
)

from monitor.base.clock import Clock
from monitor.base.errors import ConfigurationError
from monitor.kafka.client.progress import PartitionProgress
from monitor.kafka.client.reader import UNREADABLE
from monitor.kafka.client.retry import retry
from monitor.kafka.client.tasks import in_slices
from monitor.kafka.observer.membership import Membership
from monitor.kafka.observer.partition import Rejected, SourcePartition
from monitor.kafka.observer.unreadable import step_over

POLL_MS = 200
BEHIND_LOOK_SECONDS, SEEK_SECONDS, COMMIT_SECONDS = 0.5, 0.05, 10.0
BEHIND_SECONDS = 5.0
"""Reading pauses while records wait longer than this for their acknowledgement, to bound memory."""
PLENTY_FLOWS = 1000
"""More waiting flows are sent before the interval ends: encoding them blocks the loop for some 50 ms."""
_log = structlog.get_logger()


class ObserverLoops:
    """Reads and publishes the partitions that a membership holds open, with one consumer and one producer."""

    def __init__(
        self,
        consumer: AIOKafkaConsumer,
        producer: AIOKafkaProducer,
        membership: Membership,
        flows_topic: str,
        clock: Clock,
        on_rejected: Callable[[Rejected], None],
    ) -> None:
        self._consumer, self._producer, self._membership = consumer, producer, membership
        self._flows_topic, self._clock, self._on_rejected = flows_topic, clock, on_rejected
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
                    await in_slices(records, opened[tp].fold, self._clock)
            self._note_answers()
            # After the answers, because idle time can decide on records that were held back.
            for partition in self._membership.open.values():
                partition.report_rejected(self._on_rejected)
                if partition.waiting_flows > PLENTY_FLOWS:
                    self._plenty.set()

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

    def progress(self) -> dict[str, PartitionProgress]:
        """How far each open partition is, by 'topic/partition'."""
        return {
            f"{tp.topic}/{tp.partition}": PartitionProgress(
                p.observer.position, self._highwater(tp), p.commit.offset, p.records, p.bytes
            )
            for tp, p in self._membership.open.items()
        }

    async def _batches(self) -> dict[TopicPartition, list[Any]]:
        try:
            batches: dict[TopicPartition, list[Any]] = await self._consumer.getmany(timeout_ms=POLL_MS)
        except UNREADABLE:
            # Before KafkaError, of which one of these is a kind: asking again would fail for ever.
            await step_over(self._consumer, dict(self._membership.open))
        except NoOffsetForPartitionError:
            await asyncio.sleep(SEEK_SECONDS)  # our own seek is under way
        except OffsetOutOfRangeError as error:
            self._membership.reopen(error.args[0])
        except (TopicAuthorizationFailedError, GroupAuthorizationFailedError) as error:
            raise ConfigurationError(f"not permitted: Read on {error}", code="not_permitted") from error
        else:
            return batches
        return {}

    def _behind(self) -> bool:
        since = self._sending_since
        return since is not None and self._clock.monotonic() - since > BEHIND_SECONDS

    def _note_answers(self) -> None:
        for tp, partition in self._membership.open.items():
            if tp in self._consumer.assignment():
                partition.answered(self._consumer.last_poll_timestamp(tp), self._at_end(tp, partition))

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
        await partition.publish(self._producer, self._flows_topic, self._at_end(tp, partition), count)

    async def _commit(self) -> None:
        due = {tp: o for tp, p in self._membership.open.items() if (o := p.due_commit()) is not None}
        if not due:
            return
        try:
            async with asyncio.timeout(COMMIT_SECONDS):
                await self._consumer.commit(due)
        except (KafkaError, TimeoutError) as error:
            # A rebalance or an outage: a low offset stays true, and is committed by the next owner.
            _log.info("commit_missed", error=type(error).__name__)
            return
        for tp, offset in due.items():
            if tp in self._membership.open:
                self._membership.open[tp].committed(offset.offset)
