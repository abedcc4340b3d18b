"""The Collector's Zipkin records decode to the spans of its OTLP record, but for what the formats lose."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from monitor.base.units import UnixNanos
from monitor.wire.span import Kind, Span
from tests.golden.collector.test_collector import read
from tests.golden.wire.make import render


def times(span: Span, start: int, duration: int) -> Span:
    """`span` with other times, given in microseconds, and without flags, which Zipkin does not have."""
    return span._replace(start=UnixNanos(1_000 * start), duration=1_000 * duration, remote=False)


def as_proto(span: Span) -> Span:
    """The start is rounded to microseconds, the duration cut."""
    return times(span, (span.start + 500) // 1_000, span.duration // 1_000)


def as_json(span: Span) -> Span:
    """As for protobuf, but the duration is rounded, to at least one unless it is 0; names in lower case."""
    duration = 1 if 0 < span.duration < 1_000 else (span.duration + 500) // 1_000
    facts = replace(span.facts, name=span.facts.name.lower())
    return times(span, (span.start + 500) // 1_000, duration)._replace(facts=facts)


def as_thrift(span: Span) -> Span:
    """Times are cut, durations at least one; servers leave the time to their clients, which says `shared`."""
    shared = span.facts.kind is Kind.SERVER and bool(span.parent_id)
    return times(span, span.start // 1_000, max(1, span.duration // 1_000))._replace(remote=shared)


@pytest.mark.parametrize(
    ("encoding", "carried"),
    [("zipkin_proto", as_proto), ("zipkin_json", as_json), ("zipkin_thrift", as_thrift)],
)
def test_collector_records(encoding: str, carried: Callable[[Span], Span]) -> None:
    """Only flags, less than a microsecond and, in JSON, capital letters of names are lost."""
    expected = [carried(span) for span in read("otlp_proto")]
    assert len(expected) > 12
    assert render(read(encoding)) == render(expected)
