"""Buckets of production's hours: when one ends, and what is forgotten then."""

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.base.units import DAY_MS, HOUR_MS, LogTime
from monitor.fingerprints.buckets import LEAST, Buckets

HALF_LIFE = 7 * DAY_MS
TODAY = 20_000 * DAY_MS


def counted(times: Iterable[int], buckets: Buckets | None = None) -> tuple[Buckets, list[float]]:
    """Traces at these log times; the shares kept at the end of every bucket."""
    buckets, kept = buckets or Buckets(), []
    for time in times:
        if buckets.is_over(LogTime(time)):
            kept.append(buckets.end(LogTime(time), HALF_LIFE))
        buckets.count(LogTime(time))
    return buckets, kept


def test_the_first_buckets_double() -> None:
    """While the reference is small a bucket ends as soon as it is as large, so the first come soon."""
    buckets, kept = counted([TODAY] * (1 + 4 * LEAST))
    assert (buckets.traces, buckets.held, len(kept)) == (4 * LEAST, 1, 3)


def test_an_hour_with_few_traces_is_joined_with_the_next() -> None:
    """Fewer than LEAST traces say nothing, so their bucket goes on."""
    buckets, kept = counted(TODAY + n * HOUR_MS for n in range(LEAST))
    assert (buckets.held, kept) == (LEAST, [])


def test_a_week_later_half_is_left() -> None:
    """The half life is that of the reference, and a day is forgotten once, however many buckets end in it."""
    buckets, _ = counted([TODAY] * (1 + 64 * LEAST))
    _, kept = counted([TODAY + HALF_LIFE + n * HOUR_MS // LEAST for n in range(6 * LEAST)], buckets)
    assert kept == [0.5, *[1.0] * (len(kept) - 1)]
    assert len(kept) > 3


@pytest.mark.parametrize("lag", [HOUR_MS, DAY_MS, 5 * DAY_MS])
def test_a_partition_that_lags_forgets_nothing_twice(lag: int) -> None:
    """Two partitions, one far behind: log time goes back and forth, and no day is forgotten again."""
    _, kept = counted(TODAY + n * 1000 - lag * (n % 2) for n in range(40 * LEAST))
    assert [share for share in kept if share != 1.0] == kept[:1]
    assert len(kept) < 10


def test_a_clock_that_jumped_ahead_comes_back() -> None:
    """After a year too far ahead, forgetting goes on where log time stands again."""
    year = 365 * DAY_MS
    buckets, _ = counted([*[TODAY] * 100, TODAY + year, *[TODAY + HOUR_MS] * 3 * LEAST])
    assert buckets.day == TODAY // DAY_MS
    assert counted([TODAY + 7 * DAY_MS] * 10 * LEAST, buckets)[1][0] == 0.5


@given(st.lists(st.integers(0, 1 << 52), max_size=400))
def test_no_clock_breaks_it(times: list[int]) -> None:
    """Whatever the log times, a trace is in the bucket or was in the reference, and shares lie in 0..1."""
    buckets, kept = counted(times)
    assert all(0.0 <= share <= 1.0 for share in kept)
    assert 0 <= buckets.traces + buckets.held <= len(times)
    assert Buckets.unpack(buckets.pack()).pack() == buckets.pack()
