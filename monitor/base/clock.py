"""The only reader of time: everything else receives the time as an argument."""

import time
from typing import Protocol


class Clock(Protocol):
    """Wall time and monotonic time, both in seconds."""

    def now(self) -> float:
        """Seconds since the epoch."""

    def monotonic(self) -> float:
        """Seconds since an arbitrary moment; never goes back."""


class SystemClock:
    """The clock of the machine."""

    def now(self) -> float:
        """Seconds since the epoch."""
        return time.time()

    def monotonic(self) -> float:
        """Seconds since an arbitrary moment; never goes back."""
        return time.monotonic()


class ManualClock:
    """A clock that moves only on request: for tests and replays."""

    def __init__(self, now: float = 0.0) -> None:
        self.seconds = now

    def advance(self, seconds: float) -> None:
        """Move forward by `seconds`."""
        self.seconds += seconds

    def now(self) -> float:
        """Seconds since the epoch."""
        return self.seconds

    def monotonic(self) -> float:
        """The same clock serves as monotonic time."""
        return self.seconds
