"""Small tools for coroutines: run some until told to stop, fold without holding up the event loop."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from typing import Any, TypeVar

from monitor.base.clock import Clock

SLICE_SECONDS = 0.02
"""The event loop is given back after this time of folding."""

CANCEL_TRIES, PATIENCE_SECONDS = 3, 2.0

T = TypeVar("T")


async def until(
    stop: asyncio.Event, *work: Coroutine[Any, Any, None], patience: float = PATIENCE_SECONDS
) -> None:
    """Run `work` until `stop` is set, or all of it is done; the first failure ends the rest and is raised.

    patience: seconds that cancelled work may take to clean up.
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
        await cancelled(stopping, *tasks, patience=patience)


async def cancelled(*tasks: asyncio.Future[Any], patience: float = PATIENCE_SECONDS) -> None:
    """Cancel `tasks` and wait for their end; what they raise meanwhile is of no interest any more.

    Whoever has not ended after `patience` seconds is cancelled again: a library that swallows a
    cancellation must not keep us from stopping.
    """
    pending = set(tasks)
    for _ in range(CANCEL_TRIES):
        for task in pending:
            task.cancel()
        if pending:
            _, pending = await asyncio.wait(pending, timeout=patience)
    await asyncio.gather(*(task for task in tasks if task.done()), return_exceptions=True)


async def in_slices(records: Iterable[T], visit: Callable[[T], bool | None], clock: Clock) -> bool:
    """Visit all records, or until `visit` says False, which is passed on; other tasks run between slices."""
    slice_end = clock.monotonic() + SLICE_SECONDS
    for record in records:
        if visit(record) is False:
            return False
        if clock.monotonic() >= slice_end:
            await asyncio.sleep(0)
            slice_end = clock.monotonic() + SLICE_SECONDS
    return True
