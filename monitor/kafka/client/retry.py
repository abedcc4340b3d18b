"""The one loop that tries again: every call to a broker that may fail for a while goes through it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog

from monitor.base.backoff import backoff_seconds

LOG_SECONDS = 30.0
"""While the same call keeps failing, one line of log is written in this time."""

T = TypeVar("T")
_log = structlog.get_logger()


async def retry(
    attempt: Callable[[], Awaitable[T]],
    on: type[Exception] | tuple[type[Exception], ...],
    event: str,
    **fields: object,
) -> T:
    """Call `attempt` until it raises none of `on`, and return its result; other errors are passed on.

    Waits between the calls, and ends at once when its task is cancelled, which is how roles are stopped.
    event, fields: the warning that is logged at the first failure, and then once in LOG_SECONDS of waiting.
    """
    tries, unlogged = 0, LOG_SECONDS
    while True:
        try:
            return await attempt()
        except on as error:
            tries += 1
            wait = backoff_seconds(tries)
            if unlogged >= LOG_SECONDS:
                unlogged = 0.0
                _log.warning(event, error=str(error) or type(error).__name__, tries=tries, **fields)
        await asyncio.sleep(wait)
        unlogged += wait
