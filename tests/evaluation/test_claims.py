"""The design keeps its claims; small sizes, see `python -m tests.evaluation` for the tables."""

import numpy as np
import pytest

from tests.evaluation import claims
from tests.evaluation.delays import (
    daily_cycle,
    mix,
    mix_delays,
    mix_resolved,
    small_reference,
    structure_units,
)
from tests.evaluation.gates import ChiSquareGate, DistanceGate
from tests.evaluation.slowness import Machine, timing_delays
from tests.evaluation.streams import first_alarms
from tests.evaluation.traffic import categories, moved, zipf


def test_a_quiet_fleet_keeps_its_budget() -> None:
    """In two million updates of streams like production at most three false pages occur."""
    claims.quiet_fleet()


def test_tolerated_differences_are_not_paged() -> None:
    """Mixes, rates and times that differ by less than the tolerance give at most one false page."""
    claims.tolerated_differences()


def test_repeats_of_a_case_are_one_unit() -> None:
    """Forty traces of four cases are four units: repeats give no false alarm in 100 runs."""
    claims.repeated_traces()


def test_a_common_cause_of_a_run_is_borne() -> None:
    """Fifty cases that share a cause are at most four units: no false alarm in 200 runs."""
    claims.capped_runs()


def test_the_bound_holds_at_the_end_of_the_null() -> None:
    """At the very end of what is tolerated, n updates bring at most n / A alarms."""
    claims.bound_at_the_boundary()


@pytest.mark.parametrize(
    ("traces", "threshold", "most"), [(20_000, 1e6, 3), (20_000, 1e9, 4), (1000, 1e6, 6), (1000, 1e9, 8)]
)
@pytest.mark.parametrize("appears", [False, True])
@pytest.mark.parametrize("history", [0, 100])
def test_structure_is_told_in_a_few_units(
    traces: int, threshold: float, most: int, appears: bool, history: int
) -> None:
    """An edge that appears or vanishes is found within 3 to 8 units, by size and threshold."""
    assert structure_units(traces, appears, history, threshold) <= most


@pytest.mark.parametrize(("tv", "from_start", "after_history"), [(0.3, 88, 101), (0.5, 32, 41)])
def test_a_mix_is_told(tv: float, from_start: int, after_history: int) -> None:
    """A mix that moved is found within 1.2 times the median units that the design promises."""
    rng, law = np.random.default_rng(1), moved(zipf(), tv)
    for history, promised in ((0, from_start), (2000, after_history)):
        first = mix_delays(rng, mix(0.1), law, [1e6], streams=100, history=history, units=600)
        assert np.median(first) <= 1.2 * promised


def test_a_mix_resolves_when_it_is_over() -> None:
    """A drift of a mix does not end while it lasts, and ends within 100 units once it is over."""
    closed, over = mix_resolved(np.random.default_rng(2), 0.3, 0.05, streams=100)
    assert closed <= 0.01
    assert np.median(over) <= 100


def test_a_slower_operation_is_told_whatever_the_machine() -> None:
    """An operation twice as slow is found in at most 100 units (median), and no other one."""
    told = timing_delays(np.random.default_rng(3), 2.0, streams=16, length=120, traces=2)
    assert np.median(told.changed) <= 100
    assert not np.isfinite(told.others).any()


def test_a_slower_machine_is_not_told() -> None:
    """On a machine three times slower, with less scatter, no operation is found."""
    told = timing_delays(np.random.default_rng(4), 1.0, machine=Machine(3.0, 0.6), streams=6, length=400)
    assert not np.isfinite(told.changed).any()
    assert not np.isfinite(told.others).any()


def test_a_small_reference_is_allowed_for() -> None:
    """From 100 production traces: an equality test alarms, the tolerance that knows its error does not."""
    rng = np.random.default_rng(5)
    assert small_reference(rng, 100, 0.001, streams=50) > 0.5
    assert small_reference(rng, 100, 0.291, streams=50) == 0.0


def test_a_daily_cycle_is_borne() -> None:
    """Units of a mix that swings by .15: all day within a tolerance of .1, at night alone within .15."""
    assert daily_cycle(np.random.default_rng(6), 0.1, 0.15, streams=30) == 0.0
    assert daily_cycle(np.random.default_rng(7), 0.15, 0.15, nightly=True, streams=30) == 0.0


def test_gates_of_equality_page_tolerated_differences() -> None:
    """Chi-square and Jensen-Shannon alarm on nearly every stream with a tolerated difference."""
    rng, p = np.random.default_rng(7), zipf()
    production, law = np.broadcast_to(p, (50, 8)), moved(p, 0.05)
    for gate in (ChiSquareGate(production), DistanceGate(production, "js", 0.1)):
        first = first_alarms(gate.update, lambda _: categories(rng, law, 50), 4000, [1.0])
        assert np.isfinite(first).mean() > 0.95
