"""How long each candidate environment is silent, and how long a silence is normal there.

An environment is seen when a header names it (so within `max_age`); a gap is the log time between two such
headers. Nights and weekends are normal: by default a silence is too long when it is three times the longest
gap of 14 days, and nothing is said before 7 days of history (telemetry, 'Runs and suites').
"""

from dataclasses import dataclass, field
from typing import Any, Self

from monitor.base.units import DAY_MS, LogTime
from monitor.drift.policy import Policy
from monitor.flows.record import Header

HISTORY_MS = 7 * DAY_MS
"""Without a setting, no silence is too long before so much history."""
GAP_DAYS = 14
GAPS = 3
"""This many times the longest gap of this many days is too long."""
LEAST_MS = 300_000
"""No shorter silence counts, however steady the environment is."""


@dataclass(slots=True)
class Seen:
    """When an environment was seen, first and last, in log time; per day the longest gap that ended in it."""

    first: LogTime
    last: LogTime
    gaps: dict[int, int] = field(default_factory=dict)

    def see(self, log_time: LogTime) -> None:
        """Note that the environment was seen at `log_time`; an earlier one than the last says nothing."""
        gap = log_time - self.last
        if gap > 0:
            day = log_time // DAY_MS
            self.gaps[day] = max(gap, self.gaps.get(day, 0))
            self.last = log_time
            for old in [old for old in self.gaps if old <= day - GAP_DAYS]:
                del self.gaps[old]

    def allowed(self) -> int | None:
        """The longest silence (ms) that is normal; None while there is too little history to say."""
        if self.last - self.first < HISTORY_MS:
            return None
        return max(LEAST_MS, GAPS * max(self.gaps.values()))


class Silence:
    """The candidate environments that were ever seen."""

    __slots__ = ("seen",)

    def __init__(self) -> None:
        self.seen: dict[str, Seen] = {}

    def receive(self, header: Header, policy: Policy) -> None:
        """Take note of the candidates that a header names."""
        for environment in header.low_times:
            if policy.of_candidate(environment):
                known = self.seen.setdefault(environment, Seen(header.log_time, header.log_time))
                known.see(header.log_time)

    def began(self, environment: str, clock: LogTime, policy: Policy) -> LogTime | None:
        """Since when (log time) an environment is silent for too long at `clock`; None where it is not."""
        known = self.seen.get(environment)
        if known is None:
            return None
        allowed = policy.max_silence.get(environment, known.allowed())
        return known.last if allowed is not None and clock - known.last > allowed else None

    def pack(self) -> list[Any]:
        """Plain values for JSON."""
        return [
            [environment, seen.first, seen.last, [*seen.gaps.items()]]
            for environment, seen in self.seen.items()
        ]

    @classmethod
    def unpack(cls, plain: list[Any]) -> Self:
        """The silence that `pack` packed."""
        silence = cls()
        for environment, first, last, gaps in plain:
            silence.seen[environment] = Seen(first, last, dict(gaps))
        return silence
