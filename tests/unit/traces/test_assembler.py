"""Rules 1 to 4 of 'A trace is not a flow': which spans belong together, and when a group is complete."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from monitor.base.units import LogTime
from monitor.traces.assembler import Assembler, AssemblySettings
from monitor.traces.fragment import Context, Fragment
from monitor.wire.span import Span
from tests.factories import span

SECOND = 1_000
GAP, ORPHAN, REMOTE, MAX_AGE, MEMORY = 10 * SECOND, 60 * SECOND, 20 * SECOND, 120 * SECOND, 60 * SECOND


class Log:
    """Feeds an assembler one record at a time; log time equals age."""

    def __init__(self, **settings: int) -> None:
        self.assembler = Assembler(AssemblySettings.model_validate(settings))
        self.closed: list[Fragment] = []
        self.offset = -1

    def write(self, at: int, *spans: Span) -> "Log":
        """A record at `at` ms."""
        self.offset += 1
        self.closed += self.assembler.advance(at)
        self.closed += self.assembler.add(list(spans), self.offset, at, LogTime(at))
        return self

    @property
    def groups(self) -> list[list[int]]:
        """Span numbers of each closed fragment, in order of closing."""
        return [ids_of(fragment) for fragment in self.closed]


def ids_of(fragment: Fragment) -> list[int]:
    """Span numbers of a fragment, sorted."""
    return sorted(int.from_bytes(each.span_id) for each in fragment.spans)


@contextmanager
def little_stack() -> Iterator[None]:
    """Room for few nested calls: recursion over spans would fail."""
    limit = sys.getrecursionlimit()
    depth = len(list(_frames()))
    sys.setrecursionlimit(depth + 100)
    try:
        yield
    finally:
        sys.setrecursionlimit(limit)


def _frames() -> Iterator[object]:
    frame = sys._getframe()
    while frame is not None:
        yield frame
        frame = frame.f_back  # type: ignore[assignment]


def test_a_rooted_group_closes_after_the_quiet_gap() -> None:
    """Ten seconds after its last span, not earlier."""
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
    """Where the flags say that the parent is in another process, it may never send spans: 20 s."""
    log = Log().write(0, span(2, parent=1, remote=True)).write(REMOTE - 1)
    assert log.groups == []
    assert log.write(REMOTE).groups == [[2]]


def test_a_parent_joins_its_children_at_their_first_position() -> None:
    """Groups that waited for one span become one; the smallest position stays."""
    log = Log().write(0, span(3, parent=1)).write(SECOND, span(2, parent=1), span(1)).write(12 * SECOND)
    (whole,) = log.closed
    assert ids_of(whole) == [1, 2, 3]
    assert (whole.position, whole.began, whole.missing) == ((0, 0), 0, b"")


def test_the_position_is_the_first_span_of_the_record() -> None:
    """Within a record the order in which spans are taken does not show in the position."""
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
    """A trace id says nothing about what belongs together."""
    log = Log().write(0, span(1), span(2), span(3, parent=2)).write(GAP)
    assert log.groups == [[1], [2, 3]]


def test_the_same_ids_in_another_trace_are_another_group() -> None:
    """Span ids are unique within a trace only."""
    log = Log().write(0, span(1, trace=1), span(2, trace=2, parent=1)).write(ORPHAN)
    assert log.groups == [[1], [2]]


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
    log = Log().write(0, span(1)).write(GAP, span(3, parent=2)).write(GAP, span(2, parent=1)).write(10 * MEMORY)
    assert log.groups == [[1]]
    assert log.assembler.tally.late == 2
    assert len(log.assembler) == 0


def test_a_span_that_an_observed_group_missed_splits_its_own() -> None:
    """The group of the missing parent is incomplete, whether it opens it or joins it."""
    opened = Log().write(0, span(2, parent=1)).write(ORPHAN).write(ORPHAN, span(1)).write(ORPHAN + GAP)
    assert [fragment.split for fragment in opened.closed] == [False, True]
    joined = Log().write(0, span(3, parent=2)).write(ORPHAN, span(1), span(2, parent=1)).write(ORPHAN + GAP)
    assert [fragment.split for fragment in joined.closed] == [False, True]


def test_a_trace_that_never_ends_is_truncated() -> None:
    """No group grows older than its greatest age; what comes then is late."""
    log = Log().write(0, span(1))
    for tick in range(1, 30):
        log.write(tick * 5 * SECOND, span(tick + 1, parent=1))
    assert len(log.closed) == 1 and log.closed[0].truncated
    assert len(log.closed[0].spans) == MAX_AGE // (5 * SECOND)
    assert log.assembler.tally.late == 6


def test_a_group_that_is_too_large_is_truncated_at_once() -> None:
    """Its other spans are late, so that the memory it takes is bounded."""
    spans = [span(1), *(span(number, parent=1) for number in range(2, 20))]
    log = Log(max_spans=5).write(0, *reversed(spans))
    assert [len(fragment.spans) for fragment in log.closed] == [5]
    assert log.closed[0].truncated and log.assembler.tally.late == 14


def test_its_own_parent_is_a_root() -> None:
    """A span that names itself as parent closes like any root."""
    log = Log().write(0, span(1, parent=1)).write(GAP)
    assert log.groups == [[1]] and not log.closed[0].missing


def test_a_cycle_is_one_group_without_a_parent() -> None:
    """Spans that name each other as parents are joined, marked, and close like a rooted group."""
    log = Log().write(0, span(1, parent=3)).write(0, span(4, parent=2), span(2, parent=1), span(3, parent=2))
    (cycle,) = log.write(GAP).closed
    assert ids_of(cycle) == [1, 2, 3, 4] and cycle.cyclic and not cycle.missing


def test_runner_spans_cut_a_session_into_groups() -> None:
    """One trace for a whole test session: every group below a runner span is a flow, with its test."""
    session = span(1, runner=True, run="run-7", suite="checkout")
    case = span(2, parent=1, runner=True, case="test_pay")
    log = Log().write(0, session, case, span(3, parent=2), span(4, parent=3), span(5, parent=2)).write(GAP)
    assert log.groups == [[3, 4], [5]]
    assert {fragment.context for fragment in log.closed} == {Context("checkout", "run-7", "test_pay")}


def test_a_runner_span_that_comes_after_its_groups_still_names_them() -> None:
    """Sessions end last: their spans come after everything below them."""
    log = Log().write(0, span(3, parent=2)).write(40 * SECOND, span(2, parent=1, runner=True, case="test_pay"))
    log.write(45 * SECOND, span(1, runner=True, run="run-7")).write(50 * SECOND)
    (group,) = log.closed
    assert group.context == Context("", "run-7", "test_pay") and not group.missing


def test_a_runner_span_serves_groups_for_the_memory() -> None:
    """A group that comes later than that waits for its parent like any other."""
    case = span(1, runner=True, case="test_pay")
    near = Log().write(0, case).write(MEMORY - 1, span(2, parent=1)).write(MEMORY - 1 + GAP)
    far = Log().write(0, case).write(MEMORY, span(2, parent=1)).write(MEMORY + ORPHAN)
    assert near.closed[0].context.case == "test_pay" and far.closed[0].missing
    assert Log().write(0, case).write(0, case).assembler.tally.duplicates == 1


def test_runner_spans_alone_give_nothing() -> None:
    """They are context; no group, no trace, nothing to wait for."""
    log = Log().write(0, span(1, runner=True), span(2, parent=1, runner=True)).write(10 * MEMORY)
    assert log.closed == [] and log.assembler.tally.traces == 0


def test_traces_are_counted_once_while_known() -> None:
    """Several groups of one trace, also one after the other, are one trace."""
    log = Log().write(0, span(1), span(2)).write(GAP).write(GAP, span(3)).write(0, span(1, trace=2))
    assert log.assembler.tally.traces == 2


def test_everything_is_forgotten_in_the_end() -> None:
    """After the greatest age and the memory nothing is kept."""
    spans = [span(number, trace=number % 5, parent=number // 2) for number in range(1, 200)]
    log = Log().write(0, span(500, runner=True), *spans).write(MAX_AGE)
    log.write(MAX_AGE + MEMORY).write(MAX_AGE + 2 * MEMORY)
    assert sum(map(len, log.groups)) == 199
    assembler = log.assembler
    assert not (len(assembler) or assembler._traces or len(assembler._memory) or assembler._runners._traces)


def test_environments_of_a_group_are_all_told() -> None:
    """A group may hold spans of several: its row's is known only when it closes."""
    log = Log().write(0, span(2, parent=1, environment="ci")).write(0, span(1), span(3, parent=1)).write(GAP)
    assert log.closed[0].environments == ("ci", "production")


def test_deep_chains_need_no_recursion() -> None:
    """A chain of 100,000 spans, child first, parent first and shuffled."""
    chain = [span(number, parent=number - 1) for number in range(1, 100_001)]
    shuffled = list(chain)
    Random(1).shuffle(shuffled)
    for spans in (chain, chain[::-1], shuffled):
        with little_stack():
            log = Log(max_spans=200_000).write(0, *spans).write(GAP)
        assert [len(fragment.spans) for fragment in log.closed] == [100_000]


def test_one_trace_id_for_everything_stays_bounded() -> None:
    """All spans of a service under one trace id: groups close, memory goes, nothing is searched for long."""
    log = Log()
    for second in range(300):
        first = second * 100 + 1
        log.write(second * SECOND, *(span(first + place, parent=first - 1) for place in range(100)))
    log.write(1000 * SECOND)
    assert log.assembler.tally.spans == 30_000
    assert log.assembler.tally.late + sum(map(len, log.groups)) == 30_000
    assert len(log.assembler) == 0


@given(st.permutations(range(9)), st.lists(st.integers(0, 8), min_size=9, max_size=9))
def test_order_within_the_gap_changes_nothing(order: list[int], parents: list[int]) -> None:
    """Any order of arrival, one span a record, gives the same groups."""
    spans = [span(number, parent=parent) for number, parent in enumerate(parents, start=1)]
    expected, shuffled = Log(), Log()
    for place in range(9):
        expected.write(place, spans[place])
        shuffled.write(place, spans[order[place]])
    assert sorted(expected.write(10 * MEMORY).groups) == sorted(shuffled.write(10 * MEMORY).groups)
