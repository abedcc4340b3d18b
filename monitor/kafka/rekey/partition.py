"""A source partition whose spans go to the rekeyed topic."""

import asyncio
from collections import deque
from collections.abc import Iterable, Iterator
from functools import partial
from itertools import groupby
from operator import attrgetter
from typing import Any

import structlog
from aiokafka.errors import KafkaError

from monitor.kafka.client.clients import TOO_LARGE, TooLargeError
from monitor.kafka.client.retry import retry
from monitor.kafka.client.writing import Writer
from monitor.kafka.observer.offsets import Commit
from monitor.kafka.observer.partition import SourcePartition
from monitor.pipeline.rekey.pace import Pace
from monitor.pipeline.rekey.rekeyer import Rekeyer

HEARTBEAT_SECONDS = 1.0
"""Readers wait for the word of every source: this is what they lag behind at least."""
PORTION_BYTES, _OVERHEAD_BYTES = 900_000, 64
"""Of records sent in one batch, before compression; `_OVERHEAD_BYTES`: what a record has beside its value."""
_log = structlog.get_logger()


class RekeyedPartition(SourcePartition):
    """Publishes what one `Rekeyer` made; pace: of all sources; the rest is that of `SourcePartition`."""

    observer: Rekeyer
    _published = 0

    def __init__(self, pace: Pace, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._pace = pace

    async def publish(self, writer: Writer, topic: str, at_end: bool, partitions: int) -> None:
        """Send what waits and wait for its acknowledgement, then a heartbeat to every target.

        partitions: of the source topic.
        """
        rekeyer, self._published = self.observer, self.observer.made
        # What was read before this word is what is sent before it.
        word = rekeyer.heartbeat(self._idle.empty_at if at_end else 0, partitions)
        beat = word if self._beats(HEARTBEAT_SECONDS) else None
        waiting = {
            target: [each.value for each in records]
            for target, records in groupby(rekeyer.waiting(), attrgetter("target"))
        }
        await asyncio.gather(
            *(
                self._deliver(writer, topic, target, waiting.get(target, []), beat)
                for target in range(rekeyer.targets)
            )
        )

    @property
    def waits(self) -> bool:
        """Whether it is too far ahead of the slowest source."""
        return self._pace.is_ahead(self.observer.reached)

    def _at(self, offset: int) -> Commit:
        return super()._at(offset)._replace(log_time=self.observer.reached or 0)

    @property
    def waiting(self) -> int:
        """Records made since the last publication."""
        return self.observer.made - self._published

    async def _deliver(
        self, writer: Writer, topic: str, target: int, values: list[bytes], beat: bytes | None
    ) -> None:
        """Send portion after portion: one that is not acknowledged is sent again before the next."""
        portions = deque(in_portions(values))
        while portions and self.ours:
            portion = portions.popleft()
            sending = partial(self._sent, writer, topic, target, portion)
            try:
                taken = await retry(sending, KafkaError, "rekeyed_sent_again", topic=topic, partition=target)
            except TooLargeError:
                if len(portion) == 1:
                    self.observer.too_large(target)
                    return
                portions.extendleft([value] for value in reversed(portion))
            else:
                if rest := portion[taken:]:
                    portions.appendleft(rest)
        if beat is not None and self.ours:
            await self._beat(writer, topic, target, beat)

    async def _sent(self, writer: Writer, topic: str, target: int, portion: list[bytes]) -> int:
        """Send records in one batch, which a log takes whole or not at all; how many fitted into it."""
        if not self.ours:
            return 0
        try:
            taken = await writer.send_batch(topic, portion, partition=target)
        except TOO_LARGE as error:
            raise TooLargeError(sum(map(len, portion))) from error
        for _ in range(taken):
            self.observer.acknowledged(target)
        return taken

    async def _beat(self, writer: Writer, topic: str, target: int, word: bytes) -> None:
        """Send a heartbeat once: the next one says more."""
        try:
            await writer.send_and_wait(topic, word, partition=target)
        except KafkaError as error:
            _log.info("heartbeat_missed", partition=target, error=type(error).__name__)


def in_portions(values: Iterable[bytes]) -> Iterator[list[bytes]]:
    """The values in portions of at most `PORTION_BYTES`; one that is larger goes alone."""
    portion, size = list[bytes](), 0
    for value in values:
        added = len(value) + _OVERHEAD_BYTES
        if portion and size + added > PORTION_BYTES:
            yield portion
            portion, size = [], 0
        portion.append(value)
        size += added
    if portion:
        yield portion
