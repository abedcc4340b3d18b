"""The laws, on seeds that are fixed.

FLOWDRIFT_METAMORPHIC   how many seeds of law (a) to try, and of the other laws what belongs to them
"""

import os

import pytest

from tests.metamorphic.explained import explained
from tests.metamorphic.sweep import seeds_of
from tests.metamorphic.trials import LAWS, Trial

QUICK = 12
"""Seeds of law (a) that `make test` tries; the others are slow."""
SEEDS = int(os.environ.get("FLOWDRIFT_METAMORPHIC", "200"))


def of_law(law: str) -> pytest.MarkDecorator:
    """The seeds of a law, those beyond the first ones marked slow."""
    quick, seeds = len(seeds_of(law, 0, QUICK)), seeds_of(law, 0, SEEDS)
    slow = [pytest.param(seed, marks=pytest.mark.slow) for seed in seeds[quick:]]
    return pytest.mark.parametrize("seed", [*seeds[:quick], *slow])


def hold(trial: Trial) -> None:
    """The law holds; else all about the trial is printed."""
    outcome = trial.run()
    assert not outcome.broken, "\n" + explained(trial, outcome)


@of_law("faithful")
def test_a_faithful_suite_is_faithful(seed: int) -> None:
    """Where tests do what production does, flows are what a person counts, and nothing is wrong."""
    hold(LAWS["faithful"](seed))


@of_law("same")
def test_another_observation_is_judged_the_same(seed: int) -> None:
    """Under any one or two transformations a system is judged the same, or a hint says why not."""
    hold(LAWS["same"](seed))


@of_law("changes")
def test_another_system_is_not_judged_the_same(seed: int) -> None:
    """A real difference is reported under any transformations, or at least no `ok` denies it."""
    hold(LAWS["changes"](seed))


@of_law("ok")
def test_an_ok_would_not_be_one_without_what_it_claims(seed: int) -> None:
    """Without any one call or answer that an `ok` claims, in as many test runs, there is no `ok`."""
    hold(LAWS["ok"](seed))
