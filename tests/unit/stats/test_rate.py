"""The `Rate` e-detector: its guarantee, its state, its manners. Its power is in test_rate_power.py."""

import json
import math
import random
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.stats.detector import MAX_EVIDENCE
from monitor.stats.interval import clopper_pearson, widened
from monitor.stats.mix import Mix
from monitor.stats.packed import packed, unpacked
from monitor.stats.rate import MAX_SKIPPED, Rate

UNITS = st.lists(st.floats(0.0, 1.0) | st.sampled_from([0.0, 1.0]), max_size=60)


class Null(NamedTuple):
    """What production says: an interval and its rate."""

    low: float
    high: float
    prior: float


def null_of(k: int, n: int) -> Null:
    return Null(*widened(*clopper_pearson(k, n), 3.0), k / n)


NULLS = st.integers(1, 50_000).flatmap(lambda n: st.integers(0, n).map(lambda k: null_of(k, n)))
ALWAYS = null_of(20_000, 20_000)


def after(units: list[float], null: Null) -> Rate:
    rate = Rate()
    for x in units:
        rate.update(x, *null)
    return rate


def copy(rate: Rate) -> Rate:
    return Rate.unpack(rate.pack())


@given(UNITS, NULLS, st.floats(0.0, 1.0))
def test_no_rate_inside_the_null_is_expected_to_gain(units: list[float], null: Null, share: float) -> None:
    """After any past, E[M] <= M + 1 and E[S] <= 1 for every rate from the null's low to its high end."""
    rate = after(units, null)
    q = null.low + share * (null.high - null.low)
    for true_rate in (null.low, q, null.high):
        absent, present = copy(rate).update(0.0, *null), copy(rate).update(1.0, *null)
        expected = (1.0 - true_rate) * absent + true_rate * present
        assert expected <= (rate.evidence + 1.0) * (1.0 + 1e-9)


@given(NULLS, st.floats(0.0, 1.0))
def test_the_first_bet_is_fair_at_both_ends(null: Null, share: float) -> None:
    """A first unit's M is its S: S(0)(1-q) + S(1)q <= 1 for q in [low, high]."""
    s0, s1 = Rate().update(0.0, *null), Rate().update(1.0, *null)
    for q in (null.low, null.low + share * (null.high - null.low), null.high):
        assert s0 * (1.0 - q) + s1 * q <= 1.0 + 1e-12


def test_one_absent_unit_is_odds_of_ninety() -> None:
    """Where 20,000 of 20,000 traces have an edge, one unit without it gives evidence of about 90."""
    assert Rate().update(0.0, *ALWAYS) == pytest.approx(90.5, abs=1.0)


def test_a_unit_inside_the_tolerance_earns_nothing() -> None:
    """While the prediction is inside nobody bets, and evidence stands still."""
    assert after([0.5] * 40, null_of(50, 100)).evidence == 0.0


@given(UNITS, NULLS, st.floats(0.0, 1.0))
def test_evidence_is_linear_in_the_unit(units: list[float], null: Null, x: float) -> None:
    """A unit of share x is worth the mix of a hit and a miss: so clusters may be averaged."""
    rate = after(units, null)
    mixed = x * copy(rate).update(1.0, *null) + (1.0 - x) * copy(rate).update(0.0, *null)
    assert copy(rate).update(x, *null) == pytest.approx(mixed, rel=1e-9)


@pytest.mark.parametrize("end", ["low", "high"])
@pytest.mark.parametrize("cluster", [1, 5])
def test_false_alarms_stay_within_the_budget(end: str, cluster: int) -> None:
    """At the end of the null, with clusters of identical cases too, n updates bring at most n / A alarms."""
    null, rng, threshold = null_of(500, 1000), random.Random(20_824), 30.0
    true_rate, rate, alarms, updates = getattr(null, end), Rate(), 0, 40_000
    for _ in range(updates):
        x = sum([float(rng.random() < true_rate)] * cluster) / cluster
        if rate.update(x, *null) >= threshold:
            alarms, rate = alarms + 1, Rate()
    assert 0 < alarms <= updates / threshold


@given(UNITS, UNITS, NULLS)
def test_a_detector_comes_back_from_json_exactly(before: list[float], later: list[float], null: Null) -> None:
    """Stored and loaded, a detector goes on to the same numbers, bit by bit."""
    rate = after(before, null)
    loaded = Rate.unpack(json.loads(json.dumps(rate.pack(), allow_nan=False)))
    for x in later:
        rate.update(x, *null)
        loaded.update(x, *null)
    assert loaded.pack() == rate.pack()
    assert (loaded.evidence, loaded.units, loaded.onset_units) == (
        rate.evidence,
        rate.units,
        rate.onset_units,
    )


def test_a_packed_detector_of_another_length_is_refused() -> None:
    """A state that was cut off, or is of another kind, is reported, not guessed at."""
    with pytest.raises(ValueError, match="remembers 8 numbers, not 20"):
        Rate.unpack(Mix(4).pack())
    with pytest.raises(ValueError, match="at least 5 numbers, not 1"):
        Rate.unpack(packed([0, 0], [1.0]))
    with pytest.raises(ValueError, match="cut off"):
        Rate.unpack(Rate().pack()[:-4])


@given(st.lists(st.tuples(*[st.floats()] * 4), max_size=40))
def test_no_input_makes_the_state_infinite(updates: list[tuple[float, float, float, float]]) -> None:
    """Whatever is fed, every number of the state stays finite and evidence within its bounds."""
    rate = Rate()
    for update in updates:
        evidence = rate.update(*update)
        assert 0.0 <= evidence <= MAX_EVIDENCE
        assert all(map(math.isfinite, unpacked(rate.pack(), 2)[1]))


def test_evidence_ends_at_its_cap() -> None:
    """A drift of years does not overflow: evidence stops at the cap, and falls when the drift ends."""
    rate = after([0.0] * 400, ALWAYS)
    assert rate.evidence == MAX_EVIDENCE
    assert rate.onset_units == 400
    assert after([0.0] * 400 + [1.0] * 50, ALWAYS).evidence < MAX_EVIDENCE


def test_a_certain_null_can_still_be_refuted() -> None:
    """A null of exactly 1, or exactly 0, is refuted by one unit without a division by zero."""
    assert 1e10 < Rate().update(0.0, 1.0, 1.0, 1.0) < MAX_EVIDENCE
    assert 1e10 < Rate().update(1.0, 0.0, 0.0, 0.0) < MAX_EVIDENCE


@pytest.mark.parametrize("bad", [(math.nan, 0.1, 0.9, 0.5), (1.0, 0.1, 0.9, math.nan), (1.0, 0.9, 0.1, 0.5)])
def test_a_unit_that_means_nothing_is_ignored(bad: tuple[float, float, float, float]) -> None:
    """A NaN, or an interval turned around, changes nothing."""
    rate = after([1.0, 0.0], ALWAYS)
    before = rate.pack()
    assert rate.update(*bad) == rate.evidence
    assert rate.pack() == before


@pytest.mark.parametrize(("bad", "mended"), [(-0.5, 0.0), (1.5, 1.0), (math.inf, 1.0)])
def test_shares_outside_zero_to_one_are_clamped(bad: float, mended: float) -> None:
    """A share just beyond its range, by rounding, counts as the end of the range."""
    assert after([bad], ALWAYS).pack() == after([mended], ALWAYS).pack()
    moved = ALWAYS._replace(prior=bad)
    assert after([0.0], moved).pack() == after([0.0], ALWAYS._replace(prior=mended)).pack()


@pytest.mark.parametrize(("missed", "folded"), [(0, 0), (7, 7), (10_000, MAX_SKIPPED)])
def test_units_before_the_first_sight_count_as_absences(missed: int, folded: int) -> None:
    """A stream first seen at a path's n-th unit starts as if the others had lacked it, at most 512."""
    null, rate = null_of(0, 1000), Rate()
    rate.skipped(missed, 0.0, *null)
    assert rate.pack() == after([0.0] * folded, null).pack()
    assert rate.units == folded


@pytest.mark.parametrize("before", [0, 10, 300])
def test_the_onset_is_where_the_drift_began(before: int) -> None:
    """After any number of units like production, the suspected ones are those that lack the edge."""
    rate = after([1.0] * before, ALWAYS)
    assert rate.onset_units == 0
    for _ in range(4):
        rate.update(0.0, *ALWAYS)
    assert rate.onset_units == 4


def test_the_onset_is_forgotten_with_the_drift() -> None:
    """One odd unit, followed by a long time as production has it, is no onset any more."""
    assert after([0.0] + [1.0] * 2000, ALWAYS).onset_units == 0


@given(UNITS, UNITS, NULLS)
def test_the_units_of_a_run_do_not_teach_each_other(
    before: list[float], run: list[float], null: Null
) -> None:
    """Each is bet on as the first of the run would be; what is learnt in the end is the same."""
    rate = after(before, null)
    together, alone = copy(rate), copy(rate)
    together.update_run(run, *null)
    for x in run:
        expected = copy(rate)
        expected._wealth = list(alone._wealth)
        expected.update(x, *null)
        alone._wealth = list(expected._wealth)
    assert together._wealth == alone._wealth
    for x in run:
        rate.update(x, *null)
    assert (together._hits, together._weights, together.units) == (rate._hits, rate._weights, rate.units)


def test_the_e_value_of_a_run_is_the_product_of_its_bets() -> None:
    """Four units without an edge that all production has: each as much as the first."""
    rate = Rate()
    first = rate.update(0.0, *ALWAYS)
    rate = Rate()
    rate.update_run([0.0] * 4, *ALWAYS)
    assert rate.bet == pytest.approx(first**4)
    rate.update_run([], *ALWAYS)
    assert rate.bet == 1.0


@given(UNITS, NULLS, st.floats(0.0, 1.0))
def test_a_run_of_one_unit_is_an_update(units: list[float], null: Null, x: float) -> None:
    """A run of one unit gives the evidence of a single update."""
    one, other = after(units, null), after(units, null)
    one.update(x, *null)
    other.update_run([x], *null)
    assert one.pack() == other.pack()


def test_what_means_nothing_in_a_run_is_ignored() -> None:
    """A NaN among the units, or for the interval, changes nothing; shares outside are clamped."""
    one, other = after([1.0], ALWAYS), after([1.0], ALWAYS)
    one.update_run([math.nan, 1.5, math.nan], *ALWAYS)
    other.update(1.0, *ALWAYS)
    assert one.pack() == other.pack()
    for bad in ((math.nan, 1.0, 1.0), (0.9, 0.1, 0.5), (0.1, 0.9, math.nan)):
        assert one.update_run([0.0], *bad) == other.evidence
    assert one.pack() == other.pack()
