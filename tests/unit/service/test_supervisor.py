"""The supervisor: what is stuck or failed is built anew, and three times are enough."""

import asyncio
import itertools
from collections.abc import Callable
from typing import Any

import pytest

from monitor.base.clock import ManualClock
from monitor.base.errors import ConfigurationError, FlowdriftError, UnreachableError
from monitor.service.supervisor import FORGIVEN_SECONDS, REBUILDS, GaveUpError, Patience, Supervisor
from monitor.telemetry.events import Reporter

_QUICK = Patience(stuck=60.0, look=0.001, drain=0.05, rebuild=0.001)


class _Told:
    """A log that keeps the names of events."""

    def __init__(self) -> None:
        self.events: list[str] = []

    def info(self, event: str, **fields: object) -> None:
        self.events.append(event)

    warning = info
    error = info


class _Part:
    """A part whose life is `life`; ready at once."""

    waiting_for = ""

    def __init__(self, life: Callable[[asyncio.Event], Any], progress: Callable[[], int | None]) -> None:
        self._life, self._progress = life, progress

    @property
    def progress(self) -> int | None:
        return self._progress()

    async def run(self, stop: asyncio.Event) -> None:
        await self._life(stop)


class _Bench:
    """One supervisor with a manual clock, and how often its part was built."""

    def __init__(
        self, life: Callable[[asyncio.Event], Any], progress: Callable[[], int | None] = lambda: None
    ) -> None:
        self.clock, self.log, self.built = ManualClock(), _Told(), 0
        self._life, self._progress = life, progress
        self.supervisor = Supervisor("part", self._build, self.clock, Reporter(self.log), _QUICK)

    def _build(self) -> _Part:
        self.built += 1
        return _Part(self._life, self._progress)

    def run(self, stop_when: Callable[[], bool] = lambda: False) -> None:
        asyncio.run(self._run(stop_when))

    async def _run(self, stop_when: Callable[[], bool]) -> None:
        stop = asyncio.Event()
        task = asyncio.create_task(self.supervisor.run(stop))
        while not task.done() and not stop_when():  # noqa: ASYNC110 - the test looks, it does not wait
            await asyncio.sleep(0)
        stop.set()
        await task


async def _obedient(stop: asyncio.Event) -> None:
    await stop.wait()


def test_a_part_is_told_to_stop() -> None:
    """A part that ends after the stop is no failure."""
    bench = _Bench(_obedient)
    bench.run(lambda: bench.built == 1)
    assert (bench.built, bench.log.events) == (1, [])


def test_what_is_wrong_for_good_is_passed_on() -> None:
    """A wrong configuration ends the process without another try."""

    async def refuse(_: asyncio.Event) -> None:
        raise ConfigurationError("no")

    bench = _Bench(refuse)
    with pytest.raises(ConfigurationError):
        bench.run()
    assert bench.built == 1


@pytest.mark.fault(5)
def test_failures_are_tried_again_three_times() -> None:
    """A part that crashes is built anew three times; the fourth crash in a row ends the process."""

    async def crash(_: asyncio.Event) -> None:
        raise UnreachableError("gone")

    bench = _Bench(crash)
    with pytest.raises(GaveUpError):
        bench.run()
    assert bench.built == 1 + REBUILDS
    assert len(bench.log.events) == 1 + REBUILDS + 1


def test_a_stop_ends_the_wait_before_a_rebuild() -> None:
    """Between two lives of a part the supervisor waits, and a stop ends the wait at once."""

    async def crash(_: asyncio.Event) -> None:
        raise UnreachableError("gone")

    bench = _Bench(crash)
    bench.supervisor.patience = _QUICK._replace(rebuild=3600.0)
    bench.run(lambda: bool(bench.log.events))
    assert bench.built == 1


def test_failures_far_apart_are_forgiven() -> None:
    """A crash a day for a month does not end the process."""
    bench: _Bench

    async def crash(_: asyncio.Event) -> None:
        bench.clock.advance(FORGIVEN_SECONDS)
        raise OSError

    bench = _Bench(crash)
    bench.run(lambda: bench.built > 5 * REBUILDS)
    assert bench.built > 5 * REBUILDS


def test_what_cannot_be_retried_ends_the_process() -> None:
    """An error that is not retriable ends the process."""

    async def give_up(_: asyncio.Event) -> None:
        raise FlowdriftError("rebuilt it three times myself")

    bench = _Bench(give_up)
    with pytest.raises(GaveUpError):
        bench.run()
    assert bench.built == 1


def test_a_part_that_ends_by_itself_has_failed() -> None:
    """A part that ends before the stop has failed."""

    async def leave(_: asyncio.Event) -> None:
        return

    with pytest.raises(GaveUpError):
        _Bench(leave).run()


@pytest.mark.fault(5)
def test_a_part_without_progress_is_rebuilt() -> None:
    """A part that has work and makes no progress is built anew."""
    bench: _Bench

    def still() -> int:
        bench.clock.advance(1)
        return 7

    bench = _Bench(_obedient, still)
    with pytest.raises(GaveUpError):
        bench.run()
    assert bench.built == 1 + REBUILDS


@pytest.mark.parametrize("moving", [True, False], ids=["moving", "idle"])
def test_a_part_that_moves_or_has_nothing_to_do_is_left_alone(moving: bool) -> None:
    """A part that is slow, or has no work, is left alone."""
    steps = itertools.count()
    bench: _Bench

    def progress() -> int | None:
        bench.clock.advance(50)
        return next(steps) if moving else next(steps) and None

    bench = _Bench(_obedient, progress)
    bench.run(lambda: next(steps) > 500)
    assert (bench.built, bench.log.events) == (1, [])


@pytest.mark.fault(7)
def test_a_part_that_does_not_stop_is_cancelled() -> None:
    """A part that does not stop in time is cancelled."""

    async def stubborn(_: asyncio.Event) -> None:
        await asyncio.get_running_loop().create_future()

    bench = _Bench(stubborn)
    bench.run(lambda: bench.built == 1)
    assert len(bench.log.events) == 1
