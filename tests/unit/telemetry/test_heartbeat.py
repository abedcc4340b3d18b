"""The pulse of the event loop."""

import pytest

from monitor.base.clock import ManualClock
from monitor.telemetry.heartbeat import DEAD_AFTER_SECONDS, PERIOD_SECONDS, Heartbeat


@pytest.mark.fault(25)
def test_the_worst_delay_since_the_last_scrape_is_told() -> None:
    """A short stall between two scrapes is not averaged away, and told once."""
    clock = ManualClock()
    heart = Heartbeat(clock)
    for delay in (0.0, 0.5, 0.125):
        clock.advance(PERIOD_SECONDS + delay)
        heart.beat()
    assert [reading.value for reading in heart.readings()] == [0.5]
    assert [reading.value for reading in heart.readings()] == [0.0]


def test_alive_means_beating() -> None:
    """Without a beat for long the loop counts as dead, with the next it lives again."""
    clock = ManualClock()
    heart = Heartbeat(clock)
    clock.advance(DEAD_AFTER_SECONDS)
    assert not heart.alive()
    heart.beat()
    assert heart.alive()
