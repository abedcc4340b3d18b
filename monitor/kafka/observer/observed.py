"""A source partition whose flows go to the flows topic."""

import asyncio
from functools import partial
from itertools import groupby
from operator import attrgetter

from aiokafka.errors import KafkaError

from monitor.kafka.client.clients import TOO_LARGE, TooLargeError
from monitor.kafka.client.retry import retry
from monitor.kafka.client.tasks import in_steps
from monitor.kafka.client.writing import Writer
from monitor.kafka.observer.partition import SourcePartition
from monitor.pipeline.observe.observer import Outgoing, SourceObserver

HEARTBEAT_SECONDS = 4.0
"""Each partition of the flows topic gets a record at least every 5 s (delivery, observer 4)."""


class ObservedPartition(SourcePartition):
    """Publishes what one `SourceObserver` has to say; for the arguments see `SourcePartition`."""

    observer: SourceObserver
    _published = 0

    async def publish(self, writer: Writer, topic: str, at_end: bool, partitions: int) -> None:
        """Send what is due and wait for its acknowledgement. partitions: of the source topic."""
        heartbeat = self._beats(HEARTBEAT_SECONDS)
        self._published = self.observer.flows
        outgoing = await in_steps(self.observer.publishing(at_end, partitions, heartbeat), self._clock)
        by_target = groupby(sorted(outgoing, key=attrgetter("target")), attrgetter("target"))
        await asyncio.gather(*(self._deliver(writer, topic, list(records)) for _, records in by_target))

    async def _deliver(self, writer: Writer, topic: str, records: list[Outgoing]) -> None:
        """Send one record after the other: one that is not acknowledged is sent again before the next."""
        for target, value in records:
            sending = partial(self._sent, writer, topic, target, value)
            try:
                if not await retry(sending, KafkaError, "flows_sent_again", topic=topic, partition=target):
                    return
            except TooLargeError:
                self.observer.too_large(target)
                return
            self.observer.acknowledged(target)

    async def _sent(self, writer: Writer, topic: str, target: int, value: bytes) -> bool:
        """Send a record; False without sending where this process no longer owns the partition."""
        if self.ours:
            try:
                await writer.send_and_wait(topic, value, partition=target)
            except TOO_LARGE as error:
                raise TooLargeError(len(value)) from error
        return self.ours

    @property
    def waiting(self) -> int:
        """Flows that closed since the last publication."""
        return self.observer.flows - self._published
