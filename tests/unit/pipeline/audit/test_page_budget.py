"""The budget of false pages, from the updates of a shard to the thresholds of a day."""

from typing import Any

import pytest

from monitor.base.units import DAY_MS, LogTime
from monitor.drift.policy import AlertSettings, Policy
from monitor.drift.records.summary import Spent, Summary
from monitor.pipeline.audit.auditor import PartitionAuditor
from monitor.pipeline.audit.page_budget import Days, added, days_of, spend, threshold, used_ratio
from monitor.pipeline.timeline.commands import Settings, Threshold
from tests.unit.pipeline.auditing import POLICY, Log, checkpoints, summary_of

CHARGE = ("POST /charge",)


def at(day: int) -> LogTime:
    return LogTime(day * DAY_MS + 5)


def test_thirty_days_are_kept() -> None:
    """Updates and their costs are kept for 30 days, also where they come late."""
    days: Days = {}
    for day in range(40):
        spend(days, 10, at(day), 1e6)
    spend(days, 10, at(39), 1e3)
    spend(days, 99, at(0), 1e6)
    assert list(days) == list(range(9, 40))
    assert days[39][0] == 20
    assert days[39][1] == pytest.approx(0.01001)


def test_partitions_add_up() -> None:
    """Updates of partitions add up by day."""
    assert added([{3: (1, 0.5)}, {2: (5, 0.0), 3: (2, 0.25)}]) == {2: (5, 0.0), 3: (3, 0.75)}
    summaries = [Summary(partition=n, offset=0, updates=(Spent(3, 1, 0.5),)) for n in range(2)]
    assert days_of(summaries) == {3: (2, 1.0)}


@pytest.mark.parametrize(
    ("alerts", "days", "expected"),
    [
        ({}, {}, None),
        ({}, {5: (100, 0.0)}, None),
        ({}, {5: (100, 0.0), 6: (1, 0.0)}, Threshold(6, 1e6, 1e3)),
        ({}, {5: (10**6, 0.0), 6: (1, 0.0)}, Threshold(6, 3e7, 1e6)),
        ({"false_pages_per_30d": 3}, {5: (10**6, 0.0), 6: (1, 0.0)}, Threshold(6, 1e7, 1e6)),
        ({"expected_updates_per_30d": 6e7}, {5: (10**6, 0.0), 6: (1, 0.0)}, Threshold(6, 6e7, 2e6)),
    ],
)
def test_the_thresholds_of_a_day(alerts: dict[str, Any], days: Days, expected: Threshold | None) -> None:
    """A = updates projected for 30 days / budget, at least the first one; nothing before a whole day."""
    assert threshold(Policy(alerts=AlertSettings(**alerts)), days) == expected


def test_how_much_of_the_budget_is_used() -> None:
    """The budget used is the expected false pages of 30 days over what is allowed."""
    assert used_ratio({}, 1.0) == 0.0
    assert used_ratio({1: (5, 0.25), 2: (5, 0.25)}, 2.0) == 0.25


def test_a_summary_tells_the_updates_of_its_partition() -> None:
    """A summary counts one update per unit and watched edge, at the threshold of its moment."""
    log = Log()
    log.production(1000)
    log.run(0, calls=CHARGE)
    log.run(1, calls=CHARGE)
    auditor = log.fold()
    assert summary_of(auditor)["updates"] == [[0, 4, 4e-6]]
    assert summary_of(PartitionAuditor(0, 4, 1, checkpoints(auditor)))["updates"] == [[0, 4, 4e-6]]


def test_a_threshold_is_never_lowered_within_its_day() -> None:
    """A threshold command that lowers one of the same day is ignored."""
    log, stands = Log(), []
    for day, page in ((1, 2e6), (1, 1e6), (1, 3e6), (0, 9e9), (2, 1e6)):
        log.command(Threshold(day, page, 1e3))
        stands.append(log.fold().timeline.policy.page)
    assert stands == [2e6, 2e6, 3e6, 3e6, 1e6]
    log.command(Settings(POLICY.model_copy(update={"page": 5.0, "min_traffic": 0.9})))
    policy = log.fold().timeline.policy
    assert (policy.page, policy.min_traffic) == (1e6, 0.9)
