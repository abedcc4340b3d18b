"""How flows end in production: shares, their effective size, and how they vary by the hour."""

import orjson
import pytest

from monitor.base.units import DAY_MS, Weight
from monitor.dimensions.outcome import OUTCOME
from monitor.fingerprints.buckets import LEAST
from monitor.fingerprints.shares import Shares
from monitor.flows.flow import Outcome
from tests.rows import row

HALF_LIFE = 7 * DAY_MS


def observe(outcomes: Shares, failed: int, ok: int, *, began: int = 0, weight: int = 1024) -> None:
    ends = [Outcome.FAILED] * failed + [Outcome.OK] * ok
    for n, outcome in enumerate(ends):
        flow = row(n, outcome=outcome, began=began, weight=weight)
        outcomes.observe(flow, HALF_LIFE)


def test_shares_are_those_of_ended_buckets() -> None:
    """Nothing is known before the first bucket ends; then its shares and its size are."""
    outcomes = Shares(OUTCOME.evidence)
    observe(outcomes, 16, LEAST - 16)
    assert (outcomes.shares, outcomes.size) == ((0.0, 0.0, 0.0), 0.0)
    observe(outcomes, 0, 1)
    assert (outcomes.shares, outcomes.size) == ((0.75, 0.0, 0.25), float(LEAST))


def test_weights_count_and_lessen_the_size() -> None:
    """A failure that stands for three others counts for them, and the reference is worth less for it."""
    outcomes = Shares(OUTCOME.evidence)
    observe(outcomes, 16, 0, weight=4096)
    observe(outcomes, 0, LEAST - 16 + 1)
    assert outcomes.shares == (48 / 112, 0.0, 64 / 112)
    assert outcomes.size == pytest.approx(112**2 / (48 + 16 * 16))


def test_the_spread_is_between_hours() -> None:
    """Production that fails by half in every other hour is far from itself."""
    outcomes = Shares(OUTCOME.evidence)
    for hour in range(12):
        observe(outcomes, 50 * (hour % 2), 100 - 50 * (hour % 2), began=hour * 3_600_000)
    assert 0.2 < (outcomes.spread.floor or 0.0) < 0.5


def test_traces_that_weigh_nothing_are_no_reference_and_no_spread() -> None:
    """A weight of zero is possible; nothing is divided by it, and it makes production differ from itself."""
    outcomes = Shares(OUTCOME.evidence)
    for hour in range(12):
        observe(outcomes, 10, 90, began=hour * 3_600_000, weight=0)
    assert (outcomes.size, outcomes.spread.floor) == (0.0, None)
    observe(outcomes, 10, 90, began=12 * 3_600_000)
    observe(outcomes, 10, 90, began=13 * 3_600_000, weight=0)
    observe(outcomes, 0, 1, began=14 * 3_600_000)
    assert (outcomes.size, outcomes.spread.counts) == (100.0, {})


def test_the_largest_weights_can_be_stored() -> None:
    """Squares pass 64 bits, and come back."""
    outcomes = Shares(OUTCOME.evidence)
    observe(outcomes, 50, 50, weight=Weight(1 << 40))
    stored = orjson.loads(orjson.dumps(outcomes.pack()))
    assert Shares.unpack(OUTCOME.evidence, stored).pack() == outcomes.pack()


def test_after_many_half_lives_nothing_is_left_of_what_was() -> None:
    """A year later the reference is what came since."""
    outcomes = Shares(OUTCOME.evidence)
    observe(outcomes, LEAST, 1)
    observe(outcomes, 0, LEAST, began=365 * DAY_MS)
    observe(outcomes, 0, LEAST, began=730 * DAY_MS)
    observe(outcomes, 0, 1, began=730 * DAY_MS)
    assert outcomes.shares == (1.0, 0.0, 0.0)
