"""A fragment as a tree: preorder, self time, entry."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.traces.tree import Tree, build
from monitor.wire.span import Kind, Span
from tests.factories import span
from tests.unit.traces.log import little_stack


def client(id: int, parent: int, start: int, duration: int, name: str = "call") -> Span:
    """A client span of the same host as its parent."""
    return span(id, parent=parent, start=start, duration=duration, kind=Kind.CLIENT, name=name)


def numbers(tree: Tree) -> list[int]:
    """Span numbers in preorder."""
    return [int.from_bytes(each.span_id) for each in tree.spans]


def test_preorder_has_siblings_by_their_start() -> None:
    """Siblings stand in the order of their start, however they came."""
    tree = build([client(4, 2, 15, 1), client(3, 1, 50, 5), client(2, 1, 10, 20), span(1, duration=100)])
    assert numbers(tree) == [1, 2, 4, 3]
    assert tree.parents == [-1, 0, 1, 0]


def test_siblings_of_equal_start_are_ordered_by_name() -> None:
    """Siblings with one start stand in the order of their names."""
    tree = build([span(1, duration=9), client(2, 1, 5, 1, "b"), client(3, 1, 5, 1, "a")])
    assert numbers(tree) == [1, 3, 2]


def test_self_time_leaves_out_the_union_of_the_children() -> None:
    """Overlapping children count once, and only where they overlap the span."""
    spans = [span(1, duration=100), client(2, 1, 10, 30), client(3, 1, 30, 20), client(4, 1, 90, 50)]
    assert build(spans).self_times == [100 - 40 - 10, 30, 20, 50]
    assert build([span(1, duration=100), client(2, 1, 80, 50)]).self_times == [80, 50]
    assert build([span(1, duration=100), client(2, 1, 200, 50)]).self_times == [100, 50]


def test_a_child_on_another_host_counts_by_its_duration() -> None:
    """A child on another host takes its duration from its caller's self time, wherever its clock is."""
    hour = 3_600_000_000_000
    skewed = [client(1, 0, 0, 100), span(2, parent=1, start=hour, duration=70)]
    assert build(skewed).self_times == [30, 70]
    assert build([client(1, 0, 0, 100), span(2, parent=1, start=-hour, duration=300)]).self_times == [0, 300]
    both = [*skewed, span(3, parent=1, start=-hour, duration=20)]
    assert build(both).self_times == [10, 20, 70]
    beside = [client(1, 0, 0, 100), client(3, 1, 50, 10), span(2, parent=1, start=hour, duration=70)]
    assert build(beside).self_times == [30, 10, 70]


def test_negative_durations_count_as_nothing() -> None:
    """A negative duration takes nothing from a self time."""
    assert build([span(1, duration=-5)]).self_times == [0]
    assert build([span(1, duration=10), client(2, 1, 3, -5)]).self_times == [10, 0]


def test_the_entry_is_the_first_server_or_consumer() -> None:
    """The caller's own spans above it are context; a job without either is its own entry."""
    below = [client(1, 0, 0, 9), span(2, parent=1, start=1), span(3, parent=2, start=2)]
    assert build(below).entry == 1
    consumer = [client(1, 0, 0, 9), span(2, parent=1, kind=Kind.CONSUMER)]
    assert build(consumer).entry == 1
    job = [span(1, kind=Kind.INTERNAL, duration=9), client(2, 1, 1, 2)]
    assert build(job).entry == 0


def test_a_subtree_is_a_slice() -> None:
    """`end` of a span is one past its last descendant in preorder."""
    tree = build([span(1, duration=9), client(2, 1, 1, 3), client(3, 2, 2, 1), client(4, 1, 5, 1)])
    assert [tree.end(place) for place in range(4)] == [4, 3, 3, 4]


def test_a_cycle_is_cut_at_its_earliest_span() -> None:
    """Every span stands in the tree once; spans that hang from the cycle stay below it."""
    cycle = [client(1, 3, 7, 1), client(2, 1, 5, 1), client(3, 2, 6, 1), client(4, 2, 1, 1)]
    tree = build(cycle)
    assert numbers(tree) == [2, 4, 3, 1]
    assert tree.parents == [-1, 0, 0, 2]


@pytest.mark.fault(9)
def test_depth_needs_no_recursion() -> None:
    """A chain of 20,000 spans is a tree."""
    chain = [span(number, parent=number - 1, start=number) for number in range(1, 20_001)]
    with little_stack():
        assert build(chain).parents[-1] == 19_998


@given(st.data())
def test_order_of_arrival_does_not_show(data: st.DataObject) -> None:
    """Any permutation of the spans gives the same tree."""
    sizes = st.integers(0, 50)
    spans = [span(1, duration=50)]
    for number in range(2, data.draw(st.integers(2, 9))):
        parent = data.draw(st.integers(1, number - 1))
        spans.append(client(number, parent, data.draw(sizes), data.draw(sizes)))
    assert build(data.draw(st.permutations(spans))) == build(spans)


@given(st.lists(st.tuples(st.integers(-20, 60), st.integers(0, 60)), max_size=6))
def test_self_time_is_what_no_child_covers(children: list[tuple[int, int]]) -> None:
    """Self time is what counting every nanosecond without a child gives."""
    spans = [client(number, 1, *interval) for number, interval in enumerate(children, start=2)]
    covered = {at for start, length in children for at in range(start, start + length)}
    parent = span(1, duration=50)
    assert build([parent, *spans]).self_times[0] == 50 - len(covered & set(range(50)))
