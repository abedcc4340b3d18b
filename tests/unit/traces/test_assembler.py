"""Rules 1 and 3 of 'A trace is not a flow': which spans belong together, and when a group is complete."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.factories import span
from tests.unit.traces.log import GAP, MEMORY, ORPHAN, REMOTE, SECOND, Log, ids_of


def test_a_rooted_group_closes_after_the_quiet_gap() -> None:
    """A rooted group closes ten seconds after its last span, and not earlier."""
    log = Log().write(0, span(1)).write(4 * SECOND, span(2, parent=1)).write(13_999)
    assert log.groups == []
    assert log.write(14 * SECOND).groups == [[1, 2]]


def test_a_group_closes_before_the_record_that_passes_its_deadline() -> None:
    """What is due at a record's log time closes without that record's spans."""
    log = Log().write(0, span(1)).write(GAP, span(2, parent=1))
    assert log.groups == [[1]]
    assert log.assembler.tally.late == 1


def test_an_orphan_waits_longer() -> None:
    """A group whose parent has not come waits for it a minute."""
    log = Log().write(0, span(2, parent=1)).write(ORPHAN - 1)
    assert log.groups == []
    (orphan,) = log.write(ORPHAN).closed
    assert orphan.missing == span(1).span_id and not orphan.truncated


def test_a_remote_orphan_waits_less() -> None:
    """A group whose missing parent is in another process waits for it for 20 s."""
    log = Log().write(0, span(2, parent=1, remote=True)).write(REMOTE - 1)
    assert log.groups == []
    assert log.write(REMOTE).groups == [[2]]


def test_a_parent_joins_its_children_at_their_first_position() -> None:
    """Groups that waited for one span become one; the smallest position stays."""
    log = Log().write(0, span(3, parent=1)).write(SECOND, span(2, parent=1), span(1)).write(12 * SECOND)
    (whole,) = log.closed
    assert ids_of(whole) == [1, 2, 3]
    assert (whole.position, whole.began, whole.missing) == ((0, 0), 0, b"")


def test_the_beginning_is_that_of_the_earliest_part() -> None:
    """A joined group begins at its earliest part, whichever part is larger."""
    log = (
        Log()
        .write(0, span(2, parent=1))
        .write(SECOND, span(3, parent=1), span(4, parent=3), span(5, parent=3))
    )
    (whole,) = log.write(2 * SECOND, span(1)).write(12 * SECOND).closed
    assert (whole.position, whole.began, whole.first) == ((0, 0), 0, 0)
    (other,) = Log().write(0, span(9, trace=2, runner=True), span(1), span(2, parent=1)).write(GAP).closed
    assert other.position == (0, 1)


def test_the_position_is_the_first_span_of_the_record() -> None:
    """The position of a group does not depend on the order of spans within a record."""
    log = Log().write(0, span(9, trace=2), span(3, parent=2), span(2, parent=1), span(1)).write(GAP)
    assert [fragment.position for fragment in log.closed] == [(0, 0), (0, 1)]


def test_an_orphan_that_finds_its_root_closes_after_the_quiet_gap() -> None:
    """A deadline that comes nearer is noticed, also long after the group was last looked at."""
    log = Log().write(0, span(2, parent=1)).write(25 * SECOND).write(30 * SECOND, span(1))
    assert log.write(40 * SECOND).groups == [[1, 2]]


def test_groups_close_in_order_of_deadline_and_position() -> None:
    """The order is that of the records alone."""
    log = Log().write(0, span(1, trace=1), span(1, trace=2)).write(SECOND, span(2, trace=1, parent=1))
    log.write(60 * SECOND)
    assert [fragment.position for fragment in log.closed] == [(0, 1), (0, 0)]


def test_siblings_without_their_parent_stay_apart() -> None:
    """Two requests of a client that sends no spans are two flows, though they share the missing parent."""
    log = Log().write(0, span(2, parent=1), span(3, parent=1)).write(ORPHAN)
    assert log.groups == [[2], [3]]


def test_several_roots_are_several_groups() -> None:
    """Roots of one trace are groups of their own."""
    log = Log().write(0, span(1), span(2), span(3, parent=2)).write(GAP)
    assert log.groups == [[1], [2, 3]]


def test_the_same_ids_in_another_trace_are_another_group() -> None:
    """Equal span ids in two traces are two groups."""
    log = Log().write(0, span(1, trace=1), span(2, trace=2, parent=1)).write(ORPHAN)
    assert log.groups == [[1], [2]]


def test_traces_are_counted_once_while_known() -> None:
    """A trace of several groups counts once."""
    log = Log().write(0, span(1), span(2)).write(GAP).write(GAP, span(3)).write(0, span(1, trace=2))
    assert log.assembler.tally.traces == 2


def test_environments_of_a_group_are_all_told() -> None:
    """A group has the environment of each of its spans."""
    log = Log().write(0, span(2, parent=1, environment="ci")).write(0, span(1), span(3, parent=1)).write(GAP)
    assert log.closed[0].environments == ("ci", "production")
    log = Log().write(0, span(1, environment="ci")).write(0, span(2, parent=1)).write(GAP)
    assert log.closed[0].environments == ("ci", "production")


@pytest.mark.fault(8)
@given(st.permutations(range(9)), st.lists(st.integers(0, 8), min_size=9, max_size=9))
def test_order_within_the_gap_changes_nothing(order: list[int], parents: list[int]) -> None:
    """Any order of arrival, one span a record, gives the same groups."""
    spans = [span(number, parent=parent) for number, parent in enumerate(parents, start=1)]
    expected, shuffled = Log(), Log()
    for place in range(9):
        expected.write(place, spans[place])
        shuffled.write(place, spans[order[place]])
    assert sorted(expected.write(10 * MEMORY).groups) == sorted(shuffled.write(10 * MEMORY).groups)


@pytest.mark.parametrize(
    ("seconds", "outlasted"), [(0, False), (10, False), (11, True), (54, True), (110, True)]
)
def test_a_parent_that_outlasts_its_children_is_known_as_such(seconds: int, outlasted: bool) -> None:
    """Groups that miss one parent and are further apart than spans of one request: that has not ended yet."""
    log = Log().write(0, span(2, parent=1)).write(seconds * SECOND, span(3, parent=1)).write(10 * ORPHAN)
    assert log.closed[-1].outlasted is outlasted
    assert log.closed[0].outlasted is (outlasted and seconds < 60)
    (alone,) = Log().write(0, span(2, parent=1)).write(ORPHAN).closed
    assert not alone.outlasted
