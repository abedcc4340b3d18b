"""The thresholds of the whole fleet, from how many false alarms people are ready to read.

A detector's expected number of false alarms is at most its updates / threshold, for any dependence
between streams, so one threshold serves all flows and dimensions: updates / budget. `Spending` counts the
updates by day of log time, projects them and says how much of the budget is used.
"""

from collections.abc import Sequence
from typing import Self

FIRST_UPDATES_30D = 1e6
"""Updates assumed for 30 days until a projection exists, and the least ever assumed."""

FIRST_WARN_THRESHOLD = 1e3
"""Until a day has been seen, and the least ever used."""

PROJECTED_FROM_DAYS = 7
"""Updates are projected from at most this many whole days."""

BUDGET_DAYS = 30
"""The days that a budget of pages is for."""


def page_threshold(projected_updates_30d: float | None, false_pages_per_30d: float) -> float:
    """A: the evidence that pages, for updates of paging detectors in 30 days (None: not yet known).

    ValueError if the budget is not positive.
    """
    return max(FIRST_UPDATES_30D, projected_updates_30d or 0.0) / _positive(false_pages_per_30d)


def warn_threshold(updates_per_day: float | None, false_warnings_per_day: float, page: float) -> float:
    """A_warn: the evidence that makes a suspect; at least FIRST_WARN_THRESHOLD, at most `page`.

    ValueError if the budget is not positive.
    """
    budgeted = (updates_per_day or 0.0) / _positive(false_warnings_per_day)
    return min(max(FIRST_WARN_THRESHOLD, budgeted), page)


class Spending:
    """Updates of paging detectors and expected false pages (1 / A each), by day of log time.

    About BUDGET_DAYS + 1 days are kept. Updates that come later than their day, or after a clock that
    jumped back, count on the newest day. `threshold` is A: set anew on each new day, raised at any time,
    never lowered within a day.
    """

    __slots__ = ("_days", "_first_day", "threshold")

    def __init__(self, threshold: float) -> None:
        self.threshold = threshold
        self._first_day: int | None = None
        self._days: dict[int, tuple[int, float]] = {}

    def count(self, day: int, updates: int, false_pages_per_30d: float) -> float:
        """Count updates made on `day` and return A for them; days are whole numbers, 0 is 1970-01-01.

        ValueError if the budget is not positive.
        """
        newest = max(self._days, default=None)
        if newest is None:
            self._first_day = day
        if newest is None or day > newest:
            self._begin(day, false_pages_per_30d)
        else:
            day = newest
            self.threshold = max(self.threshold, page_threshold(self.projected(day), false_pages_per_30d))
        counted, spent = self._days[day]
        self._days[day] = counted + updates, spent + updates / self.threshold
        return self.threshold

    def _begin(self, day: int, false_pages_per_30d: float) -> None:
        self._days = {each: used for each, used in self._days.items() if day - each < BUDGET_DAYS}
        self._days[day] = 0, 0.0
        projected = self.projected(day)
        if projected is not None:
            self.threshold = page_threshold(projected, false_pages_per_30d)

    def projected(self, day: int) -> float | None:
        """Updates of 30 days, from the last whole days before `day`; None until there has been one."""
        per_day = self.per_day(day)
        return None if per_day is None else per_day * BUDGET_DAYS

    def per_day(self, day: int) -> float | None:
        """Updates a day, over the last PROJECTED_FROM_DAYS whole days before `day`; None before the first."""
        if self._first_day is None or day <= self._first_day:
            return None
        days = min(PROJECTED_FROM_DAYS, day - self._first_day)
        return sum(n for each, (n, _) in self._days.items() if day - days <= each < day) / days

    def used_ratio(self, day: int, false_pages_per_30d: float) -> float:
        """Expected false pages of the last 30 days, at most, as a share of the budget.

        ValueError if the budget is not positive.
        """
        spent = sum(spent for each, (_, spent) in self._days.items() if day - each < BUDGET_DAYS)
        return spent / _positive(false_pages_per_30d)

    def pack(self) -> list[float]:
        """Plain numbers for JSON: the threshold, the first day, then day, updates and pages in turn."""
        if self._first_day is None:
            return [self.threshold]
        days = [number for day, (updates, spent) in self._days.items() for number in (day, updates, spent)]
        return [self.threshold, self._first_day, *days]

    @classmethod
    def unpack(cls, packed: Sequence[float]) -> Self:
        """The inverse of `pack`; ValueError if a day is cut off."""
        spending = cls(packed[0])
        if len(packed) > 1:
            spending._first_day = int(packed[1])
            triples = zip(packed[2::3], packed[3::3], packed[4::3], strict=True)
            spending._days = {int(day): (int(updates), spent) for day, updates, spent in triples}
        return spending


def _positive(budget: float) -> float:
    if budget > 0.0:
        return budget
    raise ValueError(f"a budget of {budget} false alarms cannot be kept: give a number above 0")
