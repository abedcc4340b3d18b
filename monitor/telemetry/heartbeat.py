"""The pulse of the event loop: how late its timers are, and whether it beats at all."""

import asyncio
from collections.abc import Iterator

from monitor.base.clock import Clock
from monitor.telemetry.readings import Reading

PERIOD_SECONDS = 0.25
DEAD_AFTER_SECONDS = 30.0
"""A loop without a beat for so long no longer counts as alive; restoring state yields far more often."""


class Heartbeat:
    """Measures the delay of a timer again and again; `beat` folds one measurement."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last = clock.monotonic()
        self._worst = 0.0

    async def run(self) -> None:
        """Beat until cancelled."""
        while True:
            await asyncio.sleep(PERIOD_SECONDS)
            self.beat()

    def beat(self) -> None:
        """Note that the loop ran now, which it should have done one period after the last beat."""
        now = self._clock.monotonic()
        self._worst = max(self._worst, now - self._last - PERIOD_SECONDS)
        self._last = now

    def alive(self) -> bool:
        """Whether the loop ran lately."""
        return self._clock.monotonic() - self._last < DEAD_AFTER_SECONDS

    def readings(self) -> Iterator[Reading]:
        """The largest delay since the last scrape, in seconds."""
        yield Reading("flowdrift_monitor_loop_lag_seconds", self._worst)
        self._worst = 0.0
