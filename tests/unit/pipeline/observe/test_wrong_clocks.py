"""Whose clocks are off, for ten minutes after the last record that shows it."""

import pytest

from monitor.base.steps import result_of
from monitor.base.units import LogTime
from monitor.pipeline.observe.intake import SourceIntake
from monitor.pipeline.observe.logtime import Moment
from monitor.pipeline.observe.records import SourceRecord
from monitor.pipeline.observe.wrong_clocks import (
    AHEAD_OF,
    BEHIND_OF,
    LEAST_BEHIND,
    MOST,
    REMEMBERED_MS,
    WrongClocks,
)
from monitor.wire.attribution import AttributionSettings
from monitor.wire.decode import Decoder
from tests.factories import span
from tests.unit.wire.requests import request, sent

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
    wrong.see_time()
    assert wrong.tallies(1_000 + REMEMBERED_MS) == {f"{AHEAD_OF}prod\tcart\tnode-7": 201}
    assert wrong.tallies(1_001 + REMEMBERED_MS) == {}


def test_a_record_ahead_may_end_a_silence() -> None:
    """Nobody is named until a record of the clock before shows that it goes on."""
    wrong = WrongClocks()
    wrong.see(moment(3_600_000), SPAN, "node-7")
    assert wrong.tallies(0) == {}
    wrong.see(moment(0, step=3_600_000), SPAN, "node-7")
    wrong.see_time()
    assert wrong.tallies(0) == {}


@pytest.mark.parametrize(("last", "named"), [(7_200_000, []), (2_000, [f"{AHEAD_OF}prod\tcart\t"])])
def test_a_restart_names_nobody_of_a_partition_with_few_records(last: int, named: list[str]) -> None:
    """It does not know for how long nothing came; only a record in time shows that one was ahead."""
    intake = SourceIntake(
        Decoder(AttributionSettings()),
        start=0,
        encoding="otlp_proto",
        environment=None,
        guarded=True,
        patience_ms=10_000,
    )
    value = request([sent(1)], {"service.name": "cart", "deployment.environment.name": "prod"})
    for offset, timestamp in enumerate((0, 3_600_000, last)):
        result_of(intake.take(SourceRecord(offset, timestamp, value.SerializeToString())))
        intake.flush()
    assert [name for name in intake.tallies if name.startswith(AHEAD_OF)] == named


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
        wrong.see_time()
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
