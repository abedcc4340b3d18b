"""Counting what is different: exact while it is little, near beyond."""

import pytest

from monitor.stats.distinct import Distinct, K, hash_of


def counted(number: int) -> Distinct:
    """So many different things, each seen twice."""
    made = Distinct()
    for each in (*range(number), *range(number)):
        made.see(hash_of(f"customer {each}"))
    return made


@pytest.mark.parametrize("number", [0, 1, K - 1])
def test_few_are_counted_exactly(number: int) -> None:
    """Below K the count is exact, and says so."""
    assert (counted(number).count, counted(number).is_exact) == (number, True)


@pytest.mark.parametrize("number", [K, 1_000, 12_400])
def test_many_are_estimated(number: int) -> None:
    """Beyond K it is an estimate within 40 %, three times its standard error."""
    made = counted(number)
    assert not made.is_exact and len(made.hashes) == K
    assert number / 1.4 < made.count < number * 1.4
