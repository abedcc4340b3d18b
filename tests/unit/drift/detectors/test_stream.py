"""What a stream says besides its evidence: whether it may fire, whether it is quiet, how it is stored."""

from typing import TypeVar

import orjson
import pytest

from monitor.base.units import LogTime
from monitor.drift.detectors.stream import CALM, Expected, MeanStream, RateStream, Witness
from monitor.fingerprints.units import Origin

ALWAYS = Expected(0.99, 1.0, 1.0, 0.001)
LIKE = Expected(0.4, 0.6, 0.5, 0.01)
PAGE = 1e6
AnyStream = TypeVar("AnyStream", RateStream, MeanStream)


def fed(stream: AnyStream, x: float, runs: int, expected: Expected, start: int = 0) -> AnyStream:
    """Runs of two units with the same x."""
    for number in range(start, start + runs):
        stream.feed([x, x], expected, Origin(f"ci-{number}", 0), LogTime(number), PAGE)
    return stream


def test_evidence_whose_mean_lies_within_the_tolerance_does_not_fire() -> None:
    """What paged by its past, and has come to where production is meanwhile, is no drift."""
    stream = fed(RateStream(), 0.0, 1, ALWAYS)
    wide = Expected(0.0, 1.0, 1.0)
    stream.feed([0.0], wide, Origin("ci-9", 0), LogTime(9), 1.0)
    assert stream.detector.evidence > 1.0
    assert stream.batches == 2
    assert not stream.firing


def test_one_run_never_fires() -> None:
    """However many units one run has, and however clear, a stream fires only with two."""
    stream = RateStream()
    stream.feed([0.0] * 100, ALWAYS, Origin("ci-1", 0), LogTime(0), PAGE)
    assert stream.detector.evidence > PAGE
    assert not stream.firing
    stream.feed([0.0], ALWAYS, Origin("ci-2", 0), LogTime(1), PAGE)
    assert stream.firing


def test_a_stream_is_quiet_after_calm() -> None:
    """A stream is quiet after CALM units in a row, unless it fires or an onset is likely."""
    stream = fed(RateStream(), 1.0, CALM // 2 - 1, ALWAYS)
    assert not stream.quiet
    assert fed(stream, 1.0, 1, ALWAYS).quiet
    assert not fed(stream, 0.0, 1, ALWAYS).quiet
    assert not fed(stream, 1.0, CALM // 2 - 1, ALWAYS).quiet


def test_production_that_comes_to_where_the_tests_are_ends_a_drift() -> None:
    """A stream ends when its witness lies inside the tolerance of now."""
    stream = fed(RateStream(), 0.0, 20, ALWAYS)
    assert stream.firing
    stream.feed([0.0], Expected(0.0, 0.1, 0.0), Origin("ci-99", 0), LogTime(99), PAGE)
    assert not stream.firing
    assert (stream.onset, stream.mean, stream.lower_bound) == (None, None, 0.0)


@pytest.mark.parametrize(("x", "above"), [(0.95, True), (0.05, False)])
def test_times_resolve_on_either_side(x: float, above: bool) -> None:
    """A mean that fired above or below the tolerance is over when units are like production again."""
    stream = fed(MeanStream(), x, 60, LIKE)
    assert stream.witness is not None
    assert (stream.witness.seen > LIKE.high) is above
    assert stream.lower_bound > 0.2
    fed(stream, 0.5, 60, LIKE, start=60)
    assert not stream.firing


@pytest.mark.parametrize("kind", [RateStream, MeanStream])
@pytest.mark.parametrize("runs", [0, 1, 5, 40])
def test_a_stream_goes_on_from_storage_as_if_it_had_not_been_there(kind: type[AnyStream], runs: int) -> None:
    """A stream comes back from storage, before and after it fired, and goes on the same."""
    stream = fed(kind(), 0.0, runs, LIKE)
    again = kind.unpack(orjson.loads(orjson.dumps(stream.pack())))
    for x in (0.0, 0.5, 1.0):
        fed(stream, x, 9, LIKE, start=50)
        fed(again, x, 9, LIKE, start=50)
        assert again.pack() == stream.pack()


def test_a_witness_comes_back_from_storage() -> None:
    """A witness comes back from storage with the tolerance of its time."""
    witness = Witness(0.2, ALWAYS)
    witness.is_over([0.3], ALWAYS)
    again = Witness.unpack(orjson.loads(orjson.dumps(witness.pack())))
    assert (again.pack(), again.expected) == (witness.pack(), ALWAYS)
