"""/metrics: the catalogue and nothing else, readable by Prometheus whatever the names are."""

import asyncio
from collections.abc import Iterable, Iterator

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from monitor.base.clock import ManualClock
from monitor.publish.exposition import FRESH_SECONDS, STALE_SECONDS, Exposition, render
from monitor.telemetry.catalogue import METRICS
from monitor.telemetry.metric import Kind
from monitor.telemetry.readings import Reading, Readings


def _text(*parts: Readings) -> str:
    return render(Exposition(parts, ManualClock()).values()).decode()


def _families(*readings: Reading) -> dict[str, dict[tuple[str, ...], float]]:
    """Family name -> label values in the order of the labels' names -> value, as Prometheus reads it."""
    text = _text(lambda: readings)
    return {
        family.name: {tuple(v for _, v in sorted(s.labels.items())): s.value for s in family.samples}
        for family in text_string_to_metric_families(text)
    }


def test_every_family_is_in_the_catalogue_and_vice_versa() -> None:
    """/metrics has every metric of the catalogue, and no other, also without samples."""
    declared = {m.name.removesuffix("_total") if m.kind is Kind.COUNTER else m.name for m in METRICS}
    assert set(_families()) == declared


def test_help_says_the_meaning() -> None:
    """Each metric has its meaning as help, and its kind."""
    lines = _text().splitlines()
    for metric in METRICS:
        assert f"# HELP {metric.name} {metric.meaning}" in lines
        assert f"# TYPE {metric.name} {metric.kind}" in lines


def test_what_is_not_declared_is_refused() -> None:
    """A metric that is not in the catalogue is an error of the code."""
    with pytest.raises(ValueError, match="flowdrift_invented"):
        _text(lambda: [Reading("flowdrift_invented", 1)])


def test_counters_begin_at_zero() -> None:
    """A counter with known label values begins at 0, so that a rate sees its first event."""
    families = _families()
    assert families["flowdrift_monitor_spans"] == {(): 0}
    assert families["flowdrift_alerts"] == {("critical",): 0, ("warning",): 0}
    assert families["flowdrift_monitor_lag_seconds"] == {}


def test_equal_series_of_several_parts_are_added() -> None:
    """Equal series of two parts of a process are added."""

    def part() -> Iterator[Reading]:
        yield Reading("flowdrift_monitor_spans_total", 2)

    assert "flowdrift_monitor_spans_total 4.0" in _text(part, part)


@pytest.mark.fault(24)
@pytest.mark.parametrize(("took", "lasts"), [(0.01, 1), (0.2, 4), (5, STALE_SECONDS)])
def test_pages_take_at_most_a_twentieth_of_the_time(took: float, lasts: float) -> None:
    """One that took long to make is given away for longer, up to 10 s from when its making began."""
    clock, made = ManualClock(), []

    def slow() -> Iterator[Reading]:
        made.append(clock.monotonic())
        clock.advance(took)
        return iter(())

    exposition = Exposition([slow], clock)
    while len(made) < 3:
        asyncio.run(exposition.page())
        clock.advance(0.01)
    assert made[1] - made[0] == pytest.approx(max(lasts, took), abs=0.02)
    assert made[2] - made[1] == pytest.approx(max(lasts, took), abs=0.02)


def test_series_vanish_with_what_they_speak_of() -> None:
    """A series is gone with the part that had it."""
    readings: list[Reading] = [Reading("flowdrift_monitor_flows_total", 1, (("environment", "x"),))]

    def part() -> Iterable[Reading]:
        return tuple(readings)

    clock = ManualClock()
    exposition = Exposition([part], clock)
    assert b'environment="x"' in asyncio.run(exposition.page())
    readings.clear()
    clock.advance(FRESH_SECONDS)
    assert b'environment="x"' not in asyncio.run(exposition.page())


@pytest.mark.fault(24)
def test_many_scrapes_cost_what_one_does() -> None:
    """Within a second the parts are asked once, however many scrape at the same time."""
    asked: list[int] = []

    def part() -> Iterable[Reading]:
        asked.append(1)
        return ()

    async def scrape() -> list[bytes]:
        exposition = Exposition([part], ManualClock())
        return await asyncio.gather(*(exposition.page() for _ in range(50)))

    assert len(set(asyncio.run(scrape()))) == 1
    assert len(asked) == 1


@pytest.mark.fault(13, "injection")
@given(st.text(max_size=30))
@example("\ud800")
@example('"} 1\nflowdrift_forged 1\r\n')
@example("\u202egnp.exe")
def test_any_name_can_be_scraped(name: str) -> None:
    """Quotes, newlines, control characters and lone surrogates neither break the page nor forge a series."""
    families = _families(Reading("flowdrift_monitor_flows_total", 1, (("environment", name),)))
    ((labels, value),) = families["flowdrift_monitor_flows"].items()
    assert value == 1
    assert "".join(labels).isprintable()
