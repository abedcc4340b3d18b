"""What one trace, one group or one moment may cost: bounded, and counted in operations."""

from hypothesis import given
from hypothesis import strategies as st

from monitor.base.steps import result_of
from monitor.traces import memory
from monitor.traces.fragment import MOST_ENVIRONMENTS
from monitor.traces.memory import Memory, Segment
from monitor.wire.span import UNKNOWN, Span
from tests.factories import facts, span, span_id
from tests.unit.traces.log import GAP, ORPHAN, SECOND, Log

FACTS = [facts(name=f"GET /{number}") for number in range(3)]
SEGMENTS = st.lists(st.tuples(st.lists(st.integers(1, 30), max_size=8), st.integers(1, 40)), max_size=30)


def test_a_trace_with_a_large_closed_group_is_searched_by_index() -> None:
    """The index is made at the first search, and by no trace that nobody searches."""
    chain = [span(number, parent=number - 1) for number in range(1, 601)]
    log = Log().write(0, *chain).write(GAP)
    (recollection,) = log.assembler._traces._memory._traces.values()
    assert recollection._ids is None
    log.write(GAP, span(601, parent=600))
    assert log.assembler.tally.late == 1 and recollection._ids is not None and len(recollection._ids) == 601


@given(SEGMENTS, st.sampled_from([0, 10_000]))
def test_the_index_says_what_the_search_says(segments: list[tuple[list[int], int]], scanned: int) -> None:
    """Whatever is remembered and forgotten, a span is known as long as the segment that keeps it longest."""
    before, memory._SCANNED_IDS = memory._SCANNED_IDS, scanned
    try:
        known = Memory()
        for number, (ids, expires) in enumerate(segments):
            ids = list(dict.fromkeys(ids))
            said = tuple(FACTS[number % 3] for _ in ids)
            known.remember(Segment(expires, b"trace", b"".join(map(span_id, ids)), said))
            known.of(b"trace").find(span_id(1), 0)  # type: ignore[union-attr]
        for age in (0, 10, 20, 39):
            result_of(known.purge(age))
            kept = known.of(b"trace")
            for number in range(1, 31):
                longest = max((expires for ids, expires in segments if number in ids), default=0)
                found = kept.find(span_id(number), age) if kept else None
                assert (found is not None) == (longest > age)
    finally:
        memory._SCANNED_IDS = before


def test_idle_time_looks_at_each_group_once() -> None:
    """However long nothing comes, a group is looked at again only when its own deadline is there."""
    log = Log().write(0, *(span(number, parent=1_000 + number) for number in range(1, 101)))
    before = log.assembler._deadlines._serial
    for second in range(1, ORPHAN // SECOND):
        log.closed += filter(None, log.assembler.advance(second * SECOND))
    assert not log.closed and log.assembler._deadlines._serial - before <= 100
    log.closed += filter(None, log.assembler.advance(ORPHAN))
    assert len(log.closed) == 100


def test_a_record_after_idle_time_may_bring_a_deadline_forward() -> None:
    """A group whose parent comes after all waits no longer than one that never missed it."""
    log = Log().write(0, span(2, parent=1))
    for second in range(1, 30):
        log.closed += filter(None, log.assembler.advance(second * SECOND))
    assert log.write(SECOND, span(1)).write(SECOND + GAP).groups == [[1, 2]]


def test_what_waits_for_one_parent_joins_up_to_the_size_of_a_group() -> None:
    """The rest counts as late, as it would have if the parent had come first: nothing is lost in silence."""
    log = Log(max_spans=10).write(0, *(span(number, parent=1) for number in range(2, 100))).write(0, span(1))
    (fragment,) = log.closed
    assert fragment.truncated and len(fragment.spans) == 10
    assert log.assembler.tally.late == 99 - 10 and len(log.assembler) == 0


def in_environment(number: int) -> Span:
    return span(number, parent=number - 1, environment=f"env-{number}")


def test_a_group_names_few_environments() -> None:
    """One with more may be of any environment, so that it holds the clocks of all."""
    log = Log().write(0, *map(in_environment, range(1, 200)))
    (fragment,) = log.assembler.open_fragments
    assert len(fragment.spans) == 199 and len(fragment.environments) == MOST_ENVIRONMENTS + 1
    assert fragment.environments[-1] == UNKNOWN
