"""The thresholds of the fleet."""

import math

import pytest

from monitor.stats.budget import page_threshold, warn_threshold


@pytest.mark.parametrize(
    ("projected", "budget", "expected"),
    [
        (None, 1.0, 1e6),
        (0.0, 1.0, 1e6),
        (5e5, 1.0, 1e6),
        (3e7, 1.0, 3e7),
        (3e7, 2.0, 1.5e7),
        (None, 0.5, 2e6),
    ],
)
def test_a_page_needs_updates_over_budget(projected: float | None, budget: float, expected: float) -> None:
    """A = max(1e6, updates projected for 30 days) / false pages allowed in 30 days."""
    assert page_threshold(projected, budget) == expected


@pytest.mark.parametrize(
    ("per_day", "budget", "page", "expected"),
    [
        (None, 1.0, 1e6, 1e3),
        (10.0, 1.0, 1e6, 1e3),
        (1e5, 1.0, 1e6, 1e5),
        (1e5, 4.0, 1e6, 2.5e4),
        (1e8, 1.0, 1e6, 1e6),
        (None, 1.0, 500.0, 500.0),
    ],
)
def test_a_warning_lies_between_a_thousand_and_a_page(
    per_day: float | None, budget: float, page: float, expected: float
) -> None:
    """A_warn = updates a day / false warnings a day, at least 1e3, and never above the page's threshold."""
    assert warn_threshold(per_day, budget, page) == expected


@pytest.mark.parametrize("budget", [0.0, -1.0, math.nan])
def test_a_budget_of_no_false_alarm_is_refused(budget: float) -> None:
    """No evidence is certain, so no threshold keeps a budget of zero."""
    with pytest.raises(ValueError, match="above 0"):
        page_threshold(None, budget)
    with pytest.raises(ValueError, match="above 0"):
        warn_threshold(None, budget, 1e6)
