"""When a bucket of production's hours ends, and how much of what came before it still counts.

A bucket ends with its hour of log time, or as soon as it holds as many traces as the reference, so that the
first ones do not take hours; always with LEAST traces or more, as fewer say nothing. Old traces are
forgotten by a half life, once a day. Where one source partition lags behind another, log time goes back and
forth: what lags ends no bucket, and no day is forgotten twice.
"""

from typing import Any, Self

from monitor.base.units import DAY_MS, HOUR_MS, LogTime
from monitor.fingerprints.snapshot import HALF_LIVES

LEAST = 64


class Buckets:
    """Counts traces: `traces` in the reference, `held` in the bucket that began at log time `began` (ms).

    day: the one up to which the reference was forgotten, in days since the epoch.
    """

    __slots__ = ("began", "day", "held", "traces")

    def __init__(self) -> None:
        self.traces = 0
        self.held = 0
        self.began = LogTime(0)
        self.day = 0

    def is_over(self, now: LogTime) -> bool:
        """Whether the bucket ends before a trace that began at `now`."""
        if self.held < LEAST:
            return False
        return self.held >= self.traces or now // HOUR_MS > self.began // HOUR_MS

    def count(self, now: LogTime) -> None:
        """Count a trace into the bucket."""
        if not self.held:
            self.began = now
        self.held += 1

    def end(self, now: LogTime, half_life_ms: int) -> float:
        """Begin another bucket; the share (0..1) that is kept of what was in the reference before."""
        kept: float = 0.5 ** (self._days_passed(now, half_life_ms) * DAY_MS / half_life_ms)
        self.traces = int(self.traces * kept) + self.held
        self.held = 0
        return kept

    def _days_passed(self, now: LogTime, half_life_ms: int) -> int:
        """Days not yet forgotten. Only a clock that jumped goes back by more than what counts at all."""
        day = now // DAY_MS
        passed = day - self.day
        if passed > 0 or -passed * DAY_MS > HALF_LIVES * half_life_ms:
            self.day = day
        return max(0, passed)

    def pack(self) -> list[Any]:
        """Plain values for JSON."""
        return [self.traces, self.held, self.began, self.day]

    @classmethod
    def unpack(cls, plain: list[Any]) -> Self:
        """The buckets that `pack` packed."""
        buckets = cls()
        buckets.traces, buckets.held, buckets.began, buckets.day = plain
        return buckets
