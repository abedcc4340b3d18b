"""How real traces are broken: nothing grows without bound, nothing recurses."""

from random import Random

import pytest

from tests.factories import span
from tests.unit.traces.log import GAP, MAX_AGE, SECOND, Log, ids_of, little_stack


def test_a_trace_that_never_ends_is_truncated() -> None:
    """No group grows older than its greatest age; what comes then is late."""
    log = Log().write(0, span(1))
    for tick in range(1, 30):
        log.write(tick * 5 * SECOND, span(tick + 1, parent=1))
    assert len(log.closed) == 1 and log.closed[0].truncated
    assert len(log.closed[0].spans) == MAX_AGE // (5 * SECOND)
    assert log.assembler.tally.late == 6


@pytest.mark.fault(9)
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


@pytest.mark.fault(9)
def test_deep_chains_need_no_recursion() -> None:
    """A chain of 20,000 spans is a group, whatever the order in which it comes."""
    chain = [span(number, parent=number - 1) for number in range(1, 20_001)]
    shuffled = list(chain)
    Random(1).shuffle(shuffled)
    for spans in (chain, chain[::-1], shuffled):
        with little_stack():
            log = Log(max_spans=40_000).write(0, *spans).write(GAP)
        assert [len(fragment.spans) for fragment in log.closed] == [20_000]


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


def test_what_joins_a_late_group_is_late_with_it() -> None:
    """Its upper part is closed: joined to a larger group in the same record, it is no flow all the same."""
    log = Log().write(0, span(1)).write(GAP + SECOND, span(2, parent=9), span(3, parent=8))
    log.write(GAP + SECOND, span(4, parent=3), span(5, parent=4))
    log.write(GAP + 2 * SECOND, span(8, parent=2), span(9, parent=1)).write(MAX_AGE)
    assert log.groups == [[1]]
    assert log.assembler.tally.late == 6
