"""Self times of production: the reference, the bucket since, and the spread between buckets."""

import pytest

from monitor.base.units import DAY_MS
from monitor.dimensions.timing import TIMING
from monitor.fingerprints import times as times_module
from monitor.fingerprints.buckets import LEAST
from monitor.fingerprints.times import Times
from monitor.stats.histogram import Histogram
from monitor.stats.spread import LEAST as LEAST_HOURS
from tests.rows import row
from tests.traits import timed

HALF_LIFE = 7 * DAY_MS
CALLS = ("a", "b", "c")
CALL = timed("a")


def observe(
    times: Times, traces: int, began: int = 0, *, a: int = 20, calls: tuple[str, ...] = CALLS
) -> None:
    """Traces of which call `a` takes bin `a`, the others their usual bins, spread over four."""
    for n in range(traces):
        flow = row(n, calls=calls, began=began)
        usual = (100, a, *(30 + 10 * place for place in range(len(calls) - 1)))[: len(calls) + 1]
        times.observe(flow._replace(self_times=tuple(bin_ + n % 4 for bin_ in usual)), HALF_LIFE)


def test_the_reference_is_what_came_before_the_bucket() -> None:
    """A bucket joins the reference when it ends; until then it only waits."""
    times = Times(TIMING.kept_as)
    observe(times, LEAST)
    assert (times.reference, times.traces, times.bucket[CALL].total) == ({}, 0, LEAST)
    observe(times, 1)
    assert (times.reference[CALL].total, times.traces, times.bucket[CALL].total) == (LEAST, LEAST, 1)


def test_the_noise_floor_is_how_far_buckets_are_from_the_reference() -> None:
    """None before LEAST_HOURS buckets were compared; large for the operation that goes its own way."""
    times = Times(TIMING.kept_as)
    for hour in range(LEAST_HOURS + 1):
        observe(times, LEAST, hour * 3_600_000, a=20 + 16 * (hour % 2))
        assert times.floor(CALL) is None
    observe(times, 1, (LEAST_HOURS + 1) * 3_600_000)
    other = timed("b")
    floors = [times.floor(CALL), times.floor(other)]
    assert [floor is not None and floor > 0.3 for floor in floors] == [True, False]
    assert floors[1] is not None


def test_old_times_are_forgotten_whole() -> None:
    """A half life halves every operation's counts and leaves their form; after many nothing is left."""
    times = Times(TIMING.kept_as)
    observe(times, 129)
    before = times.reference[CALL]
    observe(times, 64, 7 * DAY_MS, calls=("b", "c"))
    observe(times, 1, 7 * DAY_MS, calls=("b", "c"))
    after = times.reference[CALL]
    assert after.total == before.total // 2 + 1
    assert after.counts.keys() == before.counts.keys()
    for day in range(8, 400, 7):
        observe(times, 65, day * DAY_MS, calls=("b", "c", "d"))
    assert CALL not in times.reference
    assert times.floor(CALL) is None


def test_a_rare_operation_is_forgotten_day_by_day() -> None:
    """Counts of one do not stay for good because each day would round them up again."""
    times = Times(TIMING.kept_as)
    observe(times, 1, calls=("rare", *CALLS))
    for day in range(30):
        observe(times, 65, day * DAY_MS)
    assert timed("rare") not in times.reference


def test_operations_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Calls with ever new names are timed up to the limit, in a bucket and in the reference."""
    monkeypatch.setattr(times_module, "MOST_TIMED", 5)
    times = Times(TIMING.kept_as)
    for n in range(40):
        observe(times, 20, calls=(f"new {n}", *CALLS))
    assert len(times.bucket) <= 5
    assert len(times.reference) == 5
    kept = Times.unpack(TIMING.kept_as, times.pack())
    assert kept.pack() == times.pack()


def test_shapes_that_are_remembered_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Counting does not depend on how many shapes are remembered."""
    one, other = Times(TIMING.kept_as), Times(TIMING.kept_as)
    for times, most in ((one, 64), (other, 1)):
        monkeypatch.setattr(times_module, "_MOST_RECENT", most)
        for n in range(9):
            observe(times, 3, calls=CALLS[: n % 3 + 1])
    assert one.pack() == other.pack()


def test_a_flow_of_two_operations_has_no_noise_floor() -> None:
    """With fewer operations than can tell the machine from one of them nothing is compared."""
    times = Times(TIMING.kept_as)
    for hour in range(9):
        observe(times, 100, hour * 3_600_000, calls=("a",))
    assert times.spreads == {}


@pytest.mark.parametrize("kept", [0.0, 0.3, 0.9, 1.0])
def test_lessening_keeps_the_whole_and_the_form(kept: float) -> None:
    """The total is the share rounded down, and no bin is off by more than one."""
    histogram = Histogram({index: 1 + index % 3 for index in range(50)})
    lessened = times_module._lessened(histogram, kept)
    assert lessened.total == int(histogram.total * kept)
    for index, n in histogram.counts.items():
        assert abs(lessened.counts.get(index, 0) - n * kept) <= 1.0
