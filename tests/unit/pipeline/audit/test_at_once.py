"""Which flows count in how many requests come at once."""

import pytest

from monitor.base.units import HOUR_MS
from monitor.pipeline.audit.at_once import AtOnce
from tests.rows import row


@pytest.mark.parametrize(
    ("lead", "counts"),
    [(0, True), (HOUR_MS, True), (HOUR_MS + 1, False), (-HOUR_MS - 1, False)],
    ids=["its own clock", "an hour", "behind", "ahead"],
)
def test_a_wrong_clock_says_nothing(lead: int, counts: bool) -> None:
    """A flow whose host's clock is off by more than an hour is in no hour of the measure."""
    at_once = AtOnce()
    at_once.observe(row(1, began=10 * HOUR_MS)._replace(lead=lead))
    assert bool(at_once.known) is counts
