"""Fan-out where 5 % of the spans get lost: small sizes, see `python -m tests.evaluation` for the table."""

import numpy as np
import pytest

from tests.evaluation.loops import DIFFERENT, FAITHFUL, Loop, units_until_told
from tests.evaluation.streams import NEVER


@pytest.mark.parametrize("loop", FAITHFUL, ids=str)
def test_lost_spans_are_no_missing_calls(loop: Loop) -> None:
    """Whoever loses spans, tests that make a call as often as production are never found otherwise."""
    rng = np.random.default_rng(31)
    assert [units_until_told(rng, loop, most=600) for _ in range(2)] == [NEVER, NEVER]


@pytest.mark.parametrize("loop", DIFFERENT, ids=str)
def test_lost_spans_hide_no_difference(loop: Loop) -> None:
    """Half as many calls, one in place of many, and the reverse are found within 40 units all the same."""
    rng = np.random.default_rng(32)
    assert units_until_told(rng, loop, most=40) < NEVER


def test_loss_that_nobody_knows_of_would_be_found() -> None:
    """The control: without the allowance, sixteen calls of which some get lost look like fewer."""
    rng = np.random.default_rng(33)
    assert units_until_told(rng, Loop(16, 16), most=600, allowed=0.0) < NEVER
