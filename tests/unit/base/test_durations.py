"""Durations as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.base.durations import MILLISECONDS, duration, milliseconds


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("500ms", 500),
        ("5s", 5_000),
        ("20m", 1_200_000),
        ("24h", 86_400_000),
        ("7d", 604_800_000),
        ("1.5s", 1_500),
    ],
)
def test_units(text: str, expected: int) -> None:
    """Each unit is read, with a fraction where one is given."""
    assert milliseconds(text) == expected


@pytest.mark.parametrize("text", ["", "5", "s", "-5s", "5 s", "5S", "5s\n", "1e3s", "5w", 5, None, True])
def test_what_is_no_duration(text: object) -> None:
    """A number without its unit, or anything else, is refused with the form that it must have."""
    with pytest.raises(ValueError, match="must be a duration such as 500ms, 5s, 20m, 24h or 7d"):
        milliseconds(text)


@given(st.integers(min_value=0, max_value=10**12))
def test_round_trip(value: int) -> None:
    """What is written is read as the same number of milliseconds."""
    assert milliseconds(duration(value)) == value


@pytest.mark.parametrize("unit", MILLISECONDS)
def test_the_largest_exact_unit_is_written(unit: str) -> None:
    """A duration is written in the largest unit that is exact."""
    assert duration(3 * MILLISECONDS[unit]) == f"3{unit}"


def test_one_day_is_written_in_hours() -> None:
    """A day is written as 24h, as people say it of a retention."""
    assert duration(86_400_000) == "24h"
