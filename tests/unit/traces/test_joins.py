"""What a group knows of its times, whatever the order in which its parts join."""

from hypothesis import example, given
from hypothesis import strategies as st

from monitor.base.units import UnixNanos
from monitor.traces.fragment import Fragment
from monitor.wire.span import Kind, Span
from tests.factories import span
from tests.unit.traces.log import GAP, MAX_AGE, ORPHAN, REMOTE, SECOND, Log, ids_of

NUMBERS = st.integers(1, 6)
SPANS = st.builds(
    span,
    NUMBERS,
    parent=st.integers(0, 7),
    kind=st.sampled_from((Kind.SERVER, Kind.CLIENT, Kind.INTERNAL)),
    remote=st.booleans(),
)
SECONDS = st.integers(0, MAX_AGE // SECOND + 10)


def test_a_root_that_joins_two_groups_prolongs_the_whole() -> None:
    """Also where the later group is the larger one, which takes the others in."""
    larger = [span(3, parent=1), span(4, parent=3), span(5, parent=3)]
    log = Log().write(0, *larger, span(2, parent=1)).write(9 * SECOND, span(1)).write(19 * SECOND - 1)
    assert log.closed == []
    assert log.write(19 * SECOND).groups == [[1, 2, 3, 4, 5]]


def test_a_half_that_joins_two_groups_prolongs_the_whole() -> None:
    """The caller of a callee that was a root, for all that it knew, below the caller's larger group."""
    web = [span(1), span(3, parent=1), span(4, parent=1)]
    log = Log().write(0, *web, span(2)).write(9 * SECOND, span(2, parent=1, kind=Kind.CLIENT))
    assert log.write(19 * SECOND - 1).closed == []
    assert len(log.write(19 * SECOND).closed) == 1


def test_a_join_that_makes_a_group_older_makes_it_end_earlier() -> None:
    """The greatest age counts from the earliest part, and is noticed at once."""
    log = Log().write(0, span(2, parent=1)).write(50 * SECOND, span(3, parent=2))
    log.write(100 * SECOND, span(4, parent=2))
    log.write(115 * SECOND, span(10, parent=1), *(span(number, parent=10) for number in range(11, 15)))
    log.write(119 * SECOND, span(1))
    assert [ids_of(fragment) for fragment in log.write(MAX_AGE).closed] == [[1, 2, 3, 4, *range(10, 15)]]


@given(st.lists(st.tuples(SECONDS, SPANS), min_size=1, max_size=12))
@example([(0, span(2, parent=1)), (0, span(3, parent=1)), (0, span(4, parent=3)), (9, span(1))])
@example([(0, span(1)), (0, span(3, parent=1)), (0, span(2)), (9, span(2, parent=1, kind=Kind.CLIENT))])
def test_times_are_those_of_the_spans(written: list[tuple[int, Span]]) -> None:
    """`first` and `last` are the ages of the earliest and the latest span; a group closes when that says."""
    log, read = Log(), dict[int, int]()
    arrivals = [(at, each._replace(start=UnixNanos(number))) for number, (at, each) in enumerate(written)]
    for at in range(0, 3 * MAX_AGE, SECOND):
        known = len(log.closed)
        log.write(at)
        for fragment in log.closed[known:]:
            ages = [read[each.start] for each in fragment.spans]
            assert (fragment.first, fragment.last) == (min(ages), max(ages))
            assert at - SECOND < _deadline(fragment) <= at
        for each in [each for second, each in arrivals if second * SECOND == at]:
            read[each.start] = at
            log.write(at, each)
    assert len(log.assembler) == 0


def _deadline(fragment: Fragment) -> int:
    wait = (REMOTE if fragment.top.remote else ORPHAN) if fragment.missing else GAP
    return min(fragment.last + wait, fragment.first + MAX_AGE)
