"""What services stated of themselves, and in how many flows and test cases: counts by period, which add up.

A period is a test run, or hours where there is none. Of each (environment, service, aspect) the newest three
count, of an environment's newest fortnight: what ran before says nothing of today. The first one of each of
its newest four days is kept beside them, to tell what already ran when tests last did.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Self

from monitor.base.units import DAY_MS, LogTime
from monitor.flows.flow import Flow
from monitor.flows.stated import FLAG, Said, Stated
from monitor.ledgers.parity.seen import Seen
from monitor.stats.distinct import Distinct, hash_of

NEWEST = 3
"""Periods of an aspect that count."""
DAYS = 4
"""Days of which the first period is kept: over a weekend without tests."""
OLDEST_MS = 14 * DAY_MS
"""After so long without it an aspect is forgotten."""
MOST_ASPECTS = 2_000
"""Aspects of all services and environments together that are counted."""
MOST_VALUES = 16
"""Values of one aspect in one period; all others count as one."""
MOST_WAITING = 256
OTHER = "__overflow__"
"""Stands for the values beyond the first."""
ALL = ""
"""Stands for every value: the flows that state the aspect at all."""

Key = tuple[str, str, str]
"""Environment, service, aspect."""
Values = dict[str, Seen]
"""By value, and under ALL of all."""
Periods = dict[LogTime, Values]
"""By when they began."""


class _Waiting:
    """Flows of one environment and period that state the same, not yet counted by value."""

    __slots__ = ("cases", "flows", "stated")

    def __init__(self, stated: Stated) -> None:
        self.stated = stated
        self.flows = 0
        self.cases: dict[str, None] = {}


class Book:
    """A pure fold of flows, in any order.

    known: counts by key and period, but for what waits. newest: period of each environment.
    """

    __slots__ = ("_waiting", "known", "newest")

    def __init__(self) -> None:
        self.known: dict[Key, Periods] = {}
        self.newest: dict[str, LogTime] = {}
        self._waiting: dict[tuple[int, str, LogTime], _Waiting] = {}

    def observe(self, flow: Flow, period: LogTime, case: str) -> None:
        """Count what a flow states; case: the test case that it is of, '' where none is.

        Flows of one record share what they state: it is counted by value once for all of them.
        """
        if not flow.stated:
            return
        key = (id(flow.stated), flow.environment, period)
        waiting = self._waiting.get(key)
        if waiting is None:
            if len(self._waiting) >= MOST_WAITING:
                self._count()
            waiting = self._waiting[key] = _Waiting(flow.stated)
        waiting.flows += 1
        if case:
            waiting.cases[case] = None

    def _count(self) -> None:
        """Count by value what waits."""
        for (_, environment, period), waiting in self._waiting.items():
            self.newest[environment] = max(period, self.newest.get(environment, period))
            cases = Distinct(map(hash_of, waiting.cases))
            for service, said in waiting.stated:
                for aspect, values in _by_aspect(said).items():
                    seen = Seen(waiting.flows, cases if aspect.startswith(FLAG) else Distinct())
                    self.add((environment, service, aspect), period, dict.fromkeys((ALL, *values), seen))
        self._waiting.clear()
        self.forget()

    def add(self, key: Key, period: LogTime, values: Mapping[str, Seen]) -> None:
        """Count some values of an aspect."""
        periods = self.known.get(key)
        if periods is None:
            if len(self.known) >= MOST_ASPECTS:
                return
            periods = self.known[key] = {}
        begins = period not in periods
        counts = periods.setdefault(period, {})
        for value, seen in values.items():
            known = value if value in counts or len(counts) <= MOST_VALUES else OTHER
            counts.setdefault(known, Seen()).add(seen)
        if begins and len(periods) > NEWEST:
            for old in periods.keys() - _kept(periods):
                del periods[old]

    def forget(self) -> None:
        """Drop the periods that are too old."""
        for key, periods in list(self.known.items()):
            oldest = self.newest[key[0]] - OLDEST_MS
            if min(periods) <= oldest:
                self.known[key] = {period: values for period, values in periods.items() if period > oldest}
                if not self.known[key]:
                    del self.known[key]

    def counted(self) -> dict[Key, Periods]:
        """All counts by key and period."""
        if self._waiting:
            self._count()
        return self.known

    def of(self, environment: str) -> Iterator[tuple[tuple[str, str], Periods]]:
        """(service, aspect) and what is known of it, in order."""
        for key, periods in sorted(self.counted().items()):
            if key[0] == environment:
                yield key[1:], periods

    def merge(self, other: Self) -> Self:
        """Both together; neither is changed."""
        both = type(self)()
        for book in (self, other):
            for key, periods in book.counted().items():
                for period, values in periods.items():
                    both.add(key, period, values)
            for environment, period in book.newest.items():
                both.newest[environment] = max(period, both.newest.get(environment, period))
        both.forget()
        return both

    def pack(self) -> dict[str, Any]:
        """Plain values for JSON.

        {environment: [newest period, {service: {aspect: {period: {value: counts}}}}]}
        """
        known = self.counted()
        plain: dict[str, Any] = {name: [period, {}] for name, period in sorted(self.newest.items())}
        for environment, service, aspect in sorted(known):
            periods = known[environment, service, aspect]
            plain[environment][1].setdefault(service, {})[aspect] = {
                str(period): {value: periods[period][value].pack() for value in sorted(periods[period])}
                for period in sorted(periods)
            }
        return plain

    @classmethod
    def unpack(cls, plain: Mapping[str, Any]) -> Self:
        """The book that `pack` packed."""
        book = cls()
        for environment, (newest, services) in plain.items():
            book.newest[environment] = newest
            for service, aspects in services.items():
                for aspect, periods in aspects.items():
                    book.known[environment, service, aspect] = {
                        LogTime(int(period)): {value: Seen.unpack(seen) for value, seen in values.items()}
                        for period, values in periods.items()
                    }
        return book

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Book) and self.pack() == other.pack()

    __hash__ = None  # type: ignore[assignment]  # it grows, so it is no key


def _kept(periods: Periods) -> set[LogTime]:
    """The newest periods, and the first of each day: the same whichever came first."""
    first: dict[int, LogTime] = {}
    for period in sorted(periods, reverse=True):
        first[period // DAY_MS] = period
    return {*sorted(periods)[-NEWEST:], *list(first.values())[:DAYS]}


def total(periods: Periods) -> Values:
    """The counts of the newest periods together."""
    added: Values = {}
    for period in sorted(periods)[-NEWEST:]:
        for value, seen in periods[period].items():
            added.setdefault(value, Seen()).add(seen)
    return added


def _by_aspect(said: Said) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for aspect, value in said:
        found.setdefault(aspect, []).append(value)
    return found
