"""What fires stays drift until its own detector ends it: laws over any sequence of units."""

from hypothesis import given
from hypothesis import strategies as st

from monitor.base.units import LogTime
from monitor.dimensions.structure import STRUCTURE
from monitor.drift.detectors.stream import LEAST_BATCHES, Expected, RateStream
from monitor.drift.detectors.tolerance import expected
from monitor.fingerprints.snapshot import Share
from monitor.fingerprints.units import Origin

PAGE = 1e6


def tolerated(present: int, traces: int) -> Expected:
    """Of a call that so many of production's traces had."""
    return expected(Share(present, traces, False), STRUCTURE.evidence)


ALWAYS, NEVER = tolerated(20_000, 20_000), tolerated(0, 20_000)
LEAST_TO_RESOLVE = 5
"""Fewer units cannot give the evidence that a drift from all to nothing is over."""
tolerances = st.sampled_from((ALWAYS, NEVER, tolerated(1_000, 1_000), tolerated(970, 1_000)))
runs = st.integers(1, 4)
units = st.lists(st.tuples(st.sampled_from((0.0, 0.0, 1.0, 1.0, 0.5, 0.25)), st.integers(1, 30)), max_size=12)
"""Values with how often each comes in a row."""


def fed(stream: RateStream, x: float, tolerance: Expected, number: int, per_run: int = 2) -> bool:
    """Feed unit `number`; whether the stream fires after it."""
    stream.feed([x], tolerance, Origin(f"run {number // per_run}", 0), LogTime(number), PAGE)
    return stream.firing


def drifting(tolerance: Expected) -> tuple[RateStream, float, int]:
    """A stream that fires, the x of its units, and how many there were."""
    stream, x = RateStream(), float(tolerance is NEVER)
    number = 0
    while not fed(stream, x, tolerance, number):
        number += 1
    return stream, x, number + 1


@given(tolerance=st.sampled_from((ALWAYS, NEVER)), more=st.integers(1, 500))
def test_a_drift_that_goes_on_never_ends(tolerance: Expected, more: int) -> None:
    """However long one waits, units of the same drift do not resolve it, and the onset stands."""
    stream, x, number = drifting(tolerance)
    onset = stream.onset
    assert all(fed(stream, x, tolerance, number + n) for n in range(more))
    assert stream.onset == onset


@given(tolerance=st.sampled_from((ALWAYS, NEVER)), drifted=st.integers(0, 300))
def test_a_drift_that_is_gone_ends_once(tolerance: Expected, drifted: int) -> None:
    """A drift ends after 5 to 15 units without it, and clean units never bring it back."""
    stream, x, number = drifting(tolerance)
    for n in range(drifted):
        fed(stream, x, tolerance, number + n)
    states = [fed(stream, 1.0 - x, tolerance, number + drifted + n) for n in range(200)]
    assert LEAST_TO_RESOLVE <= states.index(False) + 1 <= 15
    assert not any(states[states.index(False) :])


@given(tolerance=tolerances, sequence=units, per_run=runs)
def test_a_state_changes_only_for_a_reason(
    tolerance: Expected, sequence: list[tuple[float, int]], per_run: int
) -> None:
    """A stream fires with the page's evidence from two runs, and ends after several units without it."""
    stream, since, before = RateStream(), 0, False
    flat = [x for x, times in sequence for _ in range(times)]
    for number, x in enumerate(flat):
        now = fed(stream, x, tolerance, number, per_run)
        if now and not before:
            assert stream.detector.evidence >= PAGE
            assert stream.batches >= LEAST_BATCHES
        if before and not now:
            assert since + 1 >= LEAST_TO_RESOLVE
            assert (stream.detector.evidence, stream.units, stream.onset) == (0.0, 0, None)
        since = since + 1 if now and before else 0
        before = now


@given(tolerance=tolerances, sequence=units, cut=st.integers(0, 300))
def test_a_packed_stream_goes_on_as_it_would_have(
    tolerance: Expected, sequence: list[tuple[float, int]], cut: int
) -> None:
    """A stream packed and unpacked at any moment, firing or not, ends in the same state."""
    one, other = RateStream(), RateStream()
    for number, x in enumerate([x for x, times in sequence for _ in range(times)]):
        if number == cut:
            other = RateStream.unpack(other.pack())
        assert fed(one, x, tolerance, number) == fed(other, x, tolerance, number)
    assert one.pack() == other.pack()


def test_one_run_never_fires() -> None:
    """However much evidence one run gives, its stream does not fire."""
    stream = RateStream()
    assert not any(fed(stream, 0.0, ALWAYS, number, per_run=1000) for number in range(50))
    assert stream.detector.evidence > PAGE
    assert fed(stream, 0.0, ALWAYS, 1000, per_run=1000)


def test_production_that_comes_to_the_tests_ends_it() -> None:
    """Where production comes to do what the tests do, the drift ends with the next unit."""
    stream, x, number = drifting(ALWAYS)
    assert not fed(stream, x, tolerated(0, 20_000), number)
