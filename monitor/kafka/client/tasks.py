"""Tools for coroutines: run some until a stop, cancel what does not end, fold in slices."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from typing import Any, TypeVar

from monitor.base.clock import Clock
from monitor.base.steps import Steps

SLICE_SECONDS = 0.02
"""Other tasks run after this time of folding."""
TURNS = 10
"""So often each of them may run then. A record of Faust's passes several tasks: with one turn for each slice
of folding the state of an auditor took a minute to arrive. Turns without work take some 20 us each."""

CANCEL_TRIES, PATIENCE_SECONDS = 3, 2.0

T = TypeVar("T")


async def run_until(
    stop: asyncio.Event, *work: Coroutine[Any, Any, None], patience: float = PATIENCE_SECONDS
) -> None:
    """Run `work` until `stop` is set or all of it is done; the first failure cancels the rest and is raised.

    patience: seconds that cancelled work may take to clean up.

    Task groups (asyncio's, anyio's) do not serve here: they wait for ever for a task that swallows its
    cancellation, as aiokafka's and Faust's can, and anyio cancels again at every await of the clean-up.
    """
    stopping = asyncio.ensure_future(stop.wait())
    tasks = [asyncio.ensure_future(coroutine) for coroutine in work]
    try:
        pending: set[asyncio.Future[Any]] = {*tasks, stopping}
        while not stopping.done() and pending != {stopping}:
            done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
    finally:
        await cancel_all(stopping, *tasks, patience=patience)


async def cancel_all(*tasks: asyncio.Future[Any], patience: float = PATIENCE_SECONDS) -> None:
    """Cancel `tasks` and wait for their end; errors that they raise meanwhile are dropped.

    A task that has not ended after `patience` seconds is cancelled again, CANCEL_TRIES times in all, and then
    left behind: libraries swallow cancellations.
    """
    pending = set(tasks)
    for _ in range(CANCEL_TRIES):
        for task in pending:
            task.cancel()
        if pending:
            _, pending = await asyncio.wait(pending, timeout=patience)
    await asyncio.gather(*(task for task in tasks if task.done()), return_exceptions=True)


async def give_way() -> None:
    """Let other tasks run."""
    for _ in range(TURNS):
        await asyncio.sleep(0)


async def in_slices(records: Iterable[T], visit: Callable[[T], bool | None], clock: Clock) -> bool:
    """Visit records until `visit` returns False; whether all were visited. Other tasks run in between."""
    slice_end = clock.monotonic() + SLICE_SECONDS
    for record in records:
        if visit(record) is False:
            return False
        if clock.monotonic() >= slice_end:
            await give_way()
            slice_end = clock.monotonic() + SLICE_SECONDS
    return True


async def in_steps(steps: Steps[T], clock: Clock) -> T:
    """Take steps to their end, and return their result. Other tasks run in between."""
    slice_end = clock.monotonic() + SLICE_SECONDS
    while True:
        try:
            next(steps)
        except StopIteration as end:
            result: T = end.value
            return result
        if clock.monotonic() >= slice_end:
            await give_way()
            slice_end = clock.monotonic() + SLICE_SECONDS
