"""What the Collector's Kafka exporter wrote is read alike, whatever its encoding."""

from pathlib import Path

import pytest

from monitor.base.units import UnixNanos
from monitor.wire.attribution import AttributionSettings
from monitor.wire.decode import FORMATS, Decoder
from monitor.wire.recognise import encoding_of
from monitor.wire.span import Span
from tests.golden.wire.make import render
from tests.unit.wire.encoders import ENCODERS, decode_all

HERE = Path(__file__).parent
SPANS = HERE / "spans.txt"


def records(encoding: str) -> list[bytes]:
    """The records of an encoding, one a line; see README.md."""
    text = HERE / "records" / f"{encoding}.jsonl"
    if text.exists():
        return text.read_bytes().splitlines()
    return [bytes.fromhex(line) for line in text.with_suffix(".hex").read_text().split()]


def decoder() -> Decoder:
    match = {"production": {"match": {"k8s.namespace.name": ["shop-prod"]}}}
    return Decoder(AttributionSettings.model_validate({"environments": match}))


def read(encoding: str) -> list[Span]:
    return decode_all(decoder(), encoding, records(encoding))


def test_otlp() -> None:
    """The spans of the OTLP records are those that traces.go describes."""
    assert render(read("otlp_proto")) == SPANS.read_text(encoding="utf-8")


@pytest.mark.parametrize("encoding", ["otlp_json", "jaeger_proto", "jaeger_json", "tempo"])
def test_the_other_encodings(encoding: str) -> None:
    """Every encoding gives the spans of `otlp_proto` in their order, less what it does not carry."""
    expected = list(map(ENCODERS[encoding].carried, read("otlp_proto")))
    assert render(read(encoding)) == render(expected)


def test_the_page() -> None:
    """Traces as Jaeger's page exports them are those of `jaeger_json`, in whole microseconds."""
    payload = (HERE / "records" / "jaeger_page.json").read_bytes()
    assert encoding_of(payload) == "jaeger_json"
    assert render(decoder().decode(payload, "jaeger_json")) == render(
        [
            span._replace(start=UnixNanos(span.start // 1000 * 1000), duration=span.duration // 1000 * 1000)
            for span in read("jaeger_json")
        ]
    )


@pytest.mark.parametrize("encoding", FORMATS)
def test_the_encoding_is_recognised(encoding: str) -> None:
    """The encoding of each record of the Collector is recognised by its bytes."""
    assert {encoding_of(record) for record in records(encoding)} == {encoding}
