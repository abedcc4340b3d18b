"""The thresholds of the fleet."""

import json
import math

import pytest

from monitor.stats.budget import Spending, page_threshold, warn_threshold


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


def spent(*days: tuple[int, int], budget: float = 1.0) -> Spending:
    spending = Spending(1e6)
    for day, updates in days:
        spending.count(day, updates, budget)
    return spending


def test_the_first_day_has_the_threshold_it_was_given() -> None:
    """Nothing is projected before a day is whole."""
    spending = spent((100, 5_000_000), (100, 5_000_000))
    assert spending.threshold == 1e6
    assert spending.projected(100) is None
    assert spending.used_ratio(100, 1.0) == pytest.approx(10.0)


def test_the_threshold_follows_the_last_seven_days() -> None:
    """On each new day: 30 times the mean of up to seven whole days, empty ones too."""
    assert spent((0, 1_000_000), (1, 1)).threshold == 3e7
    assert spent((0, 1_000_000), (1, 1), budget=2.0).threshold == 1.5e7
    assert spent((0, 1_000_000), (4, 1)).threshold == 7.5e6
    assert spent((0, 10**9), *((day, 100_000) for day in range(1, 9))).threshold == 3e6
    assert spent((0, 10), (1, 1)).threshold == 1e6


def test_the_threshold_is_never_lowered_within_a_day() -> None:
    """A larger budget takes effect on the next day, a smaller one at once."""
    spending = spent((0, 1_000_000), (1, 1))
    assert spending.count(1, 1, 10.0) == 3e7
    assert spending.count(1, 1, 0.5) == 6e7
    assert spending.count(2, 1, 10.0) == pytest.approx(1.5e6, rel=1e-4)


def test_a_day_that_is_over_is_not_counted_again() -> None:
    """A clock that jumps back neither lowers the threshold nor changes days that are done."""
    spending = spent((0, 1_000_000), (1, 100), (0, 100))
    assert spending.threshold == 3e7
    assert spending.per_day(2) == 500_100


def test_the_budget_used_is_of_thirty_days() -> None:
    """The sum of 1 / A over the updates of 30 days, as a share of the pages allowed in them."""
    assert spent((0, 500_000)).used_ratio(29, 1.0) == pytest.approx(0.5)
    assert spent((0, 500_000)).used_ratio(29, 2.0) == pytest.approx(0.25)
    assert spent((0, 500_000)).used_ratio(30, 1.0) == 0.0


def test_steady_traffic_uses_the_budget_and_no_more() -> None:
    """A million updates a day for months: one expected false page in 30 days, at most."""
    spending = spent(*((day, 1_000_000) for day in range(90)))
    assert spending.used_ratio(89, 1.0) == pytest.approx(1.0)
    assert len(spending.pack()) == 2 + 30 * 3


def test_a_spending_comes_back_from_json() -> None:
    """Stored and loaded it goes on as before; a list that was cut off is refused."""
    for spending in (Spending(1e6), spent((3, 1000), (4, 2000))):
        loaded = Spending.unpack(json.loads(json.dumps(spending.pack())))
        assert loaded.count(5, 7, 1.0) == spending.count(5, 7, 1.0)
        assert loaded.pack() == spending.pack()
    with pytest.raises(ValueError, match="zip"):
        Spending.unpack(spending.pack()[:-1])
