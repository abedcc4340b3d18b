"""Sniffing: which encoding a record is in, whatever is configured."""

from collections.abc import Callable

import pytest

from monitor.pipeline.inspect.sniffing import Sniffed, Sniffer
from monitor.wire.attribution import AttributionSettings
from monitor.wire.decode import FORMATS
from tests.unit.wire.requests import as_json, request, sent

REQUEST = request([sent(1), sent(2, parent=1)])
IN: dict[str, Callable[[], bytes]] = {
    "otlp_proto": REQUEST.SerializeToString,
    "otlp_json": lambda: as_json(REQUEST),
}


def sniff(payload: bytes, configured: str = "otlp_proto") -> Sniffed:
    return Sniffer(AttributionSettings(), configured).sniff(payload, None)


@pytest.mark.parametrize("configured", FORMATS)
@pytest.mark.parametrize("written", IN)
def test_a_record_is_read_in_the_encoding_it_is_in(configured: str, written: str) -> None:
    """Whatever is configured, the encoding that gives the spans is found."""
    sniffed = sniff(IN[written](), configured)
    assert (sniffed.encoding, len(sniffed.spans), sniffed.code) == (written, 2, "")


def test_what_no_encoding_takes_has_the_reason_of_the_configured_one() -> None:
    """Bytes of no encoding have the reason that the configured one gives."""
    assert sniff(b"\xff\xfe\xff") == Sniffed("", [], "malformed")
    assert sniff(b"") == Sniffed("", [], "empty")


def test_another_signal_is_known_by_any_encoding() -> None:
    """Logs in JSON are logs, also where protobuf is configured."""
    assert sniff(b'{"resourceLogs": []}').code == "wrong_signal"


def test_a_request_without_spans_is_rejected_as_that() -> None:
    """It is valid, and holds nothing that anybody could use."""
    assert sniff(b'{"resourceSpans": []}', "otlp_json") == Sniffed("", [], "no_span")
