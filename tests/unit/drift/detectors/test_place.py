"""Timing detectors of a path: which operations get one, what the path may claim, what bounds them."""

from random import Random

import orjson
import pytest

from monitor.base.units import DAY_MS, LogTime
from monitor.dimensions.timing import TIMING
from monitor.drift.detectors import place as places
from monitor.drift.detectors.place import MOST_UNITS, PlaceDetector, tolerated
from monitor.fingerprints.tally import Tally
from monitor.fingerprints.times import Times
from monitor.fingerprints.units import Origin, Unit
from monitor.flows.flow import Flow, Outcome
from monitor.stats.spread import Spread
from tests import traits
from tests.rows import row

CALLS = ("a", "b", "c")
WARN = 1e3
PAGE = 1e6
A = traits.timed("a")


def timed(n: int, began: int = 0, a: int = 20, shift: int = 0) -> Flow:
    usual = (100, a, 30, 40)
    times = tuple(bin_ + shift + (3 * n + place) % 5 for place, bin_ in enumerate(usual))
    return row(n, calls=CALLS, began=began)._replace(self_times=times)


def reference(hours: int = 8) -> Times:
    times = Times(TIMING.kept_as)
    for n in range(hours * 100):
        times.observe(timed(n, began=n // 100 * 3_600_000), 7 * DAY_MS)
    return times


def unit(a: int = 20, shift: int = 0) -> Unit:
    tally = Tally()
    for n in range(5):
        tally.observe(timed(n, a=a, shift=shift))
    return Unit((tally,))


def feed(timing: PlaceDetector, times: Times, runs: int, a: int = 20) -> PlaceDetector:
    for number in range(runs):
        timing.feed([unit(a)], times, Origin(f"ci-{number}", 0), LogTime(number), PAGE)
    return timing


def test_the_tolerance_is_tau_or_the_noise_floor() -> None:
    """Production's own distance from itself widens it, up to everything."""
    assert tolerated(TIMING.evidence, 0.0) == (0.5 - TIMING.evidence.tau, 0.5 + TIMING.evidence.tau, 0.5, 0.0)
    assert tolerated(TIMING.evidence, 0.3)[:2] == pytest.approx((0.2, 0.8))
    assert tolerated(TIMING.evidence, 0.9)[:2] == (0.0, 1.0)


def test_without_a_noise_floor_nothing_is_judged() -> None:
    """Production of too few hours is no expectation: no detector, no unit counted."""
    timing = feed(PlaceDetector(TIMING), reference(hours=2), 10)
    assert (timing.streams, timing.units) == ({}, 0)
    assert feed(PlaceDetector(TIMING), Times(TIMING.kept_as), 10).streams == {}


def test_what_is_told_names_the_operation() -> None:
    """One line for the path, one per operation; the slow one is beyond the tolerance, and proven."""
    times = reference()
    path, *lines = feed(PlaceDetector(TIMING), times, 60, a=36).signals(Outcome.OK, times, WARN)
    assert path.subject == ""
    told = {line.subject: line for line in lines if line.beyond}
    assert list(told) == ["shop a"]
    assert told["shop a"].lower_bound > 0.0
    assert "slower than in 100 %" in told["shop a"].says


def test_a_rank_is_said_with_times() -> None:
    """Where no trace is slow beyond the limit, the rank among production's times speaks, and times in ms."""
    times = Times(TIMING.kept_as)
    for n in range(800):
        times.observe(timed(n, began=n // 100 * 3_600_000, shift=150), 7 * DAY_MS)
    timing = PlaceDetector(TIMING)
    for number in range(60):
        timing.feed([unit(a=24, shift=150)], times, Origin(f"ci-{number}", 0), LogTime(number), PAGE)
    [said] = [line.says for line in timing.signals(Outcome.OK, times, WARN) if line.evidence >= WARN]
    assert said.startswith("Relative to its flow, 'shop a' is slower than in ")
    assert "of the 700 production traces (about 3.68 ms, in production 2.6 ms)" in said


def test_slow_calls_are_found_in_few_units() -> None:
    """Rank is judged by `Mean`, which needs 28 units at best; slow calls by `Rate`, which needs five."""
    times, timing = reference(), PlaceDetector(TIMING)
    feed(timing, times, 6, a=90)
    assert timing.slow.keys() == {A}
    assert timing.slow[A].detector.evidence > PAGE > 1e3 > timing.streams[A].detector.evidence


def test_a_stream_of_slow_calls_knows_the_units_before_it() -> None:
    """It begins with the first slow one, as if those before it had been folded as usual."""
    times, timing = reference(), feed(PlaceDetector(TIMING), reference(), 30)
    assert timing.slow == {}
    feed(timing, times, 1, a=90)
    assert timing.slow[A].detector.units == 31


def test_slow_calls_need_enough_of_production() -> None:
    """Of fewer than 200 traces nobody knows what slow is."""
    few = reference(hours=1)
    assert feed(PlaceDetector(TIMING), few, 5, a=90).slow == {}


@pytest.mark.parametrize("moved", [-40, -12, 12, 60])
def test_one_call_that_changes_blames_nobody_else(moved: int) -> None:
    """Whichever of the calls it is, also that which sets the pace: only that one differs."""
    bins = {"entry": 100, "a": 60, "b": 75, "c": 85, "d": 110}
    times = Times(TIMING.kept_as)
    for n in range(800):
        times.observe(spread(n, bins), 7 * DAY_MS)
    for changed, usual in bins.items():
        timing = PlaceDetector(TIMING)
        for number in range(60):
            tally = Tally()
            tally.observe(spread(7 * number + 3, {**bins, changed: usual + moved}))
            timing.feed([Unit((tally,))], times, Origin(f"ci-{number}", 0), LogTime(number), PAGE)
        found = {line.subject for line in timing.signals(Outcome.OK, times, WARN) if line.evidence >= WARN}
        assert found == {"shop POST /orders" if changed == "entry" else f"shop {changed}"}


def spread(n: int, bins: dict[str, int]) -> Flow:
    """A trace whose times scatter by a doubling, each by itself."""
    dice = Random(n)
    times = tuple(round(each + dice.gauss(0.0, 4.0)) for each in bins.values())
    began = LogTime(n // 100 * 3_600_000)
    return row(n, calls=tuple(bins)[1:], began=began)._replace(self_times=times)


def test_who_waits_for_whom_is_said_of_every_thing() -> None:
    """A service's own work, and its calls; how far they are off only where there is evidence."""
    timing = feed(PlaceDetector(TIMING), reference(), 20, a=90)
    slow = {(each.service, each.asks, each.units, each.off) for each in timing.slow_things(WARN)}
    assert slow == {("shop", None, 20, 0.0), ("shop", "", 20, 0.0), ("shop", "", 20, 20.0)}


def test_silence_is_a_claim_about_an_operation_that_is_twice_as_slow() -> None:
    """It takes so many units; then the path is ok."""
    times = reference()
    [few, *_] = feed(PlaceDetector(TIMING), times, 3).signals(Outcome.OK, times, WARN)
    assert few.missing > 0
    [many, *_] = feed(PlaceDetector(TIMING), times, 3 + few.missing).signals(Outcome.OK, times, WARN)
    assert many.missing == 0
    assert many.says.startswith("No operation takes twice as long")


def test_a_reference_unlike_itself_is_never_ok() -> None:
    """Where no number of units would tell, silence after very many of them still claims nothing."""
    times = reference()
    timing = feed(PlaceDetector(TIMING), times, 1)
    timing.units = 10 * MOST_UNITS
    for operation in times.spreads:
        times.spreads[operation] = Spread.unpack([90, 100])
    [path, *_] = timing.signals(Outcome.OK, times, WARN)
    assert path.missing > MOST_UNITS
    assert path.says.startswith("The reference differs so much from itself")


def test_the_detectors_of_a_path_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Operations beyond the limit get none, and the others go on."""
    monkeypatch.setattr(places, "MOST_STREAMS", 2)
    timing = feed(PlaceDetector(TIMING), reference(), 5)
    assert len(timing.usual) == 2
    assert timing.units == 5


def test_an_operation_that_production_lost_is_kept_and_says_nothing_new() -> None:
    """Without a noise floor of its own it is not fed any more."""
    times = reference()
    timing = feed(PlaceDetector(TIMING), times, 5)
    del times.spreads[A]
    feed(timing, times, 5)
    assert timing.streams[A].detector.units == 5
    assert len(list(timing.signals(Outcome.OK, times, WARN))) == 5


def test_timing_comes_back_from_storage() -> None:
    """With its streams, in their order."""
    timing = feed(PlaceDetector(TIMING), reference(), 30, a=36)
    assert PlaceDetector.unpack(TIMING, orjson.loads(orjson.dumps(timing.pack()))).pack() == timing.pack()
