"""Requests over HTTP by which the calls of SDKs and drivers go out."""

from collections.abc import Mapping

import pytest

from monitor.wire.span import Kind
from tests.unit.flows.test_hops import PLAIN, C, S, same, step
from tests.unit.flows.test_read import read

QUEUED = {"messaging.system": "aws_sqs", "messaging.destination.name": "mails"}
OVER_HTTP: list[tuple[Kind, str, dict[str, str]]] = [
    (C, "S3.PutObject", {"rpc.system.name": "aws-api", "rpc.method": "S3/PutObject"}),
    (C, "search orders", {"db.system.name": "elasticsearch", "db.operation.name": "search"}),
    (Kind.PRODUCER, "mails send", QUEUED),
]


@pytest.mark.parametrize(("kind", "name", "outer"), OVER_HTTP)
def test_a_call_that_goes_out_over_http_is_one(kind: Kind, name: str, outer: Mapping[str, str]) -> None:
    """Whether an agent shows the request of an SDK or a driver, or not, and who answers that."""
    call = step(3, 2, "web", kind, name, outer, start=20, duration=60)
    http = {"http.request.method": "PUT", "url.path": "/bucket/{}"}
    sent = step(4, 3, "web", C, "PUT", http, start=25, duration=50)
    answered = step(5, 4, "stock", S, "PUT /bucket", start=30, duration=40)
    (flow,) = read(PLAIN[0], call, sent, answered)
    (plain,) = read(PLAIN[0], call, answered._replace(parent_id=call.span_id))
    assert same(flow, plain) and len(flow.shape) == 3


@pytest.mark.parametrize(
    ("outer", "inner"),
    [
        ({"http.request.method": "GET"}, {"db.system.name": "redis", "db.operation.name": "GET"}),
        ({"http.request.method": "GET"}, {"http.request.method": "POST"}),
        ({}, {"http.request.method": "GET"}),
    ],
)
def test_calls_of_other_layers_stay(outer: Mapping[str, str], inner: Mapping[str, str]) -> None:
    """What says nothing of itself stands for no request, and no query is how a request goes out."""
    (flow,) = read(PLAIN[0], step(3, 2, "web", C, "outer", outer), step(4, 3, "web", C, "inner", inner))
    assert len(flow.shape) == 3
