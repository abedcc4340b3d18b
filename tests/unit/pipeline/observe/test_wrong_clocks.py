"""Whose clocks are off, for ten minutes after the last record that shows it."""

import pytest

from monitor.base.units import LogTime
from monitor.pipeline.observe.logtime import Moment
from monitor.pipeline.observe.wrong_clocks import (
    AHEAD_OF,
    BEHIND_OF,
    LEAST_BEHIND,
    MOST,
    REMEMBERED_MS,
    WrongClocks,
)
from tests.factories import span

SPAN = span(1, service="cart", environment="prod")


def moment(off: int, age: int = 0, step: int = 0) -> Moment:
    """Of a record that is so far off log time (ms)."""
    return Moment(LogTime(0), age, off, step)


@pytest.mark.fault(31)
def test_a_record_ahead_names_its_producer_until_nothing_shows_it_any_more() -> None:
    """The last one says how far it is off; after ten minutes of age it is forgotten."""
    wrong = WrongClocks()
    wrong.see(moment(200_000, 0), SPAN, "node-7")
    wrong.see(moment(201_500, 1_000), SPAN, "node-7")
    assert wrong.tallies(1_000 + REMEMBERED_MS) == {f"{AHEAD_OF}prod\tcart\tnode-7": 201}
    assert wrong.tallies(1_001 + REMEMBERED_MS) == {}


def test_many_records_behind_are_of_a_clock() -> None:
    """Fewer may be late for other reasons."""
    wrong = WrongClocks()
    for _ in range(LEAST_BEHIND - 1):
        wrong.see(moment(-60_000, 0), SPAN, "")
    assert wrong.tallies(0) == {}
    wrong.see(moment(-60_000, 0), SPAN, "")
    assert wrong.tallies(0) == {f"{BEHIND_OF}prod\tcart\t": 60}


def test_a_bounded_number_is_named() -> None:
    """Telemetry decides how many there are: the first ones are kept."""
    wrong = WrongClocks()
    for number in range(MOST + 10):
        wrong.see(moment(20_000, 0), SPAN, f"node-{number}")
    assert len(wrong.tallies(0)) == MOST


def test_a_clock_that_was_followed_is_named_once_log_time_steps_back() -> None:
    """Until then it may have been the end of a silence."""
    wrong = WrongClocks()
    wrong.see(moment(0, step=3_540_000), SPAN, "node-7")
    assert wrong.tallies(0) == {}
    wrong.see(moment(0, step=-3_500_000), span(1, service="shop"), "")
    assert wrong.tallies(0) == {f"{AHEAD_OF}prod\tcart\tnode-7": 3_540}


def test_who_ended_a_silence_long_ago_is_not_blamed() -> None:
    """That log time steps back then has another reason: records that were held up."""
    for age, named in ((REMEMBERED_MS - 1, True), (REMEMBERED_MS, False)):
        wrong = WrongClocks()
        wrong.see(moment(0, 0, step=3_600_000), SPAN, "node-7")
        wrong.see(moment(0, age, step=-3_600_000), SPAN, "node-8")
        assert bool(wrong.tallies(age)) is named
