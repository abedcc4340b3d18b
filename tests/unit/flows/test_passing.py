"""Proxies without any mark are known by what they do: ask what they are asked, and nothing else."""

import pytest

from monitor.flows.flow import Operation
from monitor.wire.span import Facts, Kind, Span
from tests.factories import facts
from tests.unit.flows.test_hops import C, S, step
from tests.unit.flows.test_read import read

PAY = {"http.request.method": "POST", "http.route": "/pay"}
RAW = {"http.request.method": "POST", "url.path": "/pay"}
GRPC = {"rpc.system.name": "grpc", "rpc.method": "shop.Pay/Charge"}


def shape(*spans: Span) -> list[Operation]:
    """The operations of the one flow in these spans."""
    return [node.operation for node in read(*spans)[0].shape]


def asked(through: str, said: dict[str, str], *more: Span, calls: bool = True) -> list[Operation]:
    """What is left where a call passes through a server of this service that says this."""
    spans = [step(1, 0, "orders", S, "POST /orders"), step(2, 1, "orders", C, "POST", RAW, start=1)]
    spans.append(step(3, 2, through, S, "x", said, start=2))
    if calls:
        spans.append(step(4, 3, through, C, "x", said, start=3))
    answered = PAY if "http.request.method" in said else said
    spans.append(step(5, 4 if calls else 3, "payments", S, "x", answered, start=4))
    return shape(*spans, *more)


DIRECT = [Operation("orders", S, "POST /orders"), Operation("orders", C, "POST /pay")]


@pytest.mark.parametrize("calls", [True, False])
@pytest.mark.parametrize("through", ["egress", "payments"])
def test_a_server_that_only_passes_on_is_no_step(through: str, calls: bool) -> None:
    """Whether it makes a client's span or none, and under the name of the service that it stands before."""
    assert asked(through, RAW, calls=calls) == [*DIRECT, Operation("payments", S, "POST /pay")]


def test_a_hop_of_grpc_is_known_by_its_method() -> None:
    """An RPC says no HTTP method."""
    left = asked("egress", GRPC)
    assert [(each.service, each.kind) for each in left] == [("orders", S), ("orders", C), ("payments", S)]


@pytest.mark.parametrize(
    ("said", "more"),
    [
        (PAY, ()),
        ({**RAW, "url.path": "/refund"}, ()),
        (RAW, (step(6, 3, "egress", C, "SELECT", {"db.system.name": "redis"}, start=9),)),
        (RAW, (step(6, 4, "other", S, "POST /other", start=9),)),
    ],
    ids=["it has a route", "it asks something else", "it asks a database, too", "it asks two services"],
)
def test_a_server_that_does_more_is_a_step(said: dict[str, str], more: tuple[Span, ...]) -> None:
    """The twins."""
    assert "egress" in {each.service for each in asked("egress", said, *more)}


def test_an_entry_that_passes_on_stays() -> None:
    """Nothing is above it that shows that it is no service; the report hints at what is inner."""
    entry: Facts = facts("edge", "POST", Kind.SERVER, attributes=RAW)
    spans = [step(1, 0, "edge", S, "POST", RAW), step(2, 1, "edge", C, "POST", RAW, start=1)]
    assert shape(*spans, step(3, 2, "orders", S, "POST /pay", PAY, start=2))[0].service == entry.service
