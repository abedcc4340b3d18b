"""The budget of false pages: updates by day, added up over partitions, and the threshold made of them.

Every shard counts the updates of its paging detectors by day of log time, with the expected false pages that
they cost (1 / A each). The owner projects them once a day and says the thresholds as a command.
"""

from collections.abc import Iterable, Mapping

from monitor.base.units import DAY_MS, LogTime
from monitor.drift.policy import Policy
from monitor.drift.records.summary import Summary
from monitor.pipeline.timeline.commands import Threshold
from monitor.stats.budget import BUDGET_DAYS, Spending, page_threshold, warn_threshold

Days = dict[int, tuple[int, float]]
"""Per day (0 is 1970-01-01): updates, and expected false pages."""


def spend(days: Days, updates: int, at: LogTime, page: float) -> None:
    """Count `updates` at log time `at` and threshold `page`; days before the last 30 are forgotten."""
    day = at // DAY_MS
    counted, spent = days.get(day, (0, 0.0))
    days[day] = (counted + updates, spent + updates / page)
    newest = max(days)
    for old in [old for old in days if old <= newest - BUDGET_DAYS - 1]:
        del days[old]


def added(parts: Iterable[Mapping[int, tuple[int, float]]]) -> Days:
    """Days of several shards or partitions together, in the order of the days."""
    total: Days = {}
    for part in parts:
        for day, (updates, spent) in part.items():
            counted, before = total.get(day, (0, 0.0))
            total[day] = (counted + updates, before + spent)
    return dict(sorted(total.items()))


def days_of(summaries: Iterable[Summary]) -> Days:
    """The days in the summaries of all partitions."""
    return added({day: (n, spent) for day, n, spent in summary.updates} for summary in summaries)


def threshold(policy: Policy, days: Days) -> Threshold | None:
    """What today's thresholds should be, by the whole days before it; None before there is one.

    Today is the newest day with an update. Updates that the settings expect are the least assumed.
    """
    today = max(days, default=None)
    per_day = None if today is None else _spending(days).per_day(today)
    if today is None or per_day is None:
        return None
    per_day = max(per_day, (policy.alerts.expected_updates_per_30d or 0.0) / BUDGET_DAYS)
    page = page_threshold(per_day * BUDGET_DAYS, policy.alerts.false_pages_per_30d)
    return Threshold(today, page, warn_threshold(per_day, policy.alerts.false_warnings_per_day, page))


def used_ratio(days: Days, false_pages_per_30d: float) -> float:
    """Expected false pages of the last 30 days with updates, as a share of the budget."""
    return _spending(days).used_ratio(max(days), false_pages_per_30d) if days else 0.0


def _spending(days: Days) -> Spending:
    triples = (number for day, (updates, spent) in days.items() for number in (day, updates, spent))
    return Spending.unpack([1.0, min(days), *triples])
