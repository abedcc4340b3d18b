"""The outbox: a low offset is said only behind the rows below it, one batch in flight per target."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.base.steps import result_of
from monitor.base.units import UNIT_WEIGHT, LogTime
from monitor.flows.codec import decode
from monitor.flows.flow import Flaw, Flow, FlowId, Node, Operation, Outcome, target
from monitor.flows.record import Header, Source
from monitor.pipeline.observe.outbox import Outbox, Outgoing
from monitor.wire.span import Kind


def header(low: int) -> Header:
    """A header that says `low`."""
    return Header(Source("main", "spans", "1", 0), 1, low, LogTime(0), False, {}, {}, {})


def row(offset: int, operation: str = "GET /cart") -> Flow:
    """A row whose fragment began at `offset`."""
    shape = (Node(Operation("shop", Kind.SERVER, operation), -1),)
    return Flow(
        offset,
        0,
        0,
        FlowId("shop", operation),
        "production",
        Outcome.OK,
        "",
        "",
        "",
        "",
        "",
        UNIT_WEIGHT,
        LogTime(0),
        bytes(16),
        shape,
        (1,),
        1,
        Flaw.NONE,
    )


def said(outgoing: list[Outgoing]) -> list[tuple[int, int, list[int]]]:
    """(target, low offset, offsets of rows) of each record."""
    heard = []
    for place, value in outgoing:
        record = decode(value)
        assert record.header is not None
        heard.append((place, record.header.low, [flow.offset for flow in record.flows]))
    return heard


def test_rows_go_to_the_target_that_owns_their_flow() -> None:
    """Rows go to the target that owns their flow; others get a record when a heartbeat is due."""
    outbox = Outbox(3, low=0)
    outbox.put([row(4), row(5)])
    home = target(row(4).id, 3)
    assert said(result_of(outbox.take(header(6), heartbeat=False))) == [(home, 6, [4, 5])]
    beat = said(result_of(outbox.take(header(6), heartbeat=True)))
    assert sorted(beat) == sorted((place, 6, [4, 5] if place == home else []) for place in range(3))


def test_nothing_newer_goes_to_a_target_that_has_not_acknowledged() -> None:
    """Until a target acknowledges, it gets the same bytes again, and new rows wait."""
    outbox = Outbox(1, low=0)
    outbox.put([row(1)])
    first = result_of(outbox.take(header(2), heartbeat=False))
    outbox.put([row(3)])
    assert result_of(outbox.take(header(9), heartbeat=True)) == first
    outbox.acknowledged(0)
    assert said(result_of(outbox.take(header(9), heartbeat=False))) == [(0, 9, [3])]


def test_only_the_last_part_of_a_split_batch_says_the_new_low_offset() -> None:
    """Of a split batch the last part alone says the new low offset."""
    outbox = Outbox(1, low=10, max_bytes=500)
    outbox.put([row(offset) for offset in range(20, 27)])
    parts = said(result_of(outbox.take(header(30), heartbeat=False)))
    assert len(parts) > 2
    assert [low for _, low, _ in parts] == [10] * (len(parts) - 1) + [30]
    assert [offset for _, _, offsets in parts for offset in offsets] == list(range(20, 27))
    for _ in parts:
        assert outbox.committable is None
        outbox.acknowledged(0)
    assert outbox.committable == 30


def test_a_row_that_is_too_large_goes_alone() -> None:
    """A row over the limit of a batch goes alone."""
    outbox = Outbox(1, low=0, max_bytes=10)
    outbox.put([row(1), row(2)])
    assert [offsets for _, _, offsets in said(result_of(outbox.take(header(3), heartbeat=False)))] == [
        [1],
        [2],
    ]


def test_what_may_be_committed_is_what_all_have_acknowledged() -> None:
    """What may be committed is the smallest low offset that a target acknowledged."""
    outbox = Outbox(2, low=0)
    for low, expected in ((5, 5), (8, 5)):
        result_of(outbox.take(header(low), heartbeat=True))
        outbox.acknowledged(0)
        assert outbox.committable == (None if low == 5 else expected)
        if low == 5:
            outbox.acknowledged(1)
            assert outbox.committable == 5


def test_an_unasked_acknowledgement_changes_nothing() -> None:
    """A second acknowledgement of one record changes nothing."""
    outbox = Outbox(1, low=0)
    outbox.acknowledged(0)
    assert outbox.committable is None


@pytest.mark.parametrize("operation", ["GET /cart", "GET /pay"])
def test_equal_flows_always_have_the_same_home(operation: str) -> None:
    """Equal flows have the same target."""
    outbox = Outbox(7, low=0)
    outbox.put([row(1, operation), row(2, operation)])
    (record,) = said(result_of(outbox.take(header(3), heartbeat=False)))
    assert record == (target(FlowId("shop", operation), 7), 3, [1, 2])


@pytest.mark.fault(30)
@given(st.lists(st.tuples(st.booleans(), st.integers(1, 3)), max_size=12), st.integers(1, 4))
def test_what_a_broker_refuses_is_split_and_the_rest_arrives(plan: list[tuple[bool, int]], most: int) -> None:
    """Every row arrives but those that are refused alone, and no low offset passes one that is missing."""
    outbox, offset, arrived, refused, low = Outbox(1, low=0), 0, set[int](), set[int](), 0
    for is_large, count in plan:
        rows = [row(offset + n, "huge" if is_large and not n else "GET /cart") for n in range(count)]
        offset += count
        outbox.put(rows)
        for _ in range(20):
            outgoing = result_of(outbox.take(header(min(refused, default=offset)), heartbeat=True))
            record = decode(outgoing[0].value)
            assert record.header is not None
            if len(record.flows) > most or any(flow.id.operation == "huge" for flow in record.flows):
                refused.update(flow.offset for flow in outbox.split(0))
                continue
            arrived.update(flow.offset for flow in record.flows)
            low = max(low, record.header.low)
            assert not refused or low <= min(refused)
            assert set(range(low)) <= arrived
            outbox.acknowledged(0)
    assert arrived | refused == set(range(offset)) and not arrived & refused
