"""The `Mean` e-detector: its guarantee, its state, its manners."""

import json
import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.stats.detector import MAX_EVIDENCE
from monitor.stats.mean import Mean
from monitor.stats.mix import Mix
from monitor.stats.packed import packed, unpacked

NULL = (0.4, 0.6)
UNITS = st.lists(st.floats(0.0, 1.0) | st.sampled_from([0.0, 1.0]), max_size=60)
NULLS = st.tuples(st.floats(0.0, 1.0), st.floats(0.0, 1.0)).map(lambda ends: (min(ends), max(ends)))


def after(units: list[float], null: tuple[float, float] = NULL) -> Mean:
    mean = Mean()
    for x in units:
        mean.update(x, *null)
    return mean


def copy(mean: Mean) -> Mean:
    return Mean.unpack(mean.pack())


@given(UNITS, NULLS, st.floats(0.0, 1.0), st.floats(0.0, 1.0))
def test_no_mean_within_the_tolerance_is_expected_to_gain(
    units: list[float], null: tuple[float, float], share: float, spread: float
) -> None:
    """After any past, E[M] <= M + 1 for laws of two points around any mean in the interval."""
    mean = after(units, null)
    for mu in (null[0], null[0] + share * (null[1] - null[0]), null[1]):
        less, more = mu - spread * mu, mu + spread * (1.0 - mu)
        chance = (mu - less) / (more - less) if more > less else 0.0
        below, above = copy(mean).update(less, *null), copy(mean).update(more, *null)
        assert (1.0 - chance) * below + chance * above <= (mean.evidence + 1.0) * (1.0 + 1e-9)


@given(UNITS, NULLS, st.floats(0.0, 1.0))
def test_no_unit_ruins_a_bettor(units: list[float], null: tuple[float, float], x: float) -> None:
    """At most 95 % are at stake: one odd unit never wipes out what others have shown."""
    mean = after(units, null)
    assert mean.update(x, *null) >= 0.0
    assert mean.bet >= 0.05 - 1e-9


def test_false_alarms_stay_within_the_budget() -> None:
    """At the end of the interval, n updates bring at most n / A alarms, and some."""
    rng, mean, alarms, updates = random.Random(9), Mean(), 0, 30_000
    for _ in range(updates):
        if mean.update(float(rng.random() < 0.6), *NULL) >= 30.0:
            mean, alarms = Mean(), alarms + 1
    assert 0 < alarms <= updates / 30.0


@pytest.mark.parametrize(("x", "mirrored"), [(0.8, 0.2), (0.95, 0.05)])
def test_slower_and_faster_are_alike(x: float, mirrored: float) -> None:
    """The bets on both sides mirror each other."""
    assert after([x] * 20).evidence == pytest.approx(after([mirrored] * 20).evidence)


def test_a_mean_beyond_the_tolerance_is_told() -> None:
    """At .83 (twice as slow) 1e6 is reached within 60 units, with the onset; at .5 nothing happens."""
    rng = random.Random(2)
    mean = after([rng.random() for _ in range(300)])
    assert mean.evidence < 1e3
    for _ in range(60):
        mean.update(rng.betavariate(4.0, 0.82), *NULL)
    assert mean.evidence > 1e6
    assert 40 <= mean.onset_units <= 75


@given(UNITS, UNITS)
def test_a_detector_comes_back_from_json_exactly(before: list[float], later: list[float]) -> None:
    """Stored and loaded, a detector goes on to the same numbers, bit by bit."""
    mean = after(before)
    loaded = Mean.unpack(json.loads(json.dumps(mean.pack(), allow_nan=False)))
    for x in later:
        mean.update(x, *NULL)
        loaded.update(x, *NULL)
    assert loaded.pack() == mean.pack()
    assert (loaded.evidence, loaded.units, loaded.onset_units) == (
        mean.evidence,
        mean.units,
        mean.onset_units,
    )


def test_a_packed_detector_of_another_length_is_refused() -> None:
    """A state that was cut off, or is of another kind, is reported, not guessed at."""
    with pytest.raises(ValueError, match="remembers 9 numbers, not 21"):
        Mean.unpack(Mix(4).pack())
    with pytest.raises(ValueError, match="at least 4 numbers, not 1"):
        Mean.unpack(packed([0, 0], [1.0]))
    with pytest.raises(ValueError, match="cut off"):
        Mean.unpack(Mean().pack()[:-4])


@given(st.lists(st.tuples(*[st.floats()] * 3), max_size=40))
def test_no_input_makes_the_state_infinite(updates: list[tuple[float, float, float]]) -> None:
    """Whatever is fed, every number of the state stays finite and evidence within its bounds."""
    mean = Mean()
    for update in updates:
        assert 0.0 <= mean.update(*update) <= MAX_EVIDENCE
        assert all(map(math.isfinite, unpacked(mean.pack(), 2)[1]))


@pytest.mark.parametrize(
    "bad", [(math.nan, *NULL), (0.5, math.nan, 0.6), (0.5, 0.4, math.nan), (0.5, 0.6, 0.4)]
)
def test_a_unit_that_means_nothing_is_ignored(bad: tuple[float, float, float]) -> None:
    """A NaN, or an interval turned around, changes nothing."""
    mean = after([0.1, 0.9])
    before = mean.pack()
    assert mean.update(*bad) == mean.evidence
    assert mean.pack() == before


@pytest.mark.parametrize(("bad", "mended"), [(-0.5, 0.0), (1.5, 1.0), (math.inf, 1.0)])
def test_units_outside_zero_to_one_are_clamped(bad: float, mended: float) -> None:
    """A value just beyond its range, by rounding, counts as the end of the range."""
    assert after([bad]).pack() == after([mended]).pack()


@given(UNITS, UNITS, NULLS)
def test_the_units_of_a_run_do_not_teach_each_other(
    before: list[float], run: list[float], null: tuple[float, float]
) -> None:
    """Each is bet on as the first of the run would be; what is learnt in the end is the same."""
    mean = after(before, null)
    together, alone = copy(mean), copy(mean)
    together.update_run(run, *null)
    for x in run:
        expected = copy(mean)
        expected._wealth = list(alone._wealth)
        expected.update(x, *null)
        alone._wealth = list(expected._wealth)
    assert together._wealth == alone._wealth
    for x in run:
        mean.update(x, *null)
    assert (together.level, together.units) == (mean.level, mean.units)


def test_the_e_value_of_a_run_is_the_product_of_its_bets() -> None:
    """Four slow units after a slow past: each as much as the first; of no units it is 1."""
    one, four = after([1.0] * 9), after([1.0] * 9)
    one.update(1.0, *NULL)
    four.update_run([1.0] * 4, *NULL)
    assert one.bet > 1.0
    assert four.bet == pytest.approx(one.bet**4)
    four.update_run([], *NULL)
    assert four.bet == 1.0
