"""How a sample is dealt to partitions, and what the broker's bits say of permissions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.kafka.client.topic_ids import permitted
from monitor.kafka.sampling import quotas


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
    assert permitted(0) == frozenset()
    assert permitted(0b111111111000) == frozenset({"Read", "Write", "Describe"})
    assert permitted(-(2**31)) is None
