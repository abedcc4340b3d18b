"""Log time: it follows one clock, whatever the clocks of other producers say (delivery, observer 1)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.pipeline.observe.followed import FAR_MS, MOST_SUPPORT, NEAR_MS, SLOW_MS
from monitor.pipeline.observe.logtime import MOST_HELD, LogClock, Moment

T = 1_700_000_000_000
YEAR_2100 = 4_102_444_800_000
SECOND, MINUTE, HOUR = 1_000, 60_000, 3_600_000
AHEAD = NEAR_MS + 1


def started(*timestamps: int) -> LogClock:
    """A guarded clock that has read five records at T, and then these."""
    clock = LogClock(guarded=True)
    for timestamp in (T,) * 5 + timestamps:
        clock.feed(timestamp)
    return clock


def fed(clock: LogClock, *ats: int) -> list[Moment]:
    """The moments that records at T + `ats` decide."""
    return [moment for at in ats for moment in clock.feed(T + at)]


def times(moments: list[Moment]) -> list[int]:
    """Their log times, after T."""
    return [moment.log_time - T for moment in moments]


def time_of(clock: LogClock) -> int:
    """Log time now, after T."""
    assert clock.now is not None
    return clock.now.log_time - T


def test_log_time_is_the_running_maximum_of_one_clock() -> None:
    """A record with an earlier timestamp does not set log time back."""
    assert times(fed(started(), 3, 1, 7)) == [3, 3, 7]


def test_the_first_log_time_waits_for_five_records() -> None:
    """The first log time is the lower median of five records, and dates each of them or later."""
    clock = LogClock(guarded=True)
    assert fed(clock, 9, 1, 2, 3) == []
    assert times(fed(clock, 4)) == [9, 9, 9, 9, 9]
    outlier = LogClock(guarded=True)
    moments = [moment for at in (YEAR_2100, T, T + 1, T + 2, T + 3) for moment in outlier.feed(at)]
    assert moments[0].log_time == T + 2 and outlier.ignored == 1 and time_of(outlier) == 3


def test_fewer_than_five_records_will_do_when_nothing_else_comes() -> None:
    """At the end of a partition fewer than five records give the first log time."""
    clock = LogClock(guarded=True)
    assert clock.flush() == [] and clock.now is None and clock.state == ()
    fed(clock, 2, 0)
    assert times(clock.flush()) == [2, 2]


@pytest.mark.parametrize("timestamp", [T + AHEAD, T + 200 * SECOND, T + 59 * MINUTE, YEAR_2100])
def test_a_record_ahead_moves_nothing_where_the_first_clock_goes_on(timestamp: int) -> None:
    """It waits for the next record, and is dated as that one; it says how far it is off."""
    clock = started()
    assert clock.feed(timestamp) == []
    (odd, next_one) = clock.feed(T + 1)
    assert (odd.log_time, odd.age, odd.off) == (T, T, timestamp - T)
    assert (next_one.log_time, next_one.off) == (T + 1, 0) and (clock.ignored, clock.forward) == (1, 0)


@pytest.mark.fault(31)
def test_six_records_ahead_wait_for_one_that_is_not() -> None:
    """However many come together, they are not followed while the first clock goes on."""
    clock = started()
    assert fed(clock, *(59 * MINUTE + at for at in range(6))) == []
    assert times(fed(clock, 1)) == [0] * 6 + [1] and clock.ignored == 6


def test_a_sparse_partition_goes_on_with_its_records() -> None:
    """Where records come further apart than one clock shows, five of them show that time passes."""
    clock = started()
    assert fed(clock, 30_000, 60_000, 90_000, 120_000) == []
    (moment,) = fed(clock, 150_000)
    assert (moment.log_time, moment.age) == (T + 30_000, T + 30_000)
    assert times(fed(clock, 180_000)) == [60_000]


def test_a_long_silence_passes_as_no_more_time_than_the_records_after_it() -> None:
    """Nobody knows whether it was a silence or all clocks were set: log time jumps, and age hardly grows."""
    clock = started()
    moments = fed(clock, *(3_600_000 + at for at in range(0, 12_000, 1_000)))
    assert moments[0].log_time == T + 3_600_000 and moments[0].age == T + 1_000
    assert clock.forward == 1


def test_many_records_ahead_are_followed_without_time_passing() -> None:
    """Where a clock ends and another one goes on, nothing closes early."""
    clock = started()
    moments = fed(clock, *(200_000 + at for at in range(MOST_HELD)))
    assert len(moments) == MOST_HELD and time_of(clock) == 200_000 + MOST_HELD - 1
    assert clock.age - T <= MOST_HELD and clock.forward == 1


def test_a_clock_that_was_seen_beside_the_first_takes_over_without_time_passing() -> None:
    """Records far apart show no silence where one of their clock came while the first was there."""
    clock = started(T + 200_000, T + 1)
    fed(clock, *range(204_000, 224_000, 4_000))
    assert time_of(clock) >= 204_000 and clock.age == T + 1


def test_records_ahead_are_followed_where_nothing_else_comes() -> None:
    """At the end of a partition what is ahead within five minutes is followed; beyond, three records are."""
    near, far, many = started(T + FAR_MS), started(YEAR_2100), started(*[T + 59 * MINUTE] * 3)
    assert times(near.flush()) == [FAR_MS]
    assert [moment.log_time for moment in far.flush()] == [T] and far.ignored == 1
    assert times(many.flush()) == [59 * MINUTE] * 3


def test_idle_time_brings_a_record_near() -> None:
    """After ten idle minutes a record ten minutes later is not ahead, and they pass as time."""
    clock = started()
    (moment,) = clock.feed(T + 10 * MINUTE, 10 * MINUTE)
    assert (moment.log_time, moment.age) == (T + 10 * MINUTE, T + 10 * MINUTE) and clock.forward == 0


def test_the_silence_before_a_burst_is_no_time_within_it() -> None:
    """Whether a reader saw the silence or comes later, a record ahead in the burst moves nothing."""
    burst = (4 * HOUR, 4 * HOUR + 290_000, 4 * HOUR + 1, *(4 * HOUR + 289_000 + at for at in range(4)))
    seen, later = started(), started()
    moments = seen.feed(T + burst[0], 20 * MINUTE) + fed(seen, *burst[1:])
    assert moments == fed(later, *burst) and times(moments)[:3] == [4 * HOUR, 4 * HOUR, 4 * HOUR + 1]
    assert moments[2].age <= T + 290_001


def test_the_silence_before_the_first_record_is_no_time_after_it() -> None:
    """A partition that was empty for hours has the first log time of one that was never looked at."""
    clock, other = LogClock(guarded=True), LogClock(guarded=True)
    first = (0, 1, 59 * MINUTE, 2, 3)
    moments = clock.feed(T, 4 * HOUR) + fed(clock, *first[1:])
    assert moments == fed(other, *first) and times(moments) == [2, 2, 2, 2, 3]


def test_the_silence_before_a_step_back_is_no_time_after_it() -> None:
    """Where log time goes back to a clock, a record far ahead of that clock is of another one."""
    clock = started(*[T + 59 * MINUTE] * 3)
    clock.flush()
    fed(clock, 1, 2, 3, 4)
    clock.feed(T + 5, 20 * MINUTE)
    assert clock.backward == 1 and clock.feed(T + 10 * MINUTE) == []


def test_what_was_followed_by_mistake_is_left_after_as_many_records() -> None:
    """After three records an hour ahead at the end of a partition, five in time set log time back."""
    clock = started(*[T + 59 * MINUTE] * 3)
    clock.flush()
    moments = fed(clock, 1, 2, 3, 4, 5)
    assert times(moments) == [59 * MINUTE] * 4 + [5] and clock.backward == 1
    assert moments[0].off == 1 - 59 * MINUTE and moments[-1].off == 0


def test_no_time_passes_after_a_step_back_until_it_is_sure() -> None:
    """For as many records again age stands still: it may be held up data, whose time passes too fast."""
    clock = started(*[T + 59 * MINUTE] * 3)
    clock.flush()
    fed(clock, 1, 2, 3, 4, 5)
    ages = [fed(clock, 5 + at)[0].age for at in range(1, 8)]
    assert [age - ages[0] for age in ages] == [0, 0, 0, 0, 0, 1, 2]


def test_a_long_row_of_records_behind_sets_it_back() -> None:
    """A thousand records behind, and not one fewer, outweigh any number before; ages do not go back."""
    clock = started(*range(T, T + 2 * MOST_SUPPORT))
    behind = [-FAR_MS - at % 7 for at in range(MOST_SUPPORT - 1)]
    assert time_of(clock) == 2 * MOST_SUPPORT - 1
    fed(clock, *behind)
    before = clock.age
    assert clock.backward == 0
    fed(clock, -FAR_MS)
    assert time_of(clock) == -FAR_MS and (clock.backward, clock.age) == (1, before)


def test_held_up_data_does_not_lead() -> None:
    """Ten minutes of data that come at once move nothing, as long as the first clock goes on."""
    clock = started()
    late = [at - 600_000 for at in range(0, 600_000, 500)]
    for number, at in enumerate(late):
        fed(clock, *([number] if number % 4 == 0 else []), at)
    assert (clock.backward, time_of(clock)) == (0, len(late) - 4)


@pytest.mark.fault(32)
def test_the_clock_of_most_records_leads() -> None:
    """Four of five records that are steadily behind by less than five minutes are followed in the end."""
    clock = started()
    for at in range(100, 3_000, 100):
        fed(clock, at, *(at - SLOW_MS - late for late in range(1, 5)))
    assert clock.backward == 1 and time_of(clock) < 3_000 - SLOW_MS


@pytest.mark.parametrize("timestamp", [0, YEAR_2100])
def test_the_brokers_own_timestamps_need_no_guard(timestamp: int) -> None:
    """With LogAppendTime every record is decided at once."""
    clock = LogClock(guarded=False)
    assert [moment.log_time for moment in clock.feed(T)] == [T]
    assert [moment.log_time for moment in clock.feed(timestamp)] == [max(T, timestamp)]


TIMESTAMPS = st.lists(st.integers(0, 10**7) | st.sampled_from([YEAR_2100, 10**9]), max_size=80)


@given(TIMESTAMPS, st.booleans())
def test_every_record_is_decided_once_and_ages_never_decrease(timestamps: list[int], guarded: bool) -> None:
    """At most fifty records wait, whatever comes."""
    clock = LogClock(guarded)
    decided = []
    for count, timestamp in enumerate(timestamps, start=1):
        decided += clock.feed(timestamp)
        assert count - len(decided) < MOST_HELD
    decided += clock.flush()
    ages = [moment.age for moment in decided]
    assert len(decided) == len(timestamps) and ages == sorted(ages)


@given(TIMESTAMPS, TIMESTAMPS)
def test_a_clock_with_the_state_of_another_goes_on_as_that_does(before: list[int], after: list[int]) -> None:
    """Whoever begins with the state judges all later records alike."""
    clock = LogClock(guarded=True)
    for timestamp in before:
        clock.feed(timestamp)
    clock.flush()
    other = LogClock(guarded=True, state=clock.state)
    assert [clock.feed(at) for at in after] == [other.feed(at) for at in after]
    assert (clock.flush(), clock.state) == (other.flush(), other.state)
