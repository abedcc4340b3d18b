"""How long to wait before something is tried again."""

from random import uniform

FIRST_SECONDS, LONGEST_SECONDS = 0.5, 5.0
_DOUBLINGS = 10


def backoff_seconds(tries: int, first: float = FIRST_SECONDS) -> float:
    """Seconds to wait after `tries` failures in a row (at least 1).

    The wait doubles from `first` to LONGEST_SECONDS, and up to half of it is left to chance: processes that
    lost the same broker do not come back at one moment ('equal jitter': M. Brooker, 'Exponential Backoff And
    Jitter', AWS Architecture Blog, 2015).
    """
    longest = min(LONGEST_SECONDS, first * 2 ** min(tries - 1, _DOUBLINGS))
    return uniform(longest / 2, longest)  # noqa: S311 - nothing secret depends on it
