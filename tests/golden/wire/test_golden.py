"""Golden records of an independent encoder decode to what the golden text says."""

import pytest

from tests.golden.wire.make import HERE, golden_decoder, golden_request, render


@pytest.mark.parametrize(("file", "encoding"), [("shop.binpb", "otlp_proto"), ("shop.json", "otlp_json")])
def test_golden(file: str, encoding: str) -> None:
    """Each stored record gives the stored spans, in every encoding."""
    decoder = golden_decoder()
    spans = decoder.decode((HERE / file).read_bytes(), encoding)
    assert render(spans) == (HERE / "shop.txt").read_text(encoding="utf-8")
    assert (decoder.tally.self_parents, decoder.tally.negative_durations) == (1, 1)


def test_golden_is_current() -> None:
    """The stored record is what opentelemetry-proto writes today."""
    made = golden_request()
    assert type(made).FromString((HERE / "shop.binpb").read_bytes()) == made
