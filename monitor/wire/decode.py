"""The one entrance: `Decoder.decode` turns a record's bytes into spans, whatever its encoding."""

from typing import Protocol

from monitor.base.errors import UndecodableError
from monitor.base.steps import Steps, result_of
from monitor.wire.attribution import Attribution, AttributionSettings
from monitor.wire.facts import FactsTable
from monitor.wire.jaeger import JaegerProto
from monitor.wire.jaeger_json import JaegerJson
from monitor.wire.otlp import OtlpProto
from monitor.wire.otlp_json import OtlpJson
from monitor.wire.span import Span
from monitor.wire.tally import DecodedCounts
from monitor.wire.tempo import TempoProto
from monitor.wire.zipkin_json import ZipkinJson
from monitor.wire.zipkin_proto import ZipkinProto
from monitor.wire.zipkin_thrift import ZipkinThrift

MAX_SPANS = 100_000
"""Spans that one record may hold; 20 MB hold about 44,000 of usual size."""

CODES = ("empty", "malformed", "no_span", "too_deep", "too_many_spans", "unknown_encoding", "wrong_signal")
"""Every `code` of the UndecodableErrors of this layer."""


class FormatDecoder(Protocol):
    """What reads one encoding; shares the table of facts and the tally with the others."""

    def __init__(self, table: FactsTable, tally: DecodedCounts, max_spans: int) -> None: ...

    def steps(self, payload: bytes, environment: str | None) -> Steps[list[Span]]:
        """The spans of a payload, step by step; raises UndecodableError."""


FORMATS: dict[str, type[FormatDecoder]] = {
    "otlp_proto": OtlpProto,
    "otlp_json": OtlpJson,
    "jaeger_proto": JaegerProto,
    "jaeger_json": JaegerJson,
    "zipkin_proto": ZipkinProto,
    "zipkin_json": ZipkinJson,
    "zipkin_thrift": ZipkinThrift,
    "tempo": TempoProto,
}
"""Encoding, by the OpenTelemetry Collector's name where it has one -> what reads it."""


class Decoder:
    """Bytes -> spans, with the environment and the test identity decided.

    A record gives spans or an error, never nothing: one whose spans all lack valid ids is refused; such spans
    among usable ones are left out and counted. Its tables make it fast and are bounded; what it returns
    depends on its arguments alone. `tally` counts what it met. attribution: one that was made from
    `settings`, where somebody watches it.
    """

    def __init__(
        self,
        settings: AttributionSettings,
        max_spans: int = MAX_SPANS,
        attribution: Attribution | None = None,
    ) -> None:
        self.tally = DecodedCounts()
        table = FactsTable(attribution or Attribution(settings))
        self._formats = {name: each(table, self.tally, max_spans) for name, each in FORMATS.items()}

    def decode(self, payload: bytes, encoding: str, environment: str | None = None) -> list[Span]:
        """Return the spans of one record, in its order, at least one.

        `environment`: what the topic's mapping or a record header says, if anything. Raises
        UndecodableError with one of `CODES`.
        """
        return result_of(self.steps(payload, encoding, environment))

    def steps(self, payload: bytes, encoding: str, environment: str | None = None) -> Steps[list[Span]]:
        """The same step by step: take those of one record to their end before the next record's."""
        self.tally.records += 1
        invalid = self.tally.invalid_ids
        try:
            return (yield from self.tally.checked((yield from self._steps(payload, encoding, environment))))
        except UndecodableError:
            self.tally.undecodable += 1
            self.tally.invalid_ids = invalid
            raise

    def _steps(self, payload: bytes, encoding: str, environment: str | None) -> Steps[list[Span]]:
        if encoding not in self._formats:
            raise UndecodableError(f"unknown encoding {encoding!r}", code="unknown_encoding")
        if not payload:
            raise UndecodableError("a record without content", code="empty")
        invalid = self.tally.invalid_ids
        spans = yield from self._formats[encoding].steps(payload, environment)
        if not spans:
            raise _no_span(encoding, with_ids=self.tally.invalid_ids == invalid)
        return spans


def _no_span(encoding: str, *, with_ids: bool) -> UndecodableError:
    if with_ids:
        return UndecodableError(f"no span in it, read as {encoding}", code="no_span")
    return UndecodableError(
        f"no span with a valid trace id (16 bytes) and span id (8 bytes), read as {encoding}", code="no_span"
    )
