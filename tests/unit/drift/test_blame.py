"""Who is to blame for what is slow, by roles."""

import pytest

from monitor.drift.blame import blamed
from monitor.drift.signal import Slow

CALLEES = ("cart", "ads", "money", "mail", "ship", "pay", "list")


def front(**off: float) -> list[Slow]:
    """A front that works and calls seven services, some of them off; and the work of each."""
    units = 10
    calls = [Slow("front", callee, units, units * off.get(callee, 0.0)) for callee in CALLEES]
    works = [Slow(each, None, units, 0.0) for each in ("front", *CALLEES)]
    return [*works, *calls]


def test_who_is_called_is_blamed_for_slow_calls_before_who_calls() -> None:
    """The calls of both callers are slow: half of the callee's roles, a seventh of one role of a caller."""
    found = blamed([*front(cart=1.0), Slow("till", "cart", 10, 10.0), Slow("till", None, 10, 0.0)])
    assert found["cart"].score == pytest.approx((0.0 + 1.0) / 2)
    assert found["front"].score == pytest.approx((0.0 + 1.0 / 7) / 2)
    assert found["cart"].says == (
        "Calls to cart do not take as long as in production for 2 of 2 callers. Its own work does."
    )
    assert found["front"].says == (
        "Its calls to cart do not take as long as in production. Its own work does."
    )
    assert found["ads"] == (0.0, "")


def test_one_caller_of_two_halves_the_blame() -> None:
    """What only one caller waits for may be that caller's."""
    both = blamed([Slow("front", "cart", 10, 10.0), Slow("till", "cart", 10, 10.0)])
    one = blamed([Slow("front", "cart", 10, 10.0), Slow("till", "cart", 10, 0.0)])
    assert (both["cart"].score, one["cart"].score) == (1.0, 0.5)
    assert "for 1 of 2 callers" in one["cart"].says


def test_who_calls_is_blamed_where_all_calls_are_slow() -> None:
    """One machine that is busy makes every call from it slow, and no callee is."""
    found = blamed(front(**dict.fromkeys(CALLEES, 1.0)))
    assert found["front"].score == pytest.approx(0.5)
    assert found["cart"].score == pytest.approx(0.5)
    found = blamed([Slow("front", None, 10, 8.0), *front(**dict.fromkeys(CALLEES, 1.0))])
    assert max(found, key=lambda service: found[service].score) == "front"


def test_things_count_by_their_units() -> None:
    """A slow operation that few units have is little of a service's work; flows are added up."""
    found = blamed([Slow("cart", None, 90, 0.0), Slow("cart", None, 10, 10.0)])
    assert found["cart"].score == pytest.approx(0.1)
    assert found["cart"].says == "Its own work does not take as long as in production."


def test_calls_that_no_other_service_answers_are_one_subject() -> None:
    """A slow database is a role of who asks it, and nobody else is there to blame."""
    found = blamed([Slow("cart", "", 10, 10.0), Slow("cart", None, 10, 0.0)])
    assert list(found) == ["cart"]
    assert found["cart"].says == (
        "Its calls to what sends no spans do not take as long as in production. Its own work does."
    )


def test_without_units_nobody_is_to_blame() -> None:
    """What was never timed has no score."""
    assert blamed([Slow("cart", None, 0, 0.0)]) == {}
