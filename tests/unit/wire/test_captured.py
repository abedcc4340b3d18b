"""Captured telemetry of real systems decodes whole, and means the same in both encodings of OTLP."""

import gzip
import json
from base64 import b64encode
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.json_format import ParseDict
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from monitor.wire.attribution import AttributionSettings
from monitor.wire.decode import Decoder
from tests.unit.wire.requests import plain

pytestmark = pytest.mark.realdata


def as_protobuf(line: bytes) -> bytes:
    """The request of an OTLP/JSON line, written by opentelemetry-proto."""

    def base64_ids(given: dict[str, Any]) -> dict[str, Any]:
        ids = {name: given[name] for name in ("traceId", "spanId", "parentSpanId") if name in given}
        return given | {name: b64encode(bytes.fromhex(value)).decode() for name, value in ids.items()}

    made = ParseDict(json.loads(line, object_hook=base64_ids), ExportTraceServiceRequest())
    return made.SerializeToString()


@pytest.mark.parametrize("pattern", ["wild/*", "ob-0822/normal*", "mepfl-rw/f4-pass*"])
def test_captured(realdata: Path, pattern: str) -> None:
    """Captured records decode whole, and alike from protobuf and JSON."""
    decoder = Decoder(AttributionSettings())
    for file in sorted(realdata.glob(f"{pattern}.jsonl.gz")):
        with gzip.open(file) as lines:
            for line in islice(lines, 30):
                from_json = decoder.decode(line, "otlp_json")
                assert from_json, file
                assert plain(decoder.decode(as_protobuf(line), "otlp_proto")) == plain(from_json)
    assert decoder.tally.records > 0
    assert (decoder.tally.undecodable, decoder.tally.invalid_ids) == (0, 0)
