"""The order of calls: what a row says of which began first, and which ran at the same time."""

from collections.abc import Iterable
from itertools import product

import pytest

from monitor.dimensions.order import Pair, Way, order_of
from monitor.flows.flow import Flow
from monitor.flows.identity import FlowSettings
from monitor.flows.order import MOST_CALLS
from monitor.flows.read import Reader
from monitor.wire.span import Kind, Span
from tests.factories import MILLISECOND, span
from tests.unit.flows.test_read import fragment_of


def call(id: int, name: str, start: float, duration: float = 5, *, parent: int = 1) -> Span:
    """A client span of the shop; times in ms."""
    return made(id, name, start, duration, parent, Kind.CLIENT)


def made(id: int, name: str, start: float, duration: float, parent: int, kind: Kind) -> Span:
    begin, took = round(start * MILLISECOND), round(duration * MILLISECOND)
    return span(id, parent=parent, name=name, kind=kind, service="shop", start=begin, duration=took)


ENTRY = made(1, "GET /cart", 0, 1000, 0, Kind.SERVER)


def row_of(*calls: Span) -> Flow:
    (flow,) = Reader(FlowSettings()).read(fragment_of(ENTRY, *calls))
    return flow


def ways(*calls: Span) -> dict[str, Way]:
    """How each pair of calls goes, by their names."""
    row = row_of(*calls)
    return {f"{one.name} {other.name}": way for one, other, way in order_of(row.shape, row.order).pairs()}


@pytest.mark.parametrize(
    ("calls", "way"),
    [
        ([call(2, "a", 0), call(3, "b", 5.1)], Way.RIGHT_AFTER),
        ([call(2, "b", 0), call(3, "a", 5.1)], Way.RIGHT_BEFORE),
        ([call(2, "a", 0), call(3, "b", 90)], Way.AFTER),
        ([call(2, "a", 0, 0.3), call(3, "b", 0.4, 0.3)], Way.AFTER),
        ([call(2, "a", 0), call(3, "b", 1)], Way.AT_ONCE),
        ([call(2, "b", 0), call(3, "a", 0)], Way.AT_ONCE),
        ([call(2, "b", 0, 0.3), call(3, "a", 0.1, 0.3)], Way.BEFORE),
    ],
)
def test_how_two_calls_go(calls: list[Span], way: Way) -> None:
    """One after the other, waiting or not; at the same time; short ones by their start."""
    assert ways(*calls) == {"a b": way}


def test_a_tick_of_the_clock_tells_nothing() -> None:
    """Two short calls of one start have no order, those before and after them have one."""
    calls = [call(2, "a", 1, 0), call(3, "b", 2, 0.4), call(4, "c", 2, 0.3), call(5, "d", 3, 0)]
    assert ways(*calls).keys() == {"a b", "a c", "a d", "b d", "c d"}


@pytest.mark.parametrize("began", [0.0, 0.25, 0.5, 0.75])
def test_starts_in_whole_milliseconds_make_no_overlap(began: float) -> None:
    """A start that is cut to the ms, with a duration that is not, lets no call in sequence seem at once."""
    starts = [began, began + 5.05, began + 10.1]
    calls = [call(2 + n, name, int(start)) for n, (name, start) in enumerate(zip("abc", starts, strict=True))]
    assert set(ways(*calls).values()) <= {Way.RIGHT_AFTER, Way.AFTER}


def test_a_long_call_hides_no_order_of_others() -> None:
    """What runs beside all others has no order with them; they have theirs."""
    found = ways(call(2, "z", 0, 100), call(3, "a", 5), call(4, "b", 11), call(5, "c", 200))
    assert found.pop("b z") == found.pop("a z") == Way.AT_ONCE
    assert found == {"a b": Way.RIGHT_AFTER, "a c": Way.AFTER, "b c": Way.AFTER, "c z": Way.BEFORE}


def test_internal_spans_are_transparent_and_calls_are_not() -> None:
    """Calls below INTERNAL spans are siblings by their own times; a call inside a call is none."""
    inside = [
        made(2, "slow work", 0, 60, 1, Kind.INTERNAL),
        made(3, "quick work", 1, 10, 1, Kind.INTERNAL),
        call(4, "b", 50, parent=2),
        call(5, "a", 2, parent=3),
        call(6, "within", 51, 1, parent=4),
    ]
    assert ways(*inside) == {"a b": Way.AFTER}


def test_of_repeats_the_first_counts() -> None:
    """A loop of two calls is in the order of its first turn."""
    assert ways(*[call(2 + n, "ba"[n % 2], 10 * n) for n in range(6)]) == {"a b": Way.BEFORE}


def test_other_services_have_other_clocks() -> None:
    """Servers that answer, and calls of theirs, are no siblings; one call alone has no order."""
    server = span(3, parent=2, service="pay", name="POST /charge")
    theirs = span(4, parent=3, service="pay", name="db", kind=Kind.CLIENT)
    assert row_of(call(2, "a", 0), server, theirs).order == ()


def test_of_many_calls_the_first_by_name_are_compared() -> None:
    """A caller of two hundred different calls gives 28 pairs, whatever the order in which they are made."""
    names = [f"get {one}{two}" for one, two in product("ghijklmnopqrstuvwxyz", "ghijklmnop")]

    def found(order: Iterable[str]) -> set[Pair]:
        row = row_of(*[call(2 + n, name, 10 * n) for n, name in enumerate(order)])
        return {pair._replace(way=Way.AFTER) for pair in order_of(row.shape, row.order).pairs()}

    assert found(names) == found(reversed(names))
    assert len(found(names)) == MOST_CALLS * (MOST_CALLS - 1) / 2


def test_a_caller_that_is_called_again_counts_once() -> None:
    """Of a service that is asked several times, the first request that makes several calls is compared."""
    again = [
        made(10 * n, "each", 100 * n, 50, 1, Kind.INTERNAL)._replace(
            facts=span(9, service="stock", name="GET /item").facts
        )
        for n in (1, 2)
    ]
    calls = [
        span(10 * n + k, parent=10 * n, service="stock", name=name, kind=Kind.CLIENT, start=1000 * k)
        for n, names in ((1, "ab"), (2, "ba"))
        for k, name in enumerate(names, 1)
    ]
    assert ways(*again, *calls) == {"a b": Way.AFTER}


def test_pairs_of_a_trace_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Callers whose pairs do not fit any more have none: which ones depends on names alone."""
    monkeypatch.setattr("monitor.dimensions.order.MOST_PAIRS", 2)
    assert ways(call(2, "a", 0), call(3, "b", 9), call(4, "c", 20)) == {}
