"""Counters of the process, from counts that come and go."""

from hypothesis import given
from hypothesis import strategies as st

from monitor.telemetry.growth import Growth

_SERIES = ("flowdrift_monitor_spans_total", ())


def _total(growth: Growth) -> float:
    return sum(reading.value for reading in growth.readings())


def test_counts_of_several_things_add_up() -> None:
    """Each thing counts for itself; looking twice counts nothing twice."""
    growth = Growth()
    for _ in range(2):
        growth.look([("a", {_SERIES: 3}), ("b", {_SERIES: 4})])
    assert _total(growth) == 7


def test_a_successor_begins_at_zero() -> None:
    """A partition that comes back with a new observer adds to what the old one counted."""
    growth = Growth()
    growth.look([("a", {_SERIES: 10})])
    growth.look([("a", {_SERIES: 2})])
    assert _total(growth) == 12


@given(st.lists(st.dictionaries(st.sampled_from("abc"), st.integers(min_value=0, max_value=99)), max_size=9))
def test_a_counter_never_falls(looks: list[dict[str, int]]) -> None:
    """Whatever comes and goes, the total only grows, as Prometheus demands of a counter."""
    growth, last = Growth(), 0.0
    for look in looks:
        growth.look([(thing, {_SERIES: count}) for thing, count in look.items()])
        assert _total(growth) >= last
        last = _total(growth)
