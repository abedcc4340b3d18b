"""Lines that fit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.publish.wrapping import wrapped

QUANTITIES = [
    "95 %",
    "1,426 requests",
    "6 candidate units",
    "26 more evidence units",
    "10 s",
    "1 trace",
    "0.5 %",
    "5 KB",
    "3 of 4",
    "0 of 6 test cases",
    "12 % of 40 runs",
    "2026-11-29 09:14 UTC",
]


@pytest.mark.parametrize("quantity", QUANTITIES)
def test_a_number_keeps_its_unit(quantity: str) -> None:
    """Wherever the line would end, a number and its unit stand on one line."""
    for before in range(1, 30):
        lines = wrapped(f"{'x' * before} in {quantity} of them", 30).splitlines()
        assert any(quantity in line for line in lines), lines
        assert max(map(len, lines)) <= 30


def test_names_with_numbers_are_no_quantities() -> None:
    """What stands in a path or a version ends a line like any other word."""
    assert wrapped("GET /v1/items/7 and more of it", 19) == "GET /v1/items/7 and\nmore of it"
    assert wrapped("since version 1.4.2 or later", 19) == "since version\n1.4.2 or later"


def test_indents() -> None:
    """The first line has one, the others another."""
    assert wrapped("one two three", 6, "- ", "    ") == "- one\n    two\n    three"


_words = st.lists(
    st.sampled_from(("7", "0.5", "1,000", "%", "units", "a", "GET /v1/x", "é", "x" * 40)), max_size=30
)


@given(_words, st.integers(10, 60))
def test_nothing_is_changed_but_where_lines_end(words: list[str], width: int) -> None:
    """The words are those that were given, in their order."""
    assert wrapped(" ".join(words), width).split() == " ".join(words).split()
