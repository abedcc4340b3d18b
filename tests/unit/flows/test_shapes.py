"""What is remembered of traces is bounded, however large they are."""

from itertools import repeat

import pytest

from monitor.flows import shapes
from monitor.flows.flow import Operation
from monitor.flows.shapes import MAX_NODES, Room, Shapes
from monitor.wire.span import Kind

STEP = (Operation("shop", Kind.INTERNAL, "step"), ())


def test_a_table_has_room_for_so_many_nodes() -> None:
    """Of traces with 10,000 spans a table holds a hundred, and then begins anew."""
    room = Room()
    assert [room.has(MAX_NODES // 100) for _ in range(201)] == [*[True] * 100, False, *[True] * 99, False]


def test_shapes_are_forgotten_when_their_nodes_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ever new ones leave no more than the table holds, and an equal one made later is equal."""
    monkeypatch.setattr(shapes, "MAX_NODES", 100)
    known = Shapes()
    made = [known.shape(plan, range(-1, 29), repeat(STEP, 30)) for plan in range(20)]
    assert len(set(made)) == 1 and len(known._known) <= 3
