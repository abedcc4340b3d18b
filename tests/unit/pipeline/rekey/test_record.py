"""Records of the rekeyed topic: what is written is what is read."""

from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import msgpack

from monitor.base.errors import UndecodableError
from monitor.base.steps import SPANS_PER_STEP
from monitor.base.units import LogTime
from monitor.flows.record import Source
from monitor.pipeline.rekey.record import Encoder, Rekeyed, RekeyedDecoder, Word
from monitor.wire.facts import content
from monitor.wire.span import Facts, Kind, Span
from tests.factories import facts, span

WORD = Word(Source("default", "otlp_spans", "1", 3), 6, 17, 0, LogTime(1_700_000_000_000))
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
TEXTS = st.dictionaries(TEXT, TEXT, max_size=3)
ANY_FACTS = st.builds(
    Facts,
    service=TEXT,
    name=TEXT,
    kind=st.sampled_from(Kind),
    error=st.booleans(),
    scope=TEXT,
    attributes=TEXTS,
    resource=TEXTS,
    environment=TEXT,
    suite=TEXT,
    run=TEXT,
    case=TEXT,
    weight=st.integers(0, 2**40),
    weighted=st.booleans(),
    runner=st.booleans(),
    marks=st.lists(st.tuples(TEXT, TEXT), max_size=2).map(tuple),
    proxy=st.booleans(),
    partial=st.booleans(),
)
SPANS = st.builds(
    Span,
    st.binary(min_size=16, max_size=16),
    st.binary(min_size=8, max_size=8),
    st.sampled_from([b"", bytes(7) + b"\1"]),
    st.integers(0, 2**64 - 1),
    st.integers(0, 2**64 - 1),
    ANY_FACTS,
    st.booleans(),
    st.lists(st.binary(min_size=16, max_size=16), max_size=2).map(tuple),
)


@given(st.lists(SPANS, max_size=4))
def test_every_span_comes_back_as_it_was(spans: list[Span]) -> None:
    """Whatever a decoder can say of a span, the reader of the rekeyed topic says, too."""
    word, read = RekeyedDecoder().decode(Encoder().encode(Rekeyed(WORD, spans)))
    assert word == WORD
    assert [beside_facts(each) for each in read] == [beside_facts(each) for each in spans]
    assert [stated(each.facts) for each in read] == [stated(each.facts) for each in spans]


def beside_facts(of: Span) -> list[object]:
    """All that a span says beside its facts."""
    return [value for value in of if not isinstance(value, Facts)]


def stated(of: Facts) -> list[object]:
    """All that facts say."""
    return [getattr(of, each.name) for each in fields(of)]


def test_many_spans_are_written_step_by_step() -> None:
    """No step writes more than some spans, also where each has facts of its own."""
    spans = [span(number, name=f"job {number}") for number in range(1, 10 * SPANS_PER_STEP + 1)]
    assert len(list(Encoder().encoding(Rekeyed(WORD, spans)))) == 20


def test_equal_facts_are_one_object() -> None:
    """Later layers memoise by identity: facts of two records are one object where they are equal."""
    encoder, decoder = Encoder(), RekeyedDecoder()
    values = [encoder.encode(Rekeyed(WORD, [span(1)])), Encoder().encode(Rekeyed(WORD, [span(2)]))]
    first, second = (decoder.decode(value).spans[0].facts for value in values)
    assert first is second
    assert content(first) == content(facts())


def test_a_field_of_facts_that_is_not_known_is_passed_over() -> None:
    """A release that says more of a span is read without it."""
    plain = msgpack.decode(Encoder().encode(Rekeyed(WORD, [span(1)])))
    plain[8] = [msgpack.encode(msgpack.decode(each) | {"later": 1}) for each in plain[8]]
    (read,) = RekeyedDecoder().decode(msgpack.encode(plain)).spans
    assert stated(read.facts) == stated(facts())


@given(st.binary(max_size=200))
def test_any_other_bytes_are_refused(payload: bytes) -> None:
    """What others write to the topic is an error with a reason, never anything else."""
    with pytest.raises(UndecodableError):
        RekeyedDecoder().decode(payload)


def test_another_version_is_refused() -> None:
    """What a newer release wrote in another layout is not guessed at."""
    plain = msgpack.decode(Encoder().encode(Rekeyed(WORD, [])))
    with pytest.raises(UndecodableError, match="version 2"):
        RekeyedDecoder().decode(msgpack.encode([2, *plain[1:]]))


def test_a_place_without_facts_is_refused() -> None:
    """A span that names facts which are not there makes the record unreadable."""
    plain = msgpack.decode(Encoder().encode(Rekeyed(WORD, [span(1)])))
    plain[8] = []
    with pytest.raises(UndecodableError):
        RekeyedDecoder().decode(msgpack.encode(plain))


def test_a_field_of_facts_has_a_place_in_the_format() -> None:
    """No field of `Facts` is forgotten: one that is set comes back."""
    marked = replace(facts(), partial=True, proxy=True, marks=(("vcs.ref.head.name", "main"),))
    (read,) = RekeyedDecoder().decode(Encoder().encode(Rekeyed(WORD, [span(1)._replace(facts=marked)]))).spans
    assert stated(read.facts) == stated(marked)
