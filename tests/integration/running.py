"""Runs roles inside a test: until something holds, orderly or by pulling the plug."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Protocol

LIMIT_SECONDS = 120.0


class Role(Protocol):
    """What every role is."""

    @property
    def ready(self) -> bool:
        """Whether it serves."""

    async def run(self, stop: asyncio.Event) -> None:
        """Work until asked to stop."""


async def eventually(holds: Callable[[], Awaitable[bool]], what: str, limit: float = LIMIT_SECONDS) -> None:
    """Wait until `holds()`; an AssertionError that says `what` did not come to pass."""
    try:
        async with asyncio.timeout(limit):
            while True:
                if await holds():
                    return
                await asyncio.sleep(0.1)
    except TimeoutError:
        raise AssertionError(f"not within {limit:.0f} s: {what}") from None


@asynccontextmanager
async def running(role: Role, *, orderly: bool = True) -> AsyncIterator[None]:
    """The role at work; at the end it drains, or it is cut off in the middle of whatever it does."""
    stop = asyncio.Event()
    task = asyncio.ensure_future(role.run(stop))
    parent = asyncio.current_task()
    # A role that fails ends the test at once: its error is what `gather` raises below.
    task.add_done_callback(lambda t: parent and not t.cancelled() and t.exception() and parent.cancel())
    try:
        yield
    finally:
        if orderly:
            stop.set()
        else:
            task.cancel()
        async with asyncio.timeout(LIMIT_SECONDS):
            await asyncio.gather(task, return_exceptions=not orderly)
