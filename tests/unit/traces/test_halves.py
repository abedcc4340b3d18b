"""Rule 4 of 'A trace is not a flow': caller and callee that share one span id are two spans."""

from itertools import permutations
from typing import Any

import pytest

from monitor.traces.halves import caller_id
from monitor.traces.tree import Tree, build
from monitor.wire.span import Kind, Span
from tests.factories import span, span_id
from tests.unit.traces.log import GAP, SECOND, Log

WEB = span(1, service="web", name="GET /")
CALL = span(2, parent=1, start=10, service="web", name="call", kind=Kind.CLIENT)
CART = span(2, parent=1, start=20, service="cart", name="GET /cart", kind=Kind.SERVER, remote=True)
QUERY = span(3, parent=2, start=30, service="cart", name="SELECT", kind=Kind.CLIENT)


def tree_of(log: Log) -> Tree:
    (fragment,) = log.closed
    return build(fragment.spans)


def drawn(tree: Tree) -> list[tuple[str, int]]:
    """(name, place of the parent) of every span in preorder."""
    return [(each.facts.name, parent) for each, parent in zip(tree.spans, tree.parents, strict=True)]


@pytest.mark.parametrize("order", list(permutations((WEB, CALL, CART, QUERY))))
@pytest.mark.parametrize("together", [True, False])
def test_callee_hangs_below_its_caller(order: tuple[Span, ...], together: bool) -> None:
    """In whatever order and records: the caller, below it the callee, and below that what it did."""
    log = Log()
    for record in [order] if together else [(each,) for each in order]:
        log.write(0, *record)
    tree = tree_of(log.write(GAP))
    assert drawn(tree) == [("GET /", -1), ("call", 0), ("GET /cart", 1), ("SELECT", 2)]
    assert [each.span_id for each in tree.spans] == [
        span_id(1),
        caller_id(span_id(2)),
        span_id(2),
        span_id(3),
    ]
    assert log.assembler.tally.duplicates == 0


@pytest.mark.parametrize("order", list(permutations((WEB, CALL, CART._replace(parent_id=b""), QUERY))))
def test_callee_that_does_not_know_its_parent(order: tuple[Span, ...]) -> None:
    """A callee that was reported the id alone is no root once its caller is here, in whatever order."""
    log = Log()
    for each in order:
        log.write(0, each)
    tree = tree_of(log.write(GAP))
    assert drawn(tree) == [("GET /", -1), ("call", 0), ("GET /cart", 1), ("SELECT", 2)]


def test_caller_without_its_parent_waits() -> None:
    """A root that turns out to be a callee waits for its caller's parent."""
    log = Log().write(0, CART._replace(parent_id=b"")).write(1, CALL).write(59 * SECOND)
    assert log.closed == []
    (fragment,) = log.write(61 * SECOND).closed
    assert fragment.missing == span_id(1)


@pytest.mark.parametrize("first", [CALL, CART])
def test_copies_of_either_half_count_once(first: Span) -> None:
    """Both halves once, and every further span with their id is a copy."""
    other = CART if first is CALL else CALL
    log = Log().write(0, WEB, first).write(1, first).write(2, other).write(3, other, first).write(GAP + 3)
    assert len(tree_of(log).spans) == 3
    assert log.assembler.tally.duplicates == 3


@pytest.mark.parametrize("kinds", [("SERVER", "SERVER"), ("CLIENT", "CONSUMER"), ("INTERNAL", "SERVER")])
def test_other_kinds_are_copies(kinds: tuple[str, str]) -> None:
    """Only the two sides of one call share an id; the same id with other content counts once."""
    log = Log().write(0, *(span(2, kind=Kind[kind], name=kind) for kind in kinds)).write(GAP)
    assert len(tree_of(log).spans) == 1
    assert log.assembler.tally.duplicates == 1


def test_messages_share_ids_too() -> None:
    """A producer and a consumer with one id are two spans as well."""
    sent = span(2, parent=1, name="send", kind=Kind.PRODUCER)
    received = span(2, parent=1, name="receive", kind=Kind.CONSUMER)
    log = Log().write(0, received, WEB, sent).write(GAP)
    assert drawn(tree_of(log)) == [("GET /", -1), ("send", 0), ("receive", 1)]


def test_callee_alone() -> None:
    """A callee without its caller's half keeps its id, its parent and its children."""
    tree = tree_of(Log().write(0, QUERY, CART).write(20 * SECOND))
    assert drawn(tree) == [("GET /cart", -1), ("SELECT", 0)]
    assert (tree.spans[0].span_id, tree.spans[0].parent_id) == (span_id(2), span_id(1))


def test_halves_without_a_parent() -> None:
    """Where a shared id begins the trace, the caller is the root."""
    halves = [each._replace(parent_id=b"") for each in (CART, CALL)]
    assert drawn(tree_of(Log().write(0, QUERY, *halves).write(GAP)))[0] == ("call", -1)


def test_caller_says_whether_its_parent_is_remote() -> None:
    """Where both halves wait for their parent, the caller's flag decides for how long."""
    log = Log().write(0, CART).write(1, CALL).write(59 * SECOND)
    assert log.closed == []
    assert len(tree_of(log.write(61 * SECOND)).spans) == 2


def test_halves_in_parts_that_join() -> None:
    """Ids shared in a part that a larger one takes over are shared there."""
    tail = [span(number, parent=number - 1, service="cart") for number in range(11, 20)]
    log = Log().write(0, CALL, CART, QUERY).write(1, *tail).write(2, span(10, parent=3, service="cart"))
    tree = tree_of(log.write(3, WEB, CALL).write(GAP + 3))
    assert drawn(tree)[:4] == [("GET /", -1), ("call", 0), ("GET /cart", 1), ("SELECT", 2)]
    assert len(tree.spans) == 14
    assert log.assembler.tally.duplicates == 1


def test_late_half_is_a_copy() -> None:
    """A half that comes after the other was observed is dropped and counted."""
    log = Log().write(0, WEB, CALL).write(GAP, CART, QUERY)
    assert (log.assembler.tally.duplicates, log.assembler.tally.late) == (1, 1)


def test_runner_half_stays_context() -> None:
    """A test runner's client whose id the server shares is no part of the flow."""
    runner: dict[str, Any] = {"runner": True, "kind": Kind.CLIENT, "run": "run-1"}
    entry = span(2, name="GET /cart", parent=1)
    for records in ([span(2, **runner)], [entry]), ([entry], [span(2, **runner)]):
        log = Log()
        for record in records:
            log.write(0, *record)
        assert drawn(tree_of(log.write(20 * SECOND * 3))) == [("GET /cart", -1)]
        assert log.assembler.tally.duplicates == 0


def test_many_halves_are_linear() -> None:
    """With five thousand shared ids in one fragment each span is looked at once."""
    numbers = range(2, 5_000)
    calls = [span(number, parent=1, kind=Kind.CLIENT) for number in numbers]
    log = Log().write(0, WEB, *calls).write(1, *(each._replace(facts=CART.facts) for each in calls))
    (fragment,) = log.write(GAP + 1).closed
    assert len({each.span_id for each in fragment.spans}) == len(fragment.spans) == 2 * len(numbers) + 1


def test_caller_ids_differ() -> None:
    """No two ids have the same caller's id, and none is its own."""
    ids = [span_id(number) for number in range(1, 2_000)]
    assert len({*ids, *map(caller_id, ids)}) == 2 * len(ids)
