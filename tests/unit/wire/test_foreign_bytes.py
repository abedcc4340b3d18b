"""Bytes of others: refused by what they are."""

import gzip

import pytest

from monitor.base.errors import UndecodableError
from monitor.wire.attribution import AttributionSettings
from monitor.wire.decode import Decoder
from monitor.wire.foreign_bytes import named
from monitor.wire.recognise import encoding_of
from tests.unit.wire.requests import as_json, request, sent

PRINTED = b"2024-05-01T10:00:00Z info ResourceSpans #0\nResource SchemaURL:\n  -> service.name: Str(shop)\n"


@pytest.mark.parametrize(
    ("payload", "what"),
    [
        (b"\x28\xb5\x2f\xfd\x04\x00", "compressed with zstd"),
        (gzip.compress(b"{}", mtime=0), "compressed with gzip"),
        (b"PK\x03\x04\x14\x00", "compressed with zip"),
        (b"PAR1\x15\x04", "Parquet"),
        (b"SQLite format 3\x00", "SQLite"),
        (b"<!DOCTYPE html>\n<html lang='en'>", "HTML page"),
        (b"\n<html>", "HTML page"),
        (b'<?xml version="1.0"?>', "XML"),
        (PRINTED, "debug exporter"),
        (b'"traceID","spanID","operationName"\n"1","2","GET /a"\n', "a table (CSV)"),
        (b"Trace ID;Duration;Service\n1;2;3\n", "a table (CSV)"),
        (b"no span at all", "text, and no JSON"),
    ],
)
def test_known_bytes(payload: bytes, what: str) -> None:
    """A file that is no capture is refused by what it is, with what to do."""
    with pytest.raises(UndecodableError) as refused:
        Decoder(AttributionSettings()).decode(payload, encoding_of(payload))
    assert (refused.value.code, what in str(refused.value)) == ("malformed", True)


def test_json_where_protobuf_is_configured() -> None:
    """A record of another encoding than the configured one is said to be that."""
    with pytest.raises(UndecodableError, match="JSON, and protobuf is expected"):
        Decoder(AttributionSettings()).decode(as_json(request([sent()])), "otlp_proto")


@pytest.mark.parametrize("line", [b'{"a": 1, "trace": 2, "b": 3}\n', b'["trace", "b", "c"]\n', b"a, b, c\n"])
def test_texts_that_are_not_named(line: bytes) -> None:
    """Lines of JSON are no table, nor is a line of words."""
    assert named(line) == ""
