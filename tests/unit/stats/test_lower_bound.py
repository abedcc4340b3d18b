"""The proven lower bound: fair at every distance, exact when stored, never an exception on the stream."""

import json
import math
import random
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.stats.detector import MAX_EVIDENCE
from monitor.stats.lower_bound import DISTANCES, PROOF, MeanLowerBound, MixLowerBound
from monitor.stats.packed import packed, unpacked

P = (0.4, 0.3, 0.2, 0.1)
Y = [tuple([float(y == k) for y in range(4)]) for k in range(4)]

Unit = tuple[float, ...]
RUNS = st.lists(st.lists(st.sampled_from(Y) | st.just(P), max_size=4), max_size=20)
XS = st.lists(st.lists(st.floats(0.0, 1.0) | st.sampled_from([0.0, 1.0]), max_size=4), max_size=20)
PLACES = st.integers(0, len(DISTANCES) - 1)


def mix_after(runs: Sequence[Sequence[Unit]]) -> MixLowerBound:
    bound = MixLowerBound(4)
    for run in runs:
        bound.update(run, P, 0.01)
    return bound


def mean_after(runs: Sequence[Sequence[float]]) -> MeanLowerBound:
    bound = MeanLowerBound()
    for run in runs:
        bound.update(run, 0.01)
    return bound


def wealth(bound: MixLowerBound | MeanLowerBound, place: int) -> float:
    return unpacked(bound.pack(), 0)[1][place]


@given(RUNS, PLACES, st.permutations(range(4)))
def test_no_mix_within_the_distance_is_expected_to_gain(
    runs: list[list[Unit]], place: int, order: list[int]
) -> None:
    """After any past, E[W] <= W for production with distance and error moved from any categories to any."""
    bound, law, left = mix_after(runs), list(P), DISTANCES[place] + 0.01
    for y in order[:-1]:
        moved = min(law[y], left)
        law[y], left = law[y] - moved, left - moved
        law[order[-1]] += moved
    expected = 0.0
    for q, unit in zip(law, Y, strict=True):
        after = MixLowerBound.unpack(bound.pack())
        after.update([unit], P, 0.01)
        expected += q * wealth(after, place)
    assert expected <= wealth(bound, place) * (1.0 + 1e-9)


@given(XS, PLACES, st.booleans(), st.floats(0.0, 1.0))
def test_no_mean_within_the_distance_is_expected_to_gain(
    runs: list[list[float]], place: int, above: bool, spread: float
) -> None:
    """After any past, E[W] <= W for two values with a mean at either end of what is tolerated."""
    bound, reach = mean_after(runs), DISTANCES[place] / 2.0 + 0.01
    mean = 0.5 + reach if above else 0.5 - reach
    low, high = mean * (1.0 - spread), mean + (1.0 - mean) * spread
    share = 0.5 if high == low else (mean - low) / (high - low)
    expected = 0.0
    for x, q in ((low, 1.0 - share), (high, share)):
        after = MeanLowerBound.unpack(bound.pack())
        after.update([x], 0.01)
        expected += q * wealth(after, place)
    assert expected <= wealth(bound, place) * (1.0 + 1e-9)


@given(RUNS)
def test_a_distance_is_proven_with_all_smaller_ones(runs: list[list[Unit]]) -> None:
    """What is shown is the end of the row of distances whose wealth has reached the proof."""
    bound = mix_after([*runs, [Y[3]] * 4, [Y[3]] * 4])
    proven = [distance for i, distance in enumerate(DISTANCES) if distance <= bound.proven]
    assert all(wealth(bound, i) >= PROOF for i in range(len(proven)))
    assert len(proven) == len(DISTANCES) or wealth(bound, len(proven)) < PROOF


def test_what_differs_entirely_is_soon_proven() -> None:
    """Every unit of the rarest category, or every span slower than production: half of the scale and more."""
    assert mix_after([[Y[3]] * 4] * 10).proven == 0.5
    assert mean_after([[1.0] * 4] * 10).proven == 0.5
    assert mean_after([[0.0] * 4] * 10).proven == 0.5
    assert mix_after([]).proven == mean_after([]).proven == 0.0


def test_a_rate_is_a_mix_of_two() -> None:
    """An edge of 90 % that tests have in 30 %: .6 apart, half of it proven after 80 units."""
    rng, bound = random.Random(1), MixLowerBound(2)
    for _ in range(20):
        xs = [float(rng.random() < 0.3) for _ in range(4)]
        bound.update([(1.0 - x, x) for x in xs], (0.1, 0.9), 0.005)
    assert bound.proven == 0.3


def test_units_of_a_run_do_not_teach_the_bet_on_each_other() -> None:
    """The first run has no past to bet from, so it proves nothing, however many units it has."""
    assert mix_after([[Y[3]] * 50]).proven == 0.0
    assert mean_after([[1.0] * 50]).proven == 0.0


@given(RUNS, RUNS)
def test_a_bound_on_a_mix_comes_back_from_json_exactly(
    before: list[list[Unit]], later: list[list[Unit]]
) -> None:
    """Stored and loaded, it goes on to the same numbers, bit by bit."""
    bound = mix_after(before)
    loaded = MixLowerBound.unpack(json.loads(json.dumps(bound.pack())))
    for run in later:
        assert bound.update(run, P, 0.01) == loaded.update(run, P, 0.01)
    assert loaded.pack() == bound.pack()


@given(XS, XS)
def test_a_bound_on_a_mean_comes_back_from_json_exactly(
    before: list[list[float]], later: list[list[float]]
) -> None:
    """Stored and loaded, it goes on to the same numbers, bit by bit."""
    bound = mean_after(before)
    loaded = MeanLowerBound.unpack(json.loads(json.dumps(bound.pack())))
    for run in later:
        assert bound.update(run, 0.01) == loaded.update(run, 0.01)
    assert loaded.pack() == bound.pack()


def test_a_packed_bound_of_another_kind_is_refused() -> None:
    """A state of another length is reported, not guessed at."""
    with pytest.raises(ValueError, match="give 2 to 16"):
        MixLowerBound.unpack(packed([], [1.0] * 10))
    with pytest.raises(ValueError, match="has 12 numbers, not 11"):
        MeanLowerBound.unpack(MixLowerBound(2).pack())


def test_wealth_that_was_lost_is_not_proof() -> None:
    """A run of thousands may ruin a bettor and the next make it rich without bound: 0 stays 0, not NaN."""
    bound = MeanLowerBound()
    for run in ([1.0], [0.0] * 5000, [0.0] * 5000):
        bound.update(run, 0.0)
    found = [wealth(bound, place) for place in range(len(DISTANCES))]
    assert all(0.0 <= each <= MAX_EVIDENCE for each in found)
    assert 0.0 in found


def test_another_number_of_categories_is_refused() -> None:
    """A unit or production that does not fit is a fault of the program, not of the stream."""
    for run, production in (([(0.5, 0.5)], P), ([P], (0.5, 0.5))):
        with pytest.raises(ValueError, match="than 4"):
            MixLowerBound(4).update(run, production, 0.0)
    with pytest.raises(ValueError, match="17 categories"):
        MixLowerBound(17)


@given(st.lists(st.tuples(*[st.tuples(*[st.floats()] * 3)] * 2, st.floats()), max_size=20))
def test_no_input_makes_the_state_infinite(updates: list[tuple[Unit, Unit, float]]) -> None:
    """Whatever is fed, every number stays finite and what means nothing proves nothing."""
    mix, mean = MixLowerBound(3), MeanLowerBound()
    for unit, production, error in updates:
        assert mix.update([unit], production, error) in (0.0, *DISTANCES)
        assert mean.update(unit, error) in (0.0, *DISTANCES)
        assert all(map(math.isfinite, unpacked(mix.pack(), 0)[1] + unpacked(mean.pack(), 0)[1]))
