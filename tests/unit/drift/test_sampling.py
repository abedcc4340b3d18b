"""What may be read from production, by how it was sampled."""

import pytest

from monitor.base.units import DAY_MS, UNIT_WEIGHT
from monitor.dimensions.outcome import OUTCOME
from monitor.dimensions.timing import TIMING
from monitor.drift.sampling import Sampling, withheld
from monitor.fingerprints.shares import Shares
from monitor.flows.flow import Outcome
from tests.rows import row


def seen(*weights: int, traces: int = 1000, every: int = 1000) -> Shares:
    """The outcomes of traces with these weights in turn, each so many ms after the one before; some fail."""
    outcomes = Shares(OUTCOME.evidence)
    for number in range(traces):
        weight = weights[number % len(weights)] * UNIT_WEIGHT
        failed = Outcome.FAILED if number % 4 == 0 else Outcome.OK
        outcomes.observe(row(number, weight=weight, outcome=failed, began=number * every), DAY_MS)
    return outcomes


@pytest.mark.parametrize(
    ("sampling", "weights", "told"),
    [
        ("none", (1,), True),
        ("head", (1,), True),
        ("unknown", (1,), False),
        ("tail", (1,), False),
        ("unknown", (100,), True),
        ("unknown", (1, 20, 20, 20), True),
        ("tail", (100,), False),
        ("tail", (1, 20, 20, 20), True),
    ],
)
def test_where_shares_of_outcomes_are_known(sampling: Sampling, weights: tuple[int, ...], told: bool) -> None:
    """By the setting, or by weights: after a tail sampler, one weight for all comes from before it."""
    assert withheld(OUTCOME.needs, sampling, seen(*weights)) is not told


def test_nothing_is_known_of_nothing() -> None:
    """Before the first bucket no weight was stated."""
    assert withheld(OUTCOME.needs, "unknown", Shares(OUTCOME.evidence))
    assert withheld(OUTCOME.needs, "tail", Shares(OUTCOME.evidence))


@pytest.mark.parametrize("weight", [1, 3, 100])
def test_forgetting_makes_no_weights(weight: int) -> None:
    """A year of decay rounds counts, and equal weights stay equal."""
    outcomes = seen(weight, traces=30_000, every=DAY_MS // 80)
    assert outcomes.weighted is (weight > 1)
    assert not outcomes.unevenly_weighted


def test_times_are_hidden_by_a_tail_sampler_alone() -> None:
    """It may keep what is slow; all others choose blindly."""
    samplings: tuple[Sampling, ...] = ("none", "head", "unknown", "tail")
    assert [withheld(TIMING.needs, each) for each in samplings] == [False, False, False, True]
