"""Which bodies of a trace become a part of its row."""

from monitor.flows.codec import decode, encode
from monitor.flows.flow import Body
from monitor.flows.record import FlowRecord
from monitor.wire.bodies import REQUEST, RESPONSE
from monitor.wire.span import Kind
from tests.rows import header, row, source
from tests.unit.flows.test_hops import step
from tests.unit.flows.test_read import read

ANSWER, ASKED = "\to\nid\tn", "\to\nname\ts"


def test_each_body_is_named_by_its_span() -> None:
    """Of a request and of a response, by the place in the shape."""
    entry = step(1, 0, "shop", Kind.SERVER, "POST /pay", {REQUEST: ASKED, RESPONSE: ANSWER}, duration=100)
    call = step(2, 1, "shop", Kind.CLIENT, "POST /charge", {RESPONSE: ANSWER}, start=10, duration=50)
    [flow] = read(entry, call)
    assert flow.bodies == (Body(0, False, ASKED), Body(0, True, ANSWER), Body(1, True, ANSWER))


def test_of_one_exchange_the_callee_speaks() -> None:
    """Where both sides record it, a difference would be two."""
    call = step(1, 0, "shop", Kind.CLIENT, "POST /charge", {RESPONSE: ANSWER}, duration=90)
    answer = step(2, 1, "pay", Kind.SERVER, "POST /charge", {RESPONSE: ANSWER}, start=10, duration=50)
    entry = step(3, 0, "shop", Kind.SERVER, "POST /pay", duration=100)
    [flow] = read(entry, call._replace(parent_id=entry.span_id), answer)
    assert [(flow.shape[body.place].operation.service, body.response) for body in flow.bodies] == [
        ("pay", True)
    ]


def test_bodies_are_no_part_of_the_shape() -> None:
    """Optional fields make no other shape, nor another plan of reading it."""
    traces = [step(1, 0, "shop", Kind.SERVER, "POST /pay", {RESPONSE: f"\to\nf{n}\tn"}) for n in range(3)]
    assert len({flow.shape for span in traces for flow in read(span)}) == 1


def test_rows_carry_them() -> None:
    """In a section of their own, which other readers skip."""
    flow = row(1)._replace(bodies=(Body(0, True, ANSWER), Body(1, False, ASKED)))
    record = FlowRecord(header(source()), (flow,))
    assert decode(encode(record)).flows == (flow,)
    assert encode(FlowRecord(header(source()), (row(1),))).count(b"bodies") == 0
