"""How long to wait before another try."""

import pytest

from monitor.base.backoff import FIRST_SECONDS, LONGEST_SECONDS, backoff_seconds


@pytest.mark.parametrize("tries", [1, 2, 3, 4, 5, 100, 10_000])
def test_waits_double_up_to_a_limit(tries: int) -> None:
    """Each wait lies in the upper half of a limit that doubles with every failure up to five seconds."""
    limit = min(LONGEST_SECONDS, FIRST_SECONDS * 2 ** min(tries - 1, 10))
    assert all(limit / 2 <= backoff_seconds(tries) <= limit for _ in range(100))


def test_waits_are_not_in_step() -> None:
    """Two processes that failed equally often wait for different times."""
    assert len({backoff_seconds(3) for _ in range(100)}) > 90
