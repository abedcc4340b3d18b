"""The one loop that tries again."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from structlog.testing import capture_logs

from monitor.kafka.client.retry import LOG_SECONDS, retry


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds of each wait, none of which takes time."""
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    return waits


def failing(times: int) -> Callable[[], Awaitable[str]]:
    """A call that fails so often before it gives its answer."""
    left = iter(range(times))

    async def attempt() -> str:
        if next(left, None) is not None:
            raise OSError("away")
        return "answer"

    return attempt


def test_it_is_called_until_it_succeeds(slept: list[float]) -> None:
    """After failures of the named kind it waits, longer each time, and then returns the result."""
    assert asyncio.run(retry(failing(3), OSError, "failed")) == "answer"
    assert len(slept) == 3
    assert slept == sorted(slept)


def test_other_errors_are_passed_on(slept: list[float]) -> None:
    """An error of another kind ends it at once."""
    with pytest.raises(OSError, match="away"):
        asyncio.run(retry(failing(1), ValueError, "failed"))
    assert slept == []


def test_a_cancelled_wait_ends_at_once() -> None:
    """Whoever stops a role does not wait for the next try."""

    async def scenario() -> None:
        task = asyncio.ensure_future(retry(failing(1), OSError, "failed"))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(scenario())


def test_the_log_is_not_flooded(slept: list[float]) -> None:
    """A call that keeps failing is logged at once, and then once in `LOG_SECONDS` of waiting."""
    with capture_logs() as lines:
        asyncio.run(retry(failing(100), OSError, "failed", topic="spans"))
    most = 1 + sum(slept) // LOG_SECONDS
    assert most / 2 <= len(lines) <= most
    first = {"event": "failed", "log_level": "warning", "error": "away", "tries": 1, "topic": "spans"}
    assert lines[0] == first
