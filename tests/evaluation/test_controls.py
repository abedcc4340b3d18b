"""Negative controls: every part of the design that carries a claim, taken away, breaks it."""

from collections.abc import Callable
from functools import partial

import pytest

from tests.evaluation import claims

pytestmark = pytest.mark.slow

BROKEN: dict[str, Callable[[], None]] = {
    "no tolerance of the mix": partial(claims.tolerated_differences, delta=0.0),
    "no tolerance of rates": partial(claims.tolerated_differences, rho=1.0),
    "no tolerance of times": partial(claims.tolerated_differences, tau=0.0),
    "every trace a unit": partial(claims.repeated_traces, averaged=False),
    "a threshold per stream": partial(claims.quiet_fleet, per_stream=True),
    "no cap on the units of a run": partial(claims.capped_runs, units=50),
    "bets that learn within a run": partial(claims.capped_runs, frozen=False),
}


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN.keys())
def test_without_it_the_claim_fails(broken: Callable[[], None]) -> None:
    """The simulation is able to see the error that this part of the design prevents."""
    with pytest.raises(AssertionError, match=r"fals|tolerated"):
        broken()
