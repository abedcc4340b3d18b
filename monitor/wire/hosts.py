"""On which host a record was made, read from its bytes: asked for few records, and in no facts of a span.

A host's name stands in the attributes of a resource. OTLP and Jaeger write its key, followed in protobuf by
the tag and the length of the value, in JSON by its field; Zipkin's JSON has a field of that name.
"""

import re

from monitor.wire.names import normalise_bytes

_NAMES = rb"(?:host\.name|k8s\.node\.name|k8s\.pod\.name)"
_PROTOBUF = re.compile(_NAMES + rb"(?:\x12[\x00-\x7f]\x0a|\x1a)([\x01-\x64])", re.DOTALL)
"""OTLP: field 2 holds a message whose field 1 is the text; Jaeger: field 3 is it. Then comes its length."""
_TYPE = rb'(?:"v?[Tt]ype"\s*:\s*"?\w+"?\s*,\s*)?'
_VALUE = rb'"v(?:alue|Str)"\s*:(?:\s*\{\s*"stringValue"\s*:)?'
_JSON = re.compile(rb'"%b"\s*(?::|,\s*%b%b)\s*"([^"\\]{1,100})"' % (_NAMES, _TYPE, _VALUE))


def host_in(payload: bytes) -> str:
    """The first name of a host in the bytes of a record; '' where there is none."""
    found = _PROTOBUF.search(payload)
    if found:
        return normalise_bytes(payload[found.end() : found.end() + found[1][0]])
    found = _JSON.search(payload)
    return normalise_bytes(found[1]) if found else ""
