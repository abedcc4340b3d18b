"""Log time: the running maximum, guarded by counting records (delivery, observer 1)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.pipeline.observe.logtime import BEHIND_RECORDS, FAR_MS, LogClock

T = 1_700_000_000_000
YEAR_2100 = 4_102_444_800_000
MINUTE = 60_000


def started(*timestamps: int) -> LogClock:
    """A guarded clock that has read five records at T, and then these."""
    clock = LogClock(guarded=True)
    for timestamp in (T,) * 5 + timestamps:
        clock.feed(timestamp)
    return clock


def time_of(clock: LogClock) -> int:
    """Log time now, after T."""
    assert clock.now is not None
    return clock.now.log_time - T


def test_log_time_is_the_running_maximum() -> None:
    """A record with an earlier timestamp does not set log time back."""
    clock = started()
    assert [moment.log_time - T for at in (3, 1, 7) for moment in clock.feed(T + at)] == [3, 3, 7]


def test_the_first_log_time_waits_for_five_records() -> None:
    """The first log time is the lower median of five records, and dates each of them or later."""
    clock = LogClock(guarded=True)
    for at in (9, 1, 2, 3):
        assert clock.feed(T + at) == []
    assert [moment.log_time - T for moment in clock.feed(T + 4)] == [9, 9, 9, 9, 9]
    outlier = LogClock(guarded=True)
    moments = [moment for at in (YEAR_2100, T, T + 1, T + 2, T + 3) for moment in outlier.feed(at)]
    assert moments[0].log_time == T + 2 and outlier.ignored == 1 and time_of(outlier) == 3


def test_fewer_than_five_records_will_do_when_nothing_else_comes() -> None:
    """At the end of a partition fewer than five records give the first log time."""
    clock = LogClock(guarded=True)
    assert clock.flush() == [] and clock.now is None
    clock.feed(T + 2)
    clock.feed(T)
    assert [moment.log_time - T for moment in clock.flush()] == [2, 2]


def test_one_record_far_ahead_moves_nothing() -> None:
    """One record from the year 2100 moves no log time; those behind it are decided in order."""
    clock = started()
    assert clock.feed(YEAR_2100) == []
    for at in (1, 2, 3):
        assert clock.feed(T + at) == []
    assert [moment.log_time - T for moment in clock.feed(T + 4)] == [0, 1, 2, 3, 4]
    assert (clock.ignored, clock.forward) == (1, 0)


def test_three_of_five_far_ahead_move_all_of_them() -> None:
    """Three of five records that are far ahead move log time to them."""
    clock = started()
    far = FAR_MS + 1
    assert clock.feed(T + far) == clock.feed(T + far + 1) == []
    assert [moment.log_time - T for moment in clock.feed(T + far + 2)] == [far + 1, far + 1, far + 2]
    assert clock.forward == 1


def test_an_outlier_among_the_agreeing_does_not_lead() -> None:
    """Of records that are far ahead the lower median leads."""
    clock = started(T + FAR_MS + 1, YEAR_2100, T + FAR_MS + 2)
    assert time_of(clock) == FAR_MS + 2
    clock.flush()
    assert time_of(clock) == FAR_MS + 2 and clock.ignored == 1


def test_what_waits_for_a_jump_is_decided_on_demand() -> None:
    """At the end of a partition a record far ahead is decided and moves nothing."""
    clock = started(YEAR_2100)
    assert [moment.log_time for moment in clock.flush()] == [T]


def test_idle_time_brings_a_record_near() -> None:
    """After ten idle minutes a record ten minutes later is not far ahead."""
    clock = started()
    (moment,) = clock.feed(T + 10 * MINUTE, 10 * MINUTE)
    assert moment.log_time == T + 10 * MINUTE and clock.forward == 0


def test_a_thousand_records_behind_set_it_back() -> None:
    """A thousand records behind, and not one fewer, set log time back; ages do not go back."""
    clock = started(T + 1000)
    for count in range(BEHIND_RECORDS - 1):
        clock.feed(T - FAR_MS - count % 7)
    assert time_of(clock) == 1000
    before = clock.now
    clock.feed(T - FAR_MS - 9)
    assert time_of(clock) == -FAR_MS and clock.backward == 1
    assert before is not None and clock.now is not None and clock.now.age == before.age


def test_a_minute_of_records_behind_sets_it_back() -> None:
    """A minute of records behind, by their own timestamps, sets log time back."""
    clock = started()
    clock.feed(T - 2 * FAR_MS)
    clock.feed(T - 2 * FAR_MS + MINUTE - 1)
    assert clock.backward == 0
    clock.feed(T - 2 * FAR_MS + MINUTE)
    assert clock.backward == 1 and time_of(clock) == -2 * FAR_MS + MINUTE


def test_records_behind_must_be_consecutive() -> None:
    """One record in time begins the count of records behind anew."""
    clock = started(T - 2 * FAR_MS, T, T - 2 * FAR_MS + MINUTE)
    assert clock.backward == 0
    outlier = started(T - 2 * FAR_MS, YEAR_2100, T - 2 * FAR_MS + MINUTE, T, T, T)
    assert (outlier.backward, outlier.ignored) == (0, 1)


@pytest.mark.parametrize("timestamp", [0, YEAR_2100])
def test_the_brokers_own_timestamps_need_no_guard(timestamp: int) -> None:
    """With LogAppendTime every record is decided at once."""
    clock = LogClock(guarded=False)
    assert [moment.log_time for moment in clock.feed(T)] == [T]
    assert [moment.log_time for moment in clock.feed(timestamp)] == [max(T, timestamp)]


@given(st.lists(st.integers(0, 10**7) | st.just(YEAR_2100), max_size=60), st.booleans())
def test_every_record_is_decided_once_and_ages_never_decrease(timestamps: list[int], guarded: bool) -> None:
    """At most five records wait, whatever comes."""
    clock = LogClock(guarded)
    decided = []
    for count, timestamp in enumerate(timestamps, start=1):
        decided += clock.feed(timestamp)
        assert count - len(decided) <= 4
    decided += clock.flush()
    ages = [moment.age for moment in decided]
    assert len(decided) == len(timestamps) and ages == sorted(ages)
