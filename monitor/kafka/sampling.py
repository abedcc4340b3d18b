"""Reads a sample of source partitions, a window after the other, as `pipeline.inspect.windows` deals them."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from itertools import zip_longest
from typing import Any, TypeVar

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import TopicAuthorizationFailedError

from monitor.base.clock import Clock
from monitor.kafka.client.unpacking import damage_of
from monitor.pipeline.inspect.inspection import SampledRecord
from monitor.pipeline.inspect.windows import MOMENTS, Window, moments, windows
from monitor.pipeline.observe.records import UNREADABLE

FETCH_BYTES = 256 * 1024
"""Of a partition this many come at once: a window is small, and what comes beyond it is thrown away."""
POLL_MS = 500
IDLE_SECONDS = 5.0
"""A partition of which nothing comes for so long is left as it is."""
K = TypeVar("K")
Ranges = Mapping[TopicPartition, Window]


class SampleReader:
    """Shows `visit` the records of a sample; `sampled` counts them by topic.

    refused: topics that the broker does not let us read after all.
    """

    def __init__(
        self, reading: AIOKafkaConsumer, clock: Clock, visit: Callable[[SampledRecord], None]
    ) -> None:
        self._reading, self._clock, self._visit = reading, clock, visit
        self.sampled: Counter[str] = Counter()
        self.refused: set[str] = set()
        self._given_up: set[TopicPartition] = set()

    async def read(self, records: int, held: Ranges) -> None:
        """Read about `count` of what is held, evenly over the partitions."""
        wanted = quotas({each: stop - start for each, (start, stop) in held.items()}, records)
        found = await self._found({each for each, many in wanted.items() if _len(held[each]) > many})
        places = {
            each: windows(*held[each], many, found.get(each, ()), each.partition)
            for each, many in wanted.items()
            if many
        }
        for row in zip_longest(*places.values()):
            now = {each: window for each, window in zip(places, row, strict=True) if window}
            if ranges := {each: window for each, window in now.items() if each not in self._given_up}:
                self._given_up |= await self._read(ranges)

    async def _found(self, partitions: set[TopicPartition]) -> dict[TopicPartition, list[int]]:
        """The offsets at which the moments of each partition begin."""
        counts = Counter(each.topic for each in partitions)
        now_ms = int(self._clock.now() * 1000)
        times = {each: moments(each.partition, counts[each.topic], now_ms) for each in partitions}
        found: dict[TopicPartition, list[int]] = {each: [] for each in partitions}
        for number in range(MOMENTS if partitions else 0):
            asked = {each: max(0, of_partition[number]) for each, of_partition in times.items()}
            for each, place in (await self._reading.offsets_for_times(asked)).items():
                found[each] += [place.offset] if place is not None else []
        return found

    async def _read(self, ranges: Ranges) -> set[TopicPartition]:
        """Read a window of every partition; those of which nothing comes, or may not be read."""
        left = dict(ranges)
        self._reading.assign(list(left))
        for partition, (start, _) in left.items():
            self._reading.seek(partition, start)
        since = self._clock.monotonic()
        while left and self._clock.monotonic() - since < IDLE_SECONDS:
            try:
                batch = await self._reading.getmany(*left, timeout_ms=POLL_MS)
            except TopicAuthorizationFailedError as error:
                self.refused |= set(error.args[0] if error.args else ()) or {each.topic for each in left}
                left = {each: window for each, window in left.items() if each.topic not in self.refused}
                continue
            for partition, fetched in batch.items():
                await self._show(partition, fetched, left[partition].stop)
                since = self._clock.monotonic()
            left = {each: window for each, window in left.items() if await self._position(each) < window.stop}
        return {each for each in ranges if each in left or each.topic in self.refused}

    async def _position(self, partition: TopicPartition) -> int:
        position: int = await self._reading.position(partition)
        return position

    async def _show(self, partition: TopicPartition, fetched: Iterable[Any], stop: int) -> None:
        for record in fetched:
            await asyncio.sleep(0)  # decoding takes long, and the connections want to live on
            if record.offset < stop:
                self.sampled[partition.topic] += 1
                self._visit(_sampled(partition, record))


def _sampled(partition: TopicPartition, record: Any) -> SampledRecord:
    """A record of aiokafka; a batch that cannot be unpacked is one record that cannot be read."""
    is_damaged = damage_of(record) is not None
    headers = () if is_damaged else tuple((name, value or b"") for name, value in record.headers)
    place = (partition.topic, partition.partition, record.timestamp)
    return SampledRecord(*place, record.key, headers, record.value, UNREADABLE if is_damaged else "")


def _len(window: Window) -> int:
    return window.stop - window.start


def quotas(held: Mapping[K, int], records: int) -> dict[K, int]:
    """How many records to take of each partition: even parts, and what small ones lack from larger ones."""
    taken: dict[K, int] = {}
    for left, partition in zip(
        range(len(held), 0, -1), sorted(held, key=lambda each: held[each]), strict=True
    ):
        taken[partition] = min(held[partition], -(-records // left))
        records -= taken[partition]
    return taken
