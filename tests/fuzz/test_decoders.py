"""Damaged records of every encoding: spans or UndecodableError, in bounded time and memory."""

import pytest

from monitor.wire.attribution import AttributionSettings
from monitor.wire.decode import CODES, FORMATS, Decoder
from monitor.wire.span import Kind, Span
from monitor.wire.tally import LONGEST_NS
from tests.fuzz.harness import fuzz
from tests.fuzz.mutate import Mutator
from tests.fuzz.seeds import corpus, is_text


@pytest.mark.parametrize("encoding", FORMATS)
def test_the_corpus_is_sound(encoding: str) -> None:
    """Every encoding has seeds, and each gives spans: a decoder without seeds would not be fuzzed."""
    seeds = corpus(encoding)
    assert seeds, f"add tests/fuzz/seeds/{encoding}.jsonl or .hex"
    decoder = Decoder(AttributionSettings())
    assert all(decoder.decode(seed, encoding) for seed in seeds)


@pytest.mark.fault(11)
@pytest.mark.parametrize("encoding", FORMATS)
def test_damaged_records(encoding: str) -> None:
    """Nothing but UndecodableError with a known code comes out of one decoder that reads them all."""
    decoder = Decoder(AttributionSettings(), max_spans=1_000)

    def read(payload: bytes) -> None:
        for span in decoder.decode(payload, encoding):
            check(span)

    outcomes = fuzz(Mutator(corpus(encoding), text=is_text(encoding)), read)
    assert outcomes.keys() <= {"", *CODES}
    assert outcomes[""] > outcomes.total() / 50, (
        "nearly all is refused: the damage is too coarse to find much"
    )
    assert outcomes["malformed"] > 0
    assert decoder.tally.undecodable >= outcomes.total() - outcomes[""]


def check(span: Span) -> None:
    """What every later layer relies on."""
    facts = span.facts
    assert (len(span.trace_id), len(span.span_id), len(span.parent_id)) in ((16, 8, 0), (16, 8, 8))
    assert 0 <= span.start < 1 << 64 and 0 <= span.duration < LONGEST_NS
    assert type(facts.kind) is Kind and facts.service
    for text in (
        facts.service,
        facts.name,
        facts.scope,
        facts.environment,
        facts.suite,
        facts.run,
        facts.case,
    ):
        assert len(text) <= 200 and text.encode() is not None
    for value in (*facts.attributes.values(), *facts.resource.values()):
        assert 0 < len(value) <= 200
