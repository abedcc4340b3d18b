"""Who acts in the demo: customers who never stop, and a test suite that runs again and again."""

import asyncio
from contextlib import suppress
from random import Random

from monitor.base.clock import Clock
from monitor.demo.collector import Collector
from monitor.demo.layout import Change
from monitor.demo.stage import PRODUCTION_TOPIC, TESTS_TOPIC, Stage
from monitor.demo.traffic import PRODUCTION, SECOND_NS, TESTS, production_traffic, suite_traffic

HISTORY_NS = 3600 * SECOND_NS
HISTORY_TRACES_PER_SECOND = 7.0
"""About 1,000 traces of a usual flow in the hour."""
HISTORY_BATCH_NS = 5 * SECOND_NS
LIVE_TRACES_PER_SECOND = 60.0
"""About two a second of a usual flow."""
LIVE_BATCH_NS = SECOND_NS // 2
RUN_NS = 5 * SECOND_NS
TAIL_NS = 2 * SECOND_NS
"""No trace of the shop lasts longer."""


async def pause(seconds: float, stop: asyncio.Event) -> bool:
    """Wait for `seconds`; True at once when `stop` is set."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await stop.wait()
    return stop.is_set()


class Actors:
    """Their traffic; `changes` says what has drifted so far and may be added to at any time."""

    def __init__(self, stage: Stage, clock: Clock, seed: int) -> None:
        self._stage = stage
        self._clock = clock
        self._customers = Random(f"customers/{seed}")
        self._suite = Random(f"suite/{seed}")
        self.changes: set[Change] = set()

    async def history(self, stop: asyncio.Event) -> int:
        """Production's last hour, with timestamps of the past; returns how many spans it had.

        It breaks off at `stop`.
        """
        collector = Collector(PRODUCTION, HISTORY_BATCH_NS)
        end = self._now_ns() - HISTORY_BATCH_NS - TAIL_NS
        rate, spans = HISTORY_TRACES_PER_SECOND, 0
        for at, trace in production_traffic(end - HISTORY_NS, end, rate, self._customers, ()):
            await self._stage.send(PRODUCTION_TOPIC, collector.due(at))
            collector.add(trace)
            spans += len(trace)
            if stop.is_set():
                break
        await self._stage.send(PRODUCTION_TOPIC, collector.due(self._now_ns()))
        return spans

    async def shop(self, stop: asyncio.Event) -> None:
        """Production as it happens, until `stop`."""
        collector = Collector(PRODUCTION, LIVE_BATCH_NS)
        until = self._now_ns()
        while not await pause(1, stop):
            since, until = until, self._now_ns()
            rate, changes = LIVE_TRACES_PER_SECOND, self.changes
            for _, trace in production_traffic(since, until, rate, self._customers, changes):
                collector.add(trace)
            await self._stage.send(PRODUCTION_TOPIC, collector.due(until))

    async def run_suite(self, run: str, stop: asyncio.Event) -> None:
        """One run of the suite as it happens: every case once in about 5 s; returns when all is sent."""
        collector = Collector(TESTS, LIVE_BATCH_NS)
        begin = self._now_ns()
        for _, trace in suite_traffic(begin, begin + RUN_NS, run, self._suite, self.changes):
            collector.add(trace)
        while not collector.empty and not await pause(0.25, stop):
            await self._stage.send(TESTS_TOPIC, collector.due(self._now_ns()))

    def _now_ns(self) -> int:
        return int(self._clock.now() * SECOND_NS)
