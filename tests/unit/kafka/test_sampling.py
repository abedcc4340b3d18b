"""How a sample is dealt to partitions and read, and what the broker's bits say of permissions."""

import asyncio
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import TopicPartition
from hypothesis import given
from hypothesis import strategies as st

from monitor.base.clock import ManualClock
from monitor.kafka.client.topic_ids import permitted
from monitor.kafka.sampling import IDLE_SECONDS, SampleReader, quotas
from monitor.pipeline.inspect.inspection import SampledRecord
from monitor.pipeline.inspect.windows import Window

FULL, STUCK = TopicPartition("spans", 0), TopicPartition("spans", 1)


class _Consumer:
    """A partition with a record a second, in fetches of 7; and one that never answers."""

    def __init__(self, clock: ManualClock) -> None:
        self._clock = clock
        self._at: dict[TopicPartition, int] = {}

    def assign(self, partitions: list[TopicPartition]) -> None:
        """Read these."""
        self._at = dict.fromkeys(partitions, 0)

    def seek(self, partition: TopicPartition, offset: int) -> None:
        """Go there."""
        self._at[partition] = offset

    async def position(self, partition: TopicPartition) -> int:
        """The next offset."""
        return self._at[partition]

    async def offsets_for_times(self, times: Mapping[TopicPartition, int]) -> dict[TopicPartition, Any]:
        """A record a second since 0; nothing is known of the other partition."""
        return {
            each: SimpleNamespace(offset=at // 1000) if each == FULL else None for each, at in times.items()
        }

    async def getmany(self, *partitions: TopicPartition, timeout_ms: int) -> dict[TopicPartition, list[Any]]:
        """The next records; half a second passes where there are none."""
        if FULL not in partitions:
            self._clock.advance(timeout_ms / 1000)
            return {}
        start = self._at[FULL]
        self._at[FULL] = start + 7
        record = {"key": None, "headers": (), "value": b""}
        return {
            FULL: [SimpleNamespace(offset=n, timestamp=1000 * n, **record) for n in range(start, start + 7)]
        }


def test_what_is_wanted_is_read_however_long_showing_it_takes() -> None:
    """In windows, each once, and nothing beyond them."""
    clock, seen = ManualClock(1_000.0), list[int]()

    def slowly(record: SampledRecord) -> None:
        seen.append(record.timestamp // 1000)
        clock.advance(2 * IDLE_SECONDS)

    asyncio.run(SampleReader(_Consumer(clock), clock, slowly).read(100, {FULL: Window(0, 1_000)}))
    assert len(seen) == len(set(seen)) == 100
    assert seen[0] == 0 and seen[-1] == 999 and any(400 < at < 600 for at in seen)


def test_a_partition_of_which_nothing_comes_is_left_once() -> None:
    """The others are read, and it is waited for in one window only."""
    clock, seen = ManualClock(1_000.0), list[int]()
    held = {FULL: Window(0, 1_000), STUCK: Window(0, 1_000)}
    reader = SampleReader(_Consumer(clock), clock, lambda record: seen.append(record.partition))
    asyncio.run(reader.read(200, held))
    assert seen == [0] * 100 and IDLE_SECONDS <= clock.monotonic() - 1_000 <= IDLE_SECONDS + 1


@pytest.mark.parametrize(
    ("held", "records", "taken"),
    [
        ({"a": 100, "b": 100}, 10, {"a": 5, "b": 5}),
        ({"a": 2, "b": 100}, 10, {"a": 2, "b": 8}),
        ({"a": 0, "b": 3}, 10, {"a": 0, "b": 3}),
        ({"a": 9, "b": 9, "c": 9}, 1, {"a": 1, "b": 0, "c": 0}),
        ({}, 10, {}),
    ],
)
def test_every_partition_gives_its_part(held: dict[str, int], records: int, taken: dict[str, int]) -> None:
    """Even parts; what a small partition lacks the larger ones give."""
    assert quotas(held, records) == taken


@given(st.dictionaries(st.integers(), st.integers(0, 1000)), st.integers(0, 5000))
def test_as_many_records_are_taken_as_there_are_and_no_more_than_wanted(
    held: dict[int, int], records: int
) -> None:
    """No partition gives more than it holds."""
    taken = quotas(held, records)
    assert sum(taken.values()) == min(records, sum(held.values()))
    assert all(0 <= taken[each] <= held[each] for each in held)


def test_bits_of_permissions() -> None:
    """Read is bit 3, Write 4, Describe 8; the lowest number of all says that nothing is known."""
    assert permitted(1 << 3 | 1 << 8) == frozenset({"Read", "Describe"})
    assert permitted(0) is None
    assert permitted(1 << 3) is None
    assert permitted(0b111111111000) == frozenset({"Read", "Write", "Describe"})
    assert permitted(-(2**31)) is None
