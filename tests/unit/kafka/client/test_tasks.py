"""Running coroutines until asked to stop, and folding in slices."""

import asyncio
from contextlib import suppress

import pytest

from monitor.base.clock import ManualClock
from monitor.base.steps import Steps
from monitor.kafka.client.tasks import SLICE_SECONDS, TURNS, in_slices, in_steps, run_until


async def forever() -> None:
    await asyncio.Event().wait()


async def failing() -> None:
    raise ValueError("broken")


def test_until_ends_with_the_stop() -> None:
    """Work that never ends is cancelled when the stop is set."""

    async def scenario() -> None:
        stop = asyncio.Event()
        task = asyncio.ensure_future(run_until(stop, forever(), forever()))
        await asyncio.sleep(0)
        stop.set()
        await task

    asyncio.run(scenario())


def test_until_ends_with_the_work() -> None:
    """`until` returns when all work is done."""

    async def scenario() -> None:
        await run_until(asyncio.Event(), asyncio.sleep(0), asyncio.sleep(0))

    asyncio.run(scenario())


def test_until_raises_the_first_failure() -> None:
    """One failure ends the rest and is raised."""

    async def scenario() -> None:
        with pytest.raises(ValueError, match="broken"):
            await run_until(asyncio.Event(), forever(), failing())

    asyncio.run(scenario())


@pytest.mark.fault(7)
def test_a_swallowed_cancellation_does_not_hold_it_up() -> None:
    """Work that swallows its first cancellation is cancelled again."""

    async def stubborn() -> None:
        with suppress(asyncio.CancelledError):
            await forever()
        await forever()

    async def scenario() -> None:
        stop = asyncio.Event()
        task = asyncio.ensure_future(run_until(stop, stubborn()))
        await asyncio.sleep(0)
        stop.set()
        await asyncio.wait_for(task, 10)

    asyncio.run(scenario())


@pytest.mark.fault(25)
def test_a_long_fold_gives_the_loop_back() -> None:
    """Between slices of a long fold other tasks run."""
    clock, order = ManualClock(), list[object]()

    def visit(record: int) -> None:
        order.append(record)
        clock.advance(SLICE_SECONDS / 2)

    async def other() -> None:
        order.append("other")

    async def scenario() -> None:
        task = asyncio.ensure_future(other())
        assert await in_slices(range(4), visit, clock)
        await task

    asyncio.run(scenario())
    assert order == [0, 1, "other", 2, 3]


def test_a_visit_can_end_it() -> None:
    """The first False that a fold's visit returns ends the fold."""
    seen: list[int] = []

    def visit(record: int) -> bool:
        seen.append(record)
        return record < 1

    assert not asyncio.run(in_slices(range(4), visit, ManualClock()))
    assert seen == [0, 1]


@pytest.mark.fault(25)
def test_steps_give_the_loop_back() -> None:
    """Between slices of steps other tasks run; the result is that of all of them."""
    clock, order = ManualClock(), list[object]()

    def steps() -> Steps[str]:
        for number in range(4):
            order.append(number)
            clock.advance(SLICE_SECONDS / 2)
            yield
        return "done"

    async def other() -> None:
        order.append("other")

    async def scenario() -> str:
        task = asyncio.ensure_future(other())
        result = await in_steps(steps(), clock)
        await task
        return result

    assert asyncio.run(scenario()) == "done"
    assert order == [0, 1, "other", 2, 3]


def test_what_takes_many_turns_does_not_wait_for_a_slice_at_each() -> None:
    """Whoever passes something on from task to task gets several turns of the loop between two slices."""
    clock, turns = ManualClock(), list[int]()

    def steps() -> Steps[None]:
        for number in range(2):
            turns.append(-number)
            clock.advance(SLICE_SECONDS)
            yield

    async def other() -> None:
        for number in range(1, TURNS + 1):
            turns.append(number)
            await asyncio.sleep(0)

    async def scenario() -> None:
        task = asyncio.ensure_future(other())
        await in_steps(steps(), clock)
        await task

    asyncio.run(scenario())
    assert turns == [0, *range(1, TURNS + 1), -1]
