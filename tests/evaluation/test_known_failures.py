"""What other judges are known to get wrong, with the numbers of the public reports: no false pass here.

Sources: spinnaker/kayenta issues 780 (case 1), 426 and 799; spinnaker/spinnaker issue 6278 (a comment of
2021-07-12); evidentlyai/evidently issue 50, which gives no numbers, so its are made. One value of a
report is one unit; each test shows the other judge on the same numbers first. Where a report's own control
is too small to say anything the right verdict is `insufficient`; with a reference such as a monitor has
after a day it is `drift`.
"""

from collections.abc import Sequence

import numpy as np
import pytest

from monitor.drift.verdict import State
from monitor.stats.histogram import Histogram, bin_of
from monitor.stats.timing import Distribution
from tests.evaluation.gates import psi
from tests.evaluation.judges import (
    chi_square_drifts,
    kolmogorov_drifts,
    mann_whitney_judge,
    shift_interval,
)
from tests.evaluation.states import mean_states, mix_states, rate_states, worst
from tests.evaluation.traffic import moved, zipf

A_DAY = 20_000
"""Production traces that a monitor knows after a day of one every four seconds."""

SPARSE = [0.0, 1.0, 2.0, 1.0, 0.0, 0.0]
EVERY_FIFTH = [1.0, 0, 0, 0, 0, 2.0, 0, 0, 0, 0, 1.0, 0, 0, 0, 0, 2.0, 0, 0, 0, 0, 1.0, 0, 0, 0, 0]
NARROW = [10.0, 10.1, 10.2, 10.3, 10.4, 10.5, 10.6, 17.0, 17.1, 17.2, 17.3, 17.4, 17.5, 17.6, 17.7]
WIDE = [1.0, 100.0, 4.0, 101.0, 5.0, 102.0, 6.0, 103.0, 7.0, 104.0, 8.0, 105.0, 9.0, 106.0, 17.0]


def error_states(errors: Sequence[float], traces: int) -> list[State]:
    """Errors against `traces` production traces without one: a rate never seen, and the mix of outcomes."""
    present = [float(count > 0) for count in errors]
    outcomes = [(1.0 - x, x) for x in present]
    return worst(rate_states(present, 0, traces), mix_states(outcomes, (1.0, 0.0), traces, 0.2))


@pytest.mark.parametrize("errors", [SPARSE, EVERY_FIFTH], ids=["kayenta-426", "kayenta-799"])
def test_errors_that_production_never_had_do_not_pass(errors: list[float]) -> None:
    """Sparse errors against none: passed as outliers there; drift here, or too little is known."""
    assert mann_whitney_judge(errors, [0.0] * len(errors)) == "pass"
    assert set(error_states(errors, len(errors))) == {State.INSUFFICIENT}
    assert State.OK not in error_states(errors, A_DAY)
    assert error_states(errors, A_DAY)[-1] is State.DRIFT


def test_a_control_without_data_does_not_pass() -> None:
    """Kayenta 799: with missing values removed the control is empty; that is insufficient, not a verdict."""
    errors = [count for count in EVERY_FIFTH if count]
    assert mann_whitney_judge(errors, []) == "nodata"
    assert set(error_states(errors, 0)) == {State.INSUFFICIENT}
    assert error_states(errors, A_DAY)[-1] is State.DRIFT


def slow_states(slow: int, times: int) -> list[State]:
    """`slow` of ten values at 100 and the others at 1, where production has only 1, so many times over."""
    known = Distribution(Histogram({bin_of(1_000_000): 10}))
    values = ([100_000_000] * slow + [1_000_000] * (10 - slow)) * times
    xs = [Distribution(Histogram({bin_of(value): 1})).mean_pit(known, 0) for value in values]
    return list(mean_states(xs, 0.15))


def test_seven_of_ten_values_a_hundred_times_larger_do_not_pass() -> None:
    """Spinnaker 6278: there seven of ten pass and eight fail; here ten values decide neither, eighty both."""
    assert shift_interval(np.array([100.0] * 7 + [1.0] * 3), np.ones(10)) == pytest.approx(
        (6.825022991538781e-5, 98.99992904170193, 99.0)
    )
    assert mann_whitney_judge([100.0] * 7 + [1.0] * 3, [1.0] * 10) == "pass"
    assert mann_whitney_judge([100.0] * 8 + [1.0] * 2, [1.0] * 10) == "high"
    for slow in (7, 8):
        assert set(slow_states(slow, 1)) == {State.INSUFFICIENT}
        states = slow_states(slow, 8)
        assert State.OK not in states
        assert states[-1] is State.DRIFT


def fifths(values: Sequence[float], control: Sequence[float]) -> list[tuple[float, ...]]:
    """Each value as one of the fifths of the control that it lies in, as a unit."""
    ends = np.quantile(control, [0.2, 0.4, 0.6, 0.8])
    return [tuple([float(y == place) for y in range(5)]) for place in np.searchsorted(ends, values)]


@pytest.mark.parametrize(("experiment", "control"), [(NARROW, WIDE), (WIDE, NARROW)])
def test_another_spread_around_the_same_middle_does_not_pass(
    experiment: list[float], control: list[float]
) -> None:
    """Kayenta 780, case 1, either way round: a location cannot see it, so the shape is a mix of its own."""
    ranks = np.searchsorted(np.sort(control), experiment) / len(control)
    assert mann_whitney_judge(experiment, control) == "pass"
    assert mann_whitney_judge(experiment * 20, control * 20) == "pass"
    assert list(mean_states(ranks.tolist() * 20, 0.15))[-1] is State.OK
    shape = fifths(experiment, control)
    production = tuple(np.mean(fifths(control, control), axis=0).tolist())
    assert set(mix_states(shape * 20, production, len(control), 0.1)) == {State.INSUFFICIENT}
    known = list(mix_states(shape * 20, production, A_DAY, 0.1))
    assert State.OK not in known
    assert known[-1] is State.DRIFT


def test_a_tolerated_difference_is_no_drift_at_any_size() -> None:
    """Evidently 50: 5 % of the data says no drift and all of it drift; here units only make it certain."""
    rng, p = np.random.default_rng(1), zipf()
    drawn, reference = rng.choice(8, 10_000, p=moved(p, 0.04, 4)), rng.choice(8, A_DAY, p=p)
    few, many, known = (np.bincount(each, minlength=8).tolist() for each in (drawn[:500], drawn, reference))
    assert not chi_square_drifts(few, known)
    assert chi_square_drifts(many, known)
    units, production = np.eye(8)[drawn].tolist(), tuple([count / A_DAY for count in known])
    assert_ok_once_certain(list(mix_states(units, production, A_DAY, 0.1)))


def test_a_tolerated_slowness_is_no_drift_at_any_size() -> None:
    """Times 3 % slower are called drift by Kolmogorov and Smirnov at size; here they become ok."""
    rng = np.random.default_rng(8)
    reference, slower = np.sort(rng.normal(0.0, 0.6, A_DAY)), rng.normal(0.03, 0.6, 10_000)
    assert not kolmogorov_drifts(slower[:500], reference)
    assert kolmogorov_drifts(slower, reference)
    xs = np.searchsorted(reference, slower) / A_DAY
    assert_ok_once_certain(list(mean_states(xs.tolist(), 0.1)))


def assert_ok_once_certain(states: list[State]) -> None:
    """Insufficient first, never worse, later ok; in between chance may take it back to insufficient."""
    assert set(states) == {State.INSUFFICIENT, State.OK}
    assert states[0] is State.INSUFFICIENT
    assert set(states[1000:]) == {State.OK}


def test_a_few_units_like_production_are_no_drift() -> None:
    """A distance without its noise floor depends on size the other way: PSI calls 35 units drift."""
    rng, p = np.random.default_rng(4), zipf()
    drawn = rng.choice(8, (200, 35), p=p)
    shares = np.array([np.bincount(row, minlength=8) for row in drawn]) / 35
    assert (psi(np.broadcast_to(p, shares.shape), shares) > 0.2).mean() > 0.3
    for row in drawn:
        units = np.eye(8)[row].tolist()
        assert set(mix_states(units, tuple(p.tolist()), A_DAY, 0.1)) == {State.INSUFFICIENT}


def test_a_real_difference_is_no_pass_at_any_size() -> None:
    """Half of the traffic elsewhere goes from insufficient to drift, and never through ok."""
    rng, p = np.random.default_rng(2), zipf()
    units = np.eye(8)[rng.choice(8, 500, p=moved(p, 0.5))].tolist()
    states = list(mix_states(units, tuple(p.tolist()), A_DAY, 0.1))
    assert [state.rank for state in states] == sorted(state.rank for state in states)
    assert (states[0], states[-1]) == (State.INSUFFICIENT, State.DRIFT)
    assert State.OK not in states
