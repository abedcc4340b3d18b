"""The `Mix` e-detector: its guarantee, its state, its manners."""

import json
import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.stats.detector import MAX_EVIDENCE
from monitor.stats.mean import Mean
from monitor.stats.mix import MAX_CATEGORIES, Mix
from monitor.stats.packed import unpacked

P = (0.4, 0.3, 0.2, 0.1)
SHIFTED = (0.1, 0.3, 0.2, 0.4)
DELTA = 0.1
Y = [tuple([float(y == k) for y in range(4)]) for k in range(4)]

UNITS = st.lists(st.sampled_from(Y) | st.just(P), max_size=60)


def after(units: list[tuple[float, ...]], production: tuple[float, ...] = P, delta: float = DELTA) -> Mix:
    mix = Mix(len(production))
    for unit in units:
        mix.update(unit, production, delta)
    return mix


def copy(mix: Mix) -> Mix:
    return Mix.unpack(mix.pack())


@given(UNITS, st.integers(0, 3), st.integers(0, 3))
def test_no_mix_within_the_tolerance_is_expected_to_gain(
    units: list[tuple[float, ...]], source: int, target: int
) -> None:
    """After any past, E[M] <= M + 1 for production's mix with delta moved from anywhere to anywhere."""
    mix, law = after(units), list(P)
    law[source] -= DELTA
    law[target] += DELTA
    expected = sum(q * copy(mix).update(y, P, DELTA) for q, y in zip(law, Y, strict=True))
    assert expected <= (mix.evidence + 1.0) * (1.0 + 1e-9)


@given(UNITS, st.lists(st.floats(0.01, 1.0), min_size=4, max_size=4))
def test_evidence_is_linear_in_the_unit(units: list[tuple[float, ...]], weights: list[float]) -> None:
    """A unit is worth the mix of its categories: so the mean over a cluster is one unit."""
    mix, unit = after(units), [w / sum(weights) for w in weights]
    mixed = sum(x * copy(mix).update(y, P, DELTA) for x, y in zip(unit, Y, strict=True))
    assert copy(mix).update(unit, P, DELTA) == pytest.approx(mixed, rel=1e-9)


def test_false_alarms_stay_within_the_budget() -> None:
    """On the edge of the ball, n updates bring at most n / A alarms, and some."""
    law, rng, mix, alarms, updates = (0.3, 0.3, 0.2, 0.2), random.Random(7), Mix(4), 0, 20_000
    for y in rng.choices(Y, law, k=updates):
        if mix.update(y, P, DELTA) >= 30.0:
            mix, alarms = Mix(4), alarms + 1
    assert 0 < alarms <= updates / 30.0


def test_a_shift_beyond_the_tolerance_is_told() -> None:
    """A mix that moved by .3 is reported at 1e6 within a few hundred units, and not before it moved."""
    rng = random.Random(3)
    mix = after(rng.choices(Y, P, k=400))
    assert mix.evidence < 1e3
    for y in rng.choices(Y, SHIFTED, k=300):
        mix.update(y, P, DELTA)
    assert mix.evidence > 1e6
    assert 250 < mix.onset_units <= 400
    assert mix.witness() == (3,)


def test_units_like_production_earn_nothing() -> None:
    """Without a bet evidence stands still, and no onset is reported."""
    mix = after([P] * 5000)
    assert (mix.evidence, mix.onset_units) == (0.0, 0)


def test_bets_follow_production_at_once() -> None:
    """When production moves to where the tests are, nobody bets on the old difference any more."""
    mix = after([SHIFTED] * 101)
    evidence = mix.evidence
    assert mix.update(Y[3], SHIFTED, DELTA) == evidence


@given(UNITS, UNITS)
def test_a_detector_comes_back_from_json_exactly(
    before: list[tuple[float, ...]], later: list[tuple[float, ...]]
) -> None:
    """Stored and loaded, between two looks at the bets too, a detector goes on to the same numbers."""
    mix = after(before)
    loaded = Mix.unpack(json.loads(json.dumps(mix.pack(), allow_nan=False)))
    for unit in later:
        mix.update(unit, P, DELTA)
        loaded.update(unit, P, DELTA)
    assert loaded.pack() == mix.pack()
    assert (loaded.evidence, loaded.units, loaded.onset_units) == (mix.evidence, mix.units, mix.onset_units)


@pytest.mark.parametrize("categories", range(2, MAX_CATEGORIES + 1))
def test_every_number_of_categories_can_be_packed(categories: int) -> None:
    """Its length tells a packed detector's number of categories."""
    packed = Mix(categories).pack()
    assert len(unpacked(packed, 2)[1]) == 5 + 5 * categories
    assert Mix.unpack(packed).pack() == packed


def test_a_packed_detector_of_another_length_is_refused() -> None:
    """A state that was cut off, or is of another kind, is reported, not guessed at."""
    with pytest.raises(ValueError, match="5 per category, not 9"):
        Mix.unpack(Mean().pack())
    with pytest.raises(ValueError, match="cut off"):
        Mix.unpack(Mix(4).pack()[:-4])


@given(st.lists(st.tuples(*[st.tuples(*[st.floats()] * 3)] * 2, st.floats()), max_size=20))
def test_no_input_makes_the_state_infinite(
    updates: list[tuple[tuple[float, ...], tuple[float, ...], float]],
) -> None:
    """Whatever is fed, every number of the state stays finite and evidence within its bounds."""
    mix = Mix(3)
    for unit, production, delta in updates:
        assert 0.0 <= mix.update(unit, production, delta) <= MAX_EVIDENCE
        assert all(map(math.isfinite, unpacked(mix.pack(), 2)[1]))


@pytest.mark.parametrize(
    "bad",
    [
        ((math.nan, 0.0, 0.0, 0.0), P, DELTA),
        ((0.0,) * 4, P, DELTA),
        ((2.0, -1.0, 0.0, 0.0), P, DELTA),
        ((math.inf, 0.0, 0.0, 0.0), P, DELTA),
        (P, (0.0,) * 4, DELTA),
        (P, (1.5, -0.5, 0.0, 0.0), DELTA),
        (P, P, math.nan),
        (P, P, -0.1),
    ],
)
def test_a_unit_that_means_nothing_is_ignored(
    bad: tuple[tuple[float, ...], tuple[float, ...], float],
) -> None:
    """NaN, negative shares, nothing at all, on either side: nothing changes."""
    mix = after([*Y] * 5)
    before = mix.pack()
    assert mix.update(*bad) == mix.evidence
    assert mix.pack() == before


def test_no_tolerance_is_larger_than_everything() -> None:
    """A tolerance beyond 1, infinity too, is 1: nothing can be proven."""
    assert after([Y[3]] * 9, delta=math.inf).pack() == after([Y[3]] * 9, delta=1.0).pack()
    assert after([Y[3]] * 9, delta=1.0).evidence == 0.0


def test_shares_are_scaled_to_one() -> None:
    """Counts serve as well as shares."""
    assert after([(4.0, 3.0, 2.0, 1.0), (2.0, 0.0, 0.0, 0.0)]).pack() == after([P, Y[0]]).pack()


def test_other_categories_are_another_detector() -> None:
    """A unit or a production of another length is a mistake of the program, and one category is no mix."""
    with pytest.raises(ValueError, match="3 and 4 categories, not 4"):
        Mix(4).update((1.0, 0.0, 0.0), P, DELTA)
    for categories in (1, MAX_CATEGORIES + 1):
        with pytest.raises(ValueError, match="give 2 to 16"):
            Mix(categories)


def test_a_category_that_production_never_had_can_be_bet_on() -> None:
    """Zero production for NEW is no division by zero, and quick to tell."""
    mix = after([(0.0, 0.0, 1.0)] * 12, (0.7, 0.3, 0.0), 0.05)
    assert 1e6 < mix.evidence < MAX_EVIDENCE


@given(UNITS, UNITS)
def test_the_units_of_a_run_do_not_teach_each_other(
    before: list[tuple[float, ...]], run: list[tuple[float, ...]]
) -> None:
    """Each is bet on as the first of the run would be."""
    mix = after(before)
    together, alone = copy(mix), copy(mix)
    together.update_run(run, P, DELTA)
    for unit in run:
        expected = copy(mix)
        expected._wealth = list(alone._wealth)
        expected.update(unit, P, DELTA)
        alone._wealth = list(expected._wealth)
    assert together._wealth == alone._wealth
    assert together.units == mix.units + len(run)


def test_the_e_value_of_a_run_is_the_product_of_its_bets() -> None:
    """Four units of a rare category after a past of them: each as much as the first; of no units it is 1."""
    one, four = after([Y[3]] * 9), after([Y[3]] * 9)
    one.update(Y[3], P, DELTA)
    four.update_run([Y[3]] * 4, P, DELTA)
    assert one.bet > 1.0
    assert four.bet == pytest.approx(one.bet**4)
    four.update_run([], P, DELTA)
    assert four.bet == 1.0


def test_evidence_ends_at_its_maximum() -> None:
    """Of a category that production never has, unit after unit."""
    assert after([Y[0]] * 100, (0.0, 1.0, 0.0, 0.0), 0.0).evidence == MAX_EVIDENCE
