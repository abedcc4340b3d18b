"""How many requests of a service overlap in time: a mergeable measure, whatever the sampling.

Time is cut into tenths of a second. Of each, S adds up how much of it every request fills, and Q the squares
of that, so that S**2 - Q adds up, over all ordered pairs of requests, how much of it both fill if they begin
at random within it. Over many tenths,

    others = sum(S**2 - Q) / sum(S)

is the number of other requests that a request overlaps with, averaged over its duration. S over the time is
the mean number at once (Little 1961: L = lambda W), which says nothing of bursts; pairs do. Weights enter
each pair once per request, so that a sampled request counts for those that it stands for (Horvitz and
Thompson 1952, for pairs), and `others` is the same at any rate.

Requests one after the other overlap with less than one other, however close they follow: a pair in one tenth
counts as what random beginnings would give.

Of the tenths of an hour at most `MOST` are kept, those divisible by the smallest power of two that leaves so
many (Flajolet 1990, adaptive sampling): the same ones in every part, so that parts add up exactly, in any
order.
"""

from collections.abc import Iterable
from typing import Any, Self

TENTH_US = 100_000
PER_HOUR = 36_000
MOST = 64
"""Tenths of an hour of which sums are kept."""
HOURS = 2
"""Hours that are kept: the newest ones with requests."""
LONGEST_US = 60_000_000
"""A longer request is no request: a stream, a socket."""
_WHOLE = 1_000
"""Filling a tenth wholly."""
_MOST_WEIGHT = 10_000 * 1024
"""Of a request at most this weight counts (1/1024), so that sums of squares fit 64 bits."""


class Hour:
    """One hour: requests that began in it, and the sums of every tenth that is divisible by 2**level."""

    __slots__ = ("level", "requests", "sums")

    def __init__(self, level: int = 0, requests: int = 0) -> None:
        self.level, self.requests = level, requests
        self.sums: dict[int, tuple[int, int]] = {}

    def add(self, tenth: int, filled: int, squares: int) -> None:
        """Add to the sums of a tenth."""
        s, q = self.sums.get(tenth, (0, 0))
        self.sums[tenth] = (s + filled, q + squares)

    def thin(self, level: int = 0) -> None:
        """Leave out tenths until no more than MOST are left, and all below a level."""
        while self.level < level or len(self.sums) > MOST:
            self.level += 1
            self.sums = {at: sums for at, sums in self.sums.items() if at % (1 << self.level) == 0}


class Overlap:
    """What is known of the requests of one service in one environment. hours: by their number since 1970."""

    __slots__ = ("hours",)
    __hash__ = None  # type: ignore[assignment]  # it grows, so it is no key

    def __init__(self) -> None:
        self.hours: dict[int, Hour] = {}

    def observe(self, started_ms: int, duration_ns: int, weight: int) -> None:
        """Count a request that began then (ms since the epoch) and took so long; weight: in 1/1024."""
        begin, lasted = started_ms * 1000, duration_ns // 1000
        if lasted > LONGEST_US:
            return
        first, last = begin // TENTH_US, (begin + max(lasted - 1, 0)) // TENTH_US
        self._hour(first // PER_HOUR).requests += 1
        for number in range(first // PER_HOUR, last // PER_HOUR + 1):
            hour = self._hour(number)
            step = 1 << hour.level
            low = max(first, number * PER_HOUR)
            for tenth in range(low + -low % step, min(last, (number + 1) * PER_HOUR - 1) + 1, step):
                at = tenth * TENTH_US
                inside = min(begin + lasted, at + TENTH_US) - max(begin, at)
                filled = inside * min(weight, _MOST_WEIGHT) * _WHOLE // (TENTH_US * 1024)
                hour.add(tenth, filled, filled * filled)
            if len(hour.sums) > MOST:
                hour.thin()
        self.recent()

    def _hour(self, number: int) -> Hour:
        hour = self.hours.get(number)
        if hour is None:
            hour = self.hours[number] = Hour()
        return hour

    def recent(self) -> Self:
        """This without the hours that are too many."""
        while len(self.hours) > HOURS:
            del self.hours[min(self.hours)]
        return self

    def merge(self, other: Self) -> Self:
        """Both together; operands stay as they are."""
        merged = type(self)()
        for part in (self, other):
            for number, hour in part.hours.items():
                known = merged.hours.setdefault(number, Hour())
                known.requests += hour.requests
                for tenth, sums in hour.sums.items():
                    known.add(tenth, *sums)
                known.thin(max(known.level, hour.level))
        return merged.recent()

    def seen(self, least: int) -> tuple[int, float]:
        """Requests, and `others`, of the newest hour with at least so many, else of all hours."""
        for number in sorted(self.hours, reverse=True):
            if self.hours[number].requests >= least:
                return self.hours[number].requests, _others([self.hours[number]])
        return sum(hour.requests for hour in self.hours.values()), _others(self.hours.values())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Overlap) and self.pack() == other.pack()

    def pack(self) -> list[Any]:
        """Plain lists for JSON, one per hour: [number, level, requests, tenth, S, Q, tenth, S, Q, ...]."""
        return [
            [number, hour.level, hour.requests, *(n for at, s in sorted(hour.sums.items()) for n in (at, *s))]
            for number, hour in sorted(self.hours.items())
        ]

    @classmethod
    def unpack(cls, plain: Iterable[Any]) -> Self:
        """The measure that `pack` packed."""
        overlap = cls()
        for number, level, requests, *sums in plain:
            hour = overlap.hours[number] = Hour(level, requests)
            hour.sums = {at: (s, q) for at, s, q in zip(sums[::3], sums[1::3], sums[2::3], strict=True)}
        return overlap


def _others(hours: Iterable[Hour]) -> float:
    """The number of others that a request of these hours overlaps with."""
    sums = [each for hour in hours for each in hour.sums.values()]
    filled = sum(s for s, _ in sums)
    return sum(s * s - q for s, q in sums) / (filled * _WHOLE) if filled else 0.0
