"""Counters of this process, made from counts of things that come and go."""

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping

from monitor.telemetry.events import Labels
from monitor.telemetry.readings import Reading

Counts = Mapping[tuple[str, Labels], int]
"""A count per (metric, labels)."""


class Growth:
    """Adds up by how much counts grow; one that falls belongs to a successor that began anew at 0."""

    def __init__(self) -> None:
        self.totals: Counter[tuple[str, Labels]] = Counter()
        self._last: dict[Hashable, Counts] = {}

    def look(self, counted: Iterable[tuple[Hashable, Counts]]) -> None:
        """Take the counts now, per thing that counts; what is not among them any more is forgotten."""
        now = dict(counted)
        for thing, counts in now.items():
            before = self._last.get(thing, {})
            for series, count in counts.items():
                old = before.get(series, 0)
                self.totals[series] += count - old if count >= old else count
        self._last = now

    def readings(self) -> Iterator[Reading]:
        """All counters since the process began."""
        for (metric, labels), total in self.totals.items():
            yield Reading(metric, total, labels)
