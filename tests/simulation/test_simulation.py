"""Simulated worlds hold every check, the same seed gives the same bytes, and a broken rule is noticed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.simulation.__main__ import explained
from tests.simulation.rules import Rules
from tests.simulation.simulate import simulate, worlds

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[2]
SEEDS, HOURS = range(1, 9), 25
"""Two hundred hours."""


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_is_lost_or_doubled(seed: int) -> None:
    """Whatever happens, flows and states are those of readers that nothing disturbs, and no trace lacks."""
    outcome = simulate(seed, HOURS)
    assert not outcome.broken, "\n" + explained(outcome)


def test_much_happens() -> None:
    """In a day processes end, lose partitions and get twins, and alerts are sent."""
    counts = simulate(3, 25).counts
    assert min(counts[kind] for kind in ("crashes", "freezes", "cuts", "rebalances", "twins")) > 0
    assert counts["flows"] > 50


def test_the_same_seed_gives_the_same_bytes() -> None:
    """Two runs of a seed write the same to every topic and end in the same state; another seed does not."""
    one, again, other = simulate(5, 6), simulate(5, 6), simulate(6, 6)
    assert one == again
    assert one.digest != other.digest


def test_bytes_do_not_depend_on_the_hash_seed() -> None:
    """Processes with different PYTHONHASHSEED write the same bytes."""
    code = "from tests.simulation.simulate import simulate; print(simulate(5, 6).digest)"
    printed = {
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for hash_seed in ("1", "2")
    }
    assert printed == {f"{simulate(5, 6).digest}\n"}


@pytest.mark.parametrize("rule", Rules._fields)
def test_a_broken_rule_is_noticed(rule: str) -> None:
    """Each rule is needed: without it a check fails within the hours that are simulated here."""
    rules = Rules()._replace(**{rule: False})
    outcomes = worlds(SEEDS[0], HOURS * len(SEEDS), rules, HOURS)
    broken = next(outcome.broken for outcome in outcomes if outcome.broken)
    assert "Traceback" not in broken
