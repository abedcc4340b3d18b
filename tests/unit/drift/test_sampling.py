"""What may be read from production, by how it was sampled."""

import pytest

from monitor.base.units import UNIT_WEIGHT
from monitor.drift.sampling import Sampling, tells_outcomes, tells_times
from monitor.fingerprints.days import DAY_MS
from monitor.fingerprints.outcomes import Outcomes
from monitor.flows.flow import Outcome
from tests.rows import row


def seen(*weights: int, traces: int = 1000, every: int = 1000) -> Outcomes:
    """The outcomes of traces with these weights in turn, each so many ms after the one before; some fail."""
    outcomes = Outcomes()
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
    assert tells_outcomes(sampling, seen(*weights)) is told


def test_nothing_is_known_of_nothing() -> None:
    """Before the first bucket no weight was stated."""
    assert not tells_outcomes("unknown", Outcomes())
    assert not tells_outcomes("tail", Outcomes())


@pytest.mark.parametrize("weight", [1, 3, 100])
def test_forgetting_makes_no_weights(weight: int) -> None:
    """A year of decay rounds counts, and equal weights stay equal."""
    outcomes = seen(weight, traces=30_000, every=DAY_MS // 80)
    assert outcomes.weighted is (weight > 1)
    assert not outcomes.unevenly_weighted


def test_times_are_hidden_by_a_tail_sampler_alone() -> None:
    """It may keep what is slow; all others choose blindly."""
    assert [tells_times(each) for each in ("none", "head", "unknown", "tail")] == [True, True, True, False]
