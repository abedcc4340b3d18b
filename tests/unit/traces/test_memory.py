"""Rule 4: copies count once, stragglers are late, for as long as a closed group is remembered."""

from monitor.traces.memory import Segment
from tests.factories import facts, span, span_id
from tests.unit.traces.log import GAP, MAX_AGE, MEMORY, ORPHAN, SECOND, Log


def test_a_copy_counts_once_while_open() -> None:
    """The same trace and span id is the same span, whatever it carries."""
    log = Log().write(0, span(1)).write(SECOND, span(1, name="other")).write(12 * SECOND)
    assert log.groups == [[1]]
    assert log.assembler.tally.duplicates == 1


def test_a_copy_of_an_observed_span_is_known_for_the_memory() -> None:
    """Memory counts from the deadline of the group, and every copy refreshes it."""
    log = Log().write(0, span(1)).write(GAP + MEMORY - 1, span(1)).write(GAP + 2 * MEMORY - 2, span(1))
    assert log.groups == [[1]]
    assert log.assembler.tally.duplicates == 2
    log.write(GAP + 4 * MEMORY, span(1)).write(GAP + 5 * MEMORY)
    assert log.groups == [[1], [1]]


def test_the_memory_does_not_depend_on_when_the_closing_was_noticed() -> None:
    """A re-read notices at other moments, and must forget at the same."""
    noticed = Log().write(0, span(1)).write(GAP).write(GAP + MEMORY, span(1))
    unnoticed = Log().write(0, span(1)).write(GAP + MEMORY, span(1))
    assert noticed.assembler.tally == unnoticed.assembler.tally
    assert noticed.assembler.tally.duplicates == 0


def test_a_straggler_is_late_and_so_are_its_children() -> None:
    """A span whose parent was observed is counted, never added; its own children follow it."""
    log = Log().write(0, span(1)).write(GAP, span(2, parent=1)).write(GAP + MEMORY - 1, span(3, parent=2))
    log.write(10 * MEMORY)
    assert log.groups == [[1]]
    assert log.assembler.tally.late == 2


def test_a_group_that_waited_for_a_late_span_is_late() -> None:
    """It would have been late, had its parent come first."""
    log = (
        Log().write(0, span(1)).write(GAP, span(3, parent=2)).write(GAP, span(2, parent=1)).write(10 * MEMORY)
    )
    assert log.groups == [[1]]
    assert log.assembler.tally.late == 2
    assert len(log.assembler) == 0


def test_a_span_that_an_observed_group_missed_splits_its_own() -> None:
    """The group of the missing parent is incomplete, whether it opens it or joins it."""
    opened = Log().write(0, span(2, parent=1)).write(ORPHAN).write(ORPHAN, span(1)).write(ORPHAN + GAP)
    assert [fragment.split for fragment in opened.closed] == [False, True]
    joined = Log().write(0, span(3, parent=2)).write(ORPHAN, span(1), span(2, parent=1)).write(ORPHAN + GAP)
    assert [fragment.split for fragment in joined.closed] == [False, True]


def test_everything_is_forgotten_in_the_end() -> None:
    """After the greatest age and the memory nothing is kept."""
    spans = [span(number, trace=number % 5, parent=number // 2) for number in range(1, 200)]
    log = Log().write(0, span(500, runner=True), *spans).write(MAX_AGE)
    log.write(MAX_AGE + MEMORY).write(MAX_AGE + 2 * MEMORY)
    assert sum(map(len, log.groups)) == 199
    assembler = log.assembler
    assert not (len(assembler) or len(assembler._traces) or assembler._runners._traces)


def test_a_trace_with_many_closed_groups_is_searched_by_index() -> None:
    """The answers are those of the search through a few."""
    log = Log()
    for number in range(1, 61):
        log.write(number * SECOND, span(number), span(100 + number, parent=number))
    log.write(75 * SECOND, *(span(number) for number in range(1, 61)))
    assert log.assembler.tally.duplicates == 60 - 5
    log.write(76 * SECOND, span(300, parent=160), span(301, parent=300), span(302, parent=103))
    assert log.assembler.tally.late == 2
    log.write(80 * SECOND, span(400, parent=399)).write(150 * SECOND).write(150 * SECOND, span(399))
    assert log.write(170 * SECOND).closed[-1].split


def test_ids_are_found_at_their_places_only() -> None:
    """Two ids beside each other do not make a third."""
    first, second = facts("cart"), facts("pay")
    segment = Segment(1, b"", span_id(0x0102) + span_id(0x0304), (first, second), b"")
    assert segment.find(span_id(0x0102)) == (1, first, None)
    assert segment.find(span_id(0x0304)) == (1, second, None)
    assert segment.find((span_id(0x0102) + span_id(0x0304))[3:11]) is None
