"""Two ends of one call under one span id, as Zipkin's instrumentation reports them, through the whole way."""

import pytest

from tests.acceptance.wire_path import SECOND, WirePath, call
from tests.factories import EPOCH
from tests.unit.wire.requests import sent


def test_shared_span_ids() -> None:
    """Client and server under one id, as Zipkin has them, are two spans, in whatever order they come."""
    client = call(2, parent=1, name="get item")
    server = sent(2, parent=1, name="GET /item", start=EPOCH + 1)
    spans = [sent(1, name="GET /a"), client, server, call(3, parent=2, name="SELECT", start=EPOCH + 2)]
    for order in ([0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1], [1, 3, 2, 0]):
        path = WirePath()
        for at, place in enumerate(order):
            path.send(at * SECOND, spans[place])
        path.send(5 * SECOND, client, server).end()
        assert path.shapes == [["GET /a", "get item", "GET /item", "SELECT"]]
        assert path.parents == [[-1, 0, 1, 2]]
        assert path.anomalies == {"shared_id": 1} and path.observer.tallies["duplicates"] == 2


def test_shared_span_ids_at_the_top() -> None:
    """Where both halves of a shared id begin the trace, the callee is the entry, and no half is lost."""
    spans = [call(2, name="get item"), sent(2, name="GET /item"), call(3, parent=2, name="SELECT")]
    path = WirePath().send(0, *spans).end(callers=1)
    assert path.shapes == [["GET /item", "SELECT"]] and path.anomalies == {"shared_id": 1}


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_a_shared_span_id_under_two_parents(order: tuple[int, ...]) -> None:
    """One span id under two parents is a conflict: the first one read stays, the other is counted."""
    spans = [sent(1, name="GET /a"), sent(2, parent=1, name="GET /b"), call(2, name="call")]
    path = WirePath()
    for at, place in enumerate(order):
        path.send(at * SECOND, spans[place])
    path.end()
    assert path.anomalies.pop("conflicting_copy") == 1 and path.observer.tallies["duplicates"] == 1


@pytest.mark.parametrize("order", [(0, 1, 2), (1, 2, 0), (2, 1, 0), (0, 2, 1)])
def test_a_shared_span_id_without_the_callees_parent(order: tuple[int, ...]) -> None:
    """A callee that does not know its parent hangs below the half of its caller."""
    spans = [sent(1, name="GET /a"), call(2, parent=1, name="call"), sent(2, name="GET /b")]
    path = WirePath()
    for at, place in enumerate(order):
        path.send(at * SECOND, spans[place])
    assert path.end().shapes == [["GET /a", "call", "GET /b"]]
    assert path.anomalies["shared_id"] == 1 and path.observer.tallies["duplicates"] == 0
