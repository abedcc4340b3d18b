"""The merged tree of a path: shares of both sides, bounded, without INTERNAL spans."""

import pytest

from monitor.drift.policy import Comparison, Policy
from monitor.drift.records.tree import CallSeen, PathTree
from monitor.flows.flow import FlowId, Node, Operation, Outcome
from monitor.pipeline.audit import call_tree
from monitor.pipeline.audit.call_tree import path_trees
from monitor.pipeline.audit.flow_state import FlowState
from monitor.wire.span import Kind
from tests.rows import row

COMPARISON = Comparison(name="c", reference="production", candidate="tests")
POLICY = Policy(comparisons=(COMPARISON,))
ENTRY = FlowId("shop", "POST /pay")
TOP = Node(Operation(*ENTRY[:1], Kind.SERVER, ENTRY.operation), -1)


def calls(service: str, name: str, above: int = 0, kind: Kind = Kind.CLIENT) -> Node:
    return Node(Operation(service, kind, name), above)


WHOLE = (
    TOP,
    calls("shop", "POST /charge"),
    calls("pay", "POST /charge", 1, Kind.SERVER),
    calls("pay", "INSERT", 2),
)
STUBBED = (TOP, calls("shop", "POST /charge"))


def state(*sides: tuple[str, tuple[Node, ...], int], outcome: Outcome = Outcome.OK) -> FlowState:
    """A flow of which each side had so many traces of a shape."""
    made, number = FlowState(ENTRY), 0
    for environment, shape, traces in sides:
        for _ in range(traces):
            flow = row(number, flow=ENTRY, environment=environment)
            made.count(flow._replace(shape=shape, self_times=(0,) * len(shape), outcome=outcome), POLICY)
            number += 1
    return made


def only(made: FlowState) -> PathTree:
    [tree] = path_trees(made, COMPARISON, POLICY)
    return tree


def test_both_sides_are_one_tree() -> None:
    """A call stands once, below what makes it, with the share of each side that has it."""
    tree = only(state(("production", WHOLE, 6), ("production", STUBBED, 2), ("tests", STUBBED, 4)))
    assert tree.calls == (
        CallSeen(-1, "server", "shop", "POST /pay", 1.0, 1.0),
        CallSeen(0, "client", "shop", "POST /charge", 1.0, 1.0),
        CallSeen(1, "server", "pay", "POST /charge", 0.75, 0.0),
        CallSeen(2, "client", "pay", "INSERT", 1.0, None),
    )
    assert (tree.reference.traces, tree.candidate.traces) == (8, 4)


def test_each_path_has_a_tree() -> None:
    """Also one that only one side has: of the other side nothing is said."""
    made = state(("production", STUBBED, 3), outcome=Outcome.FAILED)
    tree = only(made)
    assert tree.outcome == "failed"
    assert [(call.reference, call.candidate) for call in tree.calls] == [(1.0, None), (1.0, None)]


def test_internal_spans_are_left_out() -> None:
    """But one with which a flow begins is its top."""
    inside = (TOP, calls("shop", "render", 0, Kind.INTERNAL), calls("shop", "SELECT", 1))
    assert [call.name for call in only(state(("production", inside, 2))).calls] == ["POST /pay", "SELECT"]
    job = (Node(Operation("shop", Kind.INTERNAL, "nightly"), -1), calls("shop", "SELECT"))
    assert [call.name for call in only(state(("production", job, 2))).calls] == ["nightly", "SELECT"]


def test_a_path_that_returns_to_itself_ends() -> None:
    """A service that is called by what it calls stands once with its calls."""
    again = (*WHOLE[:3], calls("pay", "POST /pay", 2), calls("shop", "POST /pay", 3, Kind.SERVER))
    names = [(call.kind, call.name) for call in only(state(("production", again, 2))).calls]
    assert len(names) == len(set(names)) or names.count(("server", "POST /pay")) <= 2


def test_a_tree_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """The calls with the largest shares are listed, and the others are counted."""
    monkeypatch.setattr(call_tree, "MOST_CALLS", 3)
    seldom = (TOP, *(calls("shop", f"SELECT {number}") for number in range(5)))
    tree = only(state(("production", STUBBED, 3), ("production", seldom, 1)))
    assert [call.name for call in tree.calls] == ["POST /pay", "POST /charge", "SELECT 0"]
    assert tree.left_out == 4


def test_many_variants_give_the_same_tree() -> None:
    """Beyond the variants that a path counts as such, the tree is made of what is counted thing by thing."""
    sides = [
        ("production", (*WHOLE, *(calls("shop", f"GET /{bit}") for bit in range(7) if number >> bit & 1)), 1)
        for number in range(100)
    ]
    tree = only(state(*sides))
    assert tree.calls[0] == CallSeen(-1, "server", "shop", "POST /pay", 1.0, None)
    assert CallSeen(0, "client", "shop", "GET /0", 0.5, None) in tree.calls
    assert {call.service for call in tree.calls} == {"shop", "pay"}
