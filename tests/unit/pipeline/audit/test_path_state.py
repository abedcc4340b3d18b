"""One side of a path: what is counted where, and when an epoch begins."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.base.units import MAX_WEIGHT, LogTime
from monitor.dimensions.timing import TIMING
from monitor.drift.moved import LASTS_MS
from monitor.flows.flow import Flaw
from monitor.pipeline.audit.path_state import PathState
from tests.rows import MINUTE, SECOND, row
from tests.unit.pipeline.auditing import POLICY

CHARGE = ("POST /charge",)
HISTORY = 60 * MINUTE


def history(traces: int = 5000) -> PathState:
    """An hour of production, watched, with a snapshot of it."""
    side = PathState()
    for n in range(traces):
        side.count(row(n, calls=CHARGE, began=n * HISTORY // traces), POLICY)
    side.meet(POLICY, LogTime(HISTORY))
    return side


def produce(side: PathState, first: int, last: int, calls: tuple[str, ...]) -> None:
    """A trace a second, from one second after the history to another."""
    for second in range(first, last):
        side.count(row(second, calls=calls, began=HISTORY + second * SECOND), POLICY)


def test_an_epoch_begins_only_after_a_change_has_lasted() -> None:
    """Until then the history counts, and from then on only what came since."""
    side = history()
    produce(side, 0, 300, ())
    assert side.past and side.past.presences["structure"].streams
    assert side.fingerprint.days.counted > 5000
    produce(side, 300, 2 * LASTS_MS // SECOND, ())
    assert side.fingerprint.days.counted < 600
    assert side.fingerprint.traces > 5000
    assert [shift.subject for shift in side.past.shifts] == ["shop POST /orders -> POST /charge"]
    assert side.snapshot.traces == 0


def test_the_new_epoch_is_the_next_snapshot() -> None:
    """Tests that come after it are held against production as it is now."""
    side = history()
    produce(side, 0, 900, ())
    snapshot = side.renew(POLICY, LogTime(HISTORY + 900 * SECOND))
    assert 0 < snapshot.traces < 900
    assert snapshot.of("structure").shares == {}


def test_an_environment_that_is_no_reference_is_only_counted() -> None:
    """Neither times nor a past of slices."""
    side = PathState()
    side.watch()
    for n in range(100):
        side.count(row(n, environment="elsewhere"), POLICY)
    times = side.times[TIMING.kept_as]
    assert (side.fingerprint.traces, times.traces, times.bucket) == (100, 0, {})
    assert side.past and side.past.slices.number == 0


def test_an_incomplete_flow_says_nothing_of_times_or_changes() -> None:
    """It is traffic."""
    side = history()
    before = side.times[TIMING.kept_as].pack()
    for second in range(600):
        side.count(row(second, calls=(), began=HISTORY + second * SECOND, flaws=Flaw.ORPHANED), POLICY)
    assert side.times[TIMING.kept_as].pack() == before
    assert side.past and side.past.baseline is None
    assert side.fingerprint.incomplete == 600


ROWS = st.lists(
    st.tuples(
        st.integers(0, 1 << 52) | st.integers(0, 2 * HISTORY),
        st.sampled_from([(), CHARGE, ("a", "b", "c")]),
        st.sampled_from([0, 1, 1024, MAX_WEIGHT]),
        st.integers(-1, 1 << 52) | st.integers(0, 500),
        st.sampled_from(["1", "2"]),
    ),
    max_size=150,
)


@given(ROWS, st.integers(0, 1 << 52))
def test_no_row_breaks_a_side(rows: list[tuple[int, tuple[str, ...], int, int, str]], end: int) -> None:
    """Whatever the clock, the weights, the times: counted, stored and restored, never an exception."""
    side = PathState()
    side.watch()
    for n, (began, calls, weight, time, version) in enumerate(rows):
        flow = row(n, calls=calls, weight=weight, began=began)
        times = tuple(time for _ in flow.shape)
        side.count(flow._replace(self_times=times, versions=(("shop", version),)), POLICY)
        if n % 7 == 0:
            side.renew(POLICY, LogTime(end))
    side.begin_epoch_if_changed(LogTime(end))
    assert PathState.unpack(orjson.loads(orjson.dumps(side.pack()))).pack() == side.pack()


@pytest.mark.parametrize("end", [0, HISTORY, 10 * HISTORY])
def test_a_side_without_traces_has_an_empty_snapshot(end: int) -> None:
    """Zero production is no production, and nobody moved."""
    side = PathState()
    assert side.renew(POLICY, LogTime(end)).traces == 0
    assert side.shift_of("structure", "anything", LogTime(0), 1e3) is None
    side.begin_epoch_if_changed(LogTime(end))
    assert PathState.unpack(side.pack()).pack() == side.pack()
