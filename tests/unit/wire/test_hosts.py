"""On which host a record was made, from its bytes."""

import orjson
import pytest

from monitor.wire.hosts import host_in

KEY_VALUE = b"\x0a\x09host.name\x12\x08\x0a\x06node-7\x12"
JAEGER = b"\x0a\x09host.name\x1a\x06node-7\x0a\x02"
OTLP_JSON = orjson.dumps({"attributes": [{"key": "host.name", "value": {"stringValue": "node-7"}}]})
JAEGER_JSON = orjson.dumps({"tags": [{"key": "k8s.node.name", "type": "string", "value": "node-7"}]})
ZIPKIN_JSON = orjson.dumps([{"tags": {"k8s.pod.name": "node-7"}}])


@pytest.mark.parametrize("payload", [KEY_VALUE, JAEGER, OTLP_JSON, JAEGER_JSON, ZIPKIN_JSON])
def test_the_host_is_named_in_every_encoding(payload: bytes) -> None:
    """The host, the node or the pod of the first resource that names one."""
    assert host_in(payload) == "node-7"


@pytest.mark.parametrize(
    "payload", [b"", b"host.name", b'"host.name":7', b"\x0a\x09host.name\x12\x02\x10\x01"]
)
def test_where_none_is_named_there_is_none(payload: bytes) -> None:
    """What is no text is no name."""
    assert host_in(payload) == ""
