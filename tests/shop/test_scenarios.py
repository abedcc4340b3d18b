"""The acceptance scenarios on generated shops, each beside its quiet twin.

`python -m tests.shop SEED SCENARIO` prints what one of them is found to be.
"""

from random import Random

import pytest

from tests.shop.judged import problems
from tests.shop.playing import play
from tests.shop.scenario import Scenario
from tests.shop.table import PLAYED, SCENARIOS

SEEDS = (3, 2)
"""A shop takes about a minute; `make evaluate` plays twenty."""
BY_NAME = {scenario.name: scenario for scenario in SCENARIOS}
CONTROL_SEED = SEEDS[0]
PLAYS = [
    pytest.param(seed, scenario, id=f"{scenario.name}-{seed}")
    for place, seed in enumerate(SEEDS)
    for scenario in PLAYED
    if place < scenario.seeds
]
"""By seed, as scenarios of one share what comes before them."""

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(("seed", "scenario"), PLAYS)
def test_what_is_injected_is_reported_in_time_and_nothing_else(seed: int, scenario: Scenario) -> None:
    """Of each scenario the report says what its row demands, within the promised units, and no more."""
    wrong = problems(play(scenario, seed))
    assert bool(wrong) == bool(scenario.wrong), "\n".join([scenario.wrong, *wrong])


def test_what_is_not_injected_is_missed() -> None:
    """The control: of a suite in which nothing differs the report is held to have missed the difference."""
    quiet = play(BY_NAME["quiet_and_small"], CONTROL_SEED)
    row = BY_NAME["size_invariant"]
    injected = row.inject(quiet.shop, Random(0))
    assert problems(quiet._replace(scenario=row, injected=injected))


def test_what_is_reported_beside_it_is_noticed() -> None:
    """The control: a finding that the row does not name is wrong, and so is its page."""
    played = play(BY_NAME["size_invariant"], CONTROL_SEED)
    wrong = problems(played._replace(scenario=BY_NAME["quiet_and_small"]))
    assert any(each.startswith("reported beside it: structure") for each in wrong)
    assert any(each.startswith("an alert beside it") for each in wrong)
