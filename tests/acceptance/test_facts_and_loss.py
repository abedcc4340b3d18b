"""Facts where spans get lost: what loss explains with a chance of over 1 in 10,000 is no fact of a run."""

from typing import Any

import pytest

from tests.acceptance.test_bounds import Said
from tests.acceptance.test_gate import verdicts_of
from tests.unit.pipeline.auditing import Log, verdicts

UNITS = 2
"""Evidence units of a run of four cases: their names share slots."""


def lost(share: float) -> Any:
    """The command that test services lose this share of their spans."""
    return Said({"kind": "loss", "environment": "integration", "rates": {"": share}})


@pytest.mark.parametrize(("share", "facts"), [(0.0, 1), (0.0099, 1), (0.0101, 0), (0.05, 0)])
def test_a_call_that_loss_may_hide_is_no_fact(share: float, facts: int) -> None:
    """Two units without a call are a fact where both lost its spans with a chance of at most 1 in 10,000."""
    log = Log()
    log.production(1200)
    log.command(lost(share))
    log.run(0, calls=())
    told = verdicts_of(log)["ci-0"]
    assert (told["units"], told["facts"]) == (UNITS, facts)


@pytest.mark.parametrize(("share", "states"), [(0.0099, ["suspect"]), (0.0101, [])])
def test_an_open_run_shows_the_same_facts(share: float, states: list[str]) -> None:
    """While the run is open its report has the line of the fact, or none, by the same chance."""
    log = Log()
    log.production(1200)
    log.command(lost(share))
    log.run(0, calls=())
    log.entries.pop()  # what settles it
    assert [line["state"] for line in verdicts(log.fold())] == states


def test_no_loss_makes_a_call_that_production_never_makes() -> None:
    """A call that only tests make is a fact however many spans get lost."""
    log = Log()
    log.production(1200)
    log.command(lost(0.05))
    log.run(0, calls=("POST /charge", "db INSERT orders"))
    assert verdicts_of(log)["ci-0"]["facts"] == 1
