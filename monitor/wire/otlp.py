"""OTLP protobuf (`otlp_proto`): bytes of an ExportTraceServiceRequest -> spans.

The cheap decode: whatever repeats is looked up by its bytes. Per span it costs one look-up per attribute
and one for its facts; an attribute is parsed only when its key is one of ours and its bytes are new
(`attributes`). URLs and statements are asked for in a second step, of the few spans that need them.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from google.protobuf.message import DecodeError

from monitor.base.errors import UndecodableError
from monitor.base.steps import SPANS_PER_STEP, Steps
from monitor.base.units import Weight
from monitor.wire import flag_events, foreign_bytes, otlp_schema
from monitor.wire.attributes import LONGEST_REMEMBERED, Attributes
from monitor.wire.credentials import credential_as
from monitor.wire.facts import TABLE_LIMIT, FactsTable, Origin
from monitor.wire.guard import check_message_count
from monitor.wire.names import normalise_bytes, text_of_bytes
from monitor.wire.sampling import weight_of
from monitor.wire.semconv import MAX_ATTRIBUTES, needs_free
from monitor.wire.span import Facts, Kind, Span, links_of
from monitor.wire.synthetic import PAIR, is_synthetic
from monitor.wire.tally import DecodedCounts
from monitor.wire.values import text_of

_LONGEST_RESOURCE = 16_384
_ORIGINS = 8_192
_CONSUMER = int(Kind.CONSUMER)
_ARRAY = "array_value"
_NO_TRACE, _NO_SPAN = bytes(16), bytes(8)
_SYNTHETIC = otlp_schema.KeyValue(
    key=PAIR[0].encode(), value={"string_value": PAIR[1].encode()}
).SerializeToString()
"""The mark of a synthetic monitor as an attribute's bytes."""


class OtlpProto:
    """Decoder of OTLP protobuf; its tables live as long as it does and are bounded."""

    def __init__(self, table: FactsTable, tally: DecodedCounts, max_spans: int) -> None:
        self._table = table
        self._tally = tally
        self._max_spans = max_spans
        self._attributes = Attributes(table.attribution.vocabulary, parse_pair, aside=True)
        self._origins: dict[tuple[bytes, bytes, str | None, bool], Origin] = {}
        self._facts: dict[tuple[object, ...], Facts] = {}
        self._needy: set[Facts] = set()

    def steps(self, payload: bytes, environment: str | None, *, partial: bool = False) -> Steps[list[Span]]:
        """The spans of one request; `partial`: they are not all of their traces.

        Raises UndecodableError (malformed, too_many_spans, wrong_signal).
        """
        self._trim()
        yield from check_message_count(payload, self._max_spans)
        try:
            request = otlp_schema.Request.FromString(payload)
            if not request.resource_spans:
                raise _malformed(payload, "no resource spans in it")
            flagged = flag_events.MARK in payload
            return (yield from self._request(request, environment, partial, flagged))
        except (DecodeError, IndexError) as error:  # IndexError: a KeyValue of one byte
            raise _malformed(payload, "not an OTLP trace request in protobuf") from error

    def _request(
        self, request: Any, environment: str | None, partial: bool, flagged: bool
    ) -> Steps[list[Span]]:
        """The spans of a parsed request that is not empty; flagged: its events may tell of feature flags."""
        spans: list[Span] = []
        invalid = self._tally.invalid_ids
        for resource_spans in request.resource_spans:
            for scope_spans in resource_spans.scope_spans:
                origin = self._origin(resource_spans.resource, scope_spans.scope, environment, partial)
                messages = scope_spans.spans
                for begin in range(0, len(messages), SPANS_PER_STEP):
                    part = messages[begin : begin + SPANS_PER_STEP]
                    if flagged:
                        flag_events.add_to(part)
                    self._read(part, origin, spans.append)
                    yield
            yield
        if not spans and self._tally.invalid_ids > invalid and _timeless(request):
            raise UndecodableError("no spans: logs or metrics?", code="wrong_signal")
        return spans

    def _trim(self) -> None:
        """Empty what is full, and what rests on it; only between records, since numbers must not change."""
        stale = self._attributes.trim() | self._table.trim()
        if stale or len(self._facts) > TABLE_LIMIT:
            self._facts.clear()
            self._needy.clear()
        if stale or len(self._origins) > _ORIGINS:
            self._origins.clear()

    def _origin(self, resource: bytes, scope: bytes, environment: str | None, partial: bool) -> Origin:
        """The origin of a resource and a scope, both as bytes."""
        key = (resource, scope, environment, partial)
        if (origin := self._origins.get(key)) is None:
            attributes = otlp_schema.Resource.FromString(resource).attributes[:MAX_ATTRIBUTES]
            numbers = map(self._attributes.number, attributes)
            pairs = [self._attributes.pairs[number] for number in numbers if number]
            name = normalise_bytes(otlp_schema.Scope.FromString(scope).name)
            origin = self._table.origin(pairs, name, environment, partial=partial)
            if len(resource) + len(scope) <= _LONGEST_RESOURCE:
                self._origins[key] = origin
        return origin

    def _read(self, messages: Iterable[Any], origin: Origin, keep: Callable[[Span], object]) -> None:
        """Hand the spans of one scope to `keep`. The hot loop: everything it needs is a local name."""
        tally, known, attributes = self._tally, self._facts.get, self._attributes
        number_of, strangers, needy = attributes.numbers.get, attributes.strangers, self._needy
        remotely, new = otlp_schema.REMOTE, tuple.__new__  # Span(...) itself takes twice as long
        for message in messages:
            trace_id, span_id, parent_id = message.trace_id, message.span_id, message.parent_span_id
            if len(trace_id) != 16 or len(span_id) != 8 or trace_id == _NO_TRACE or span_id == _NO_SPAN:
                tally.invalid_ids += 1
                continue
            if parent_id and (len(parent_id) != 8 or parent_id in (span_id, _NO_SPAN)):
                parent_id = tally.parent(span_id, parent_id)
            state, raws = message.trace_state, message.attributes[:MAX_ATTRIBUTES]
            raws, weight = _traced(state, raws) if state else (raws, None)
            numbers, passed_over = [], False
            for raw in raws:
                number = number_of(raw)
                if number is None:
                    if raw[: 2 + raw[1]] in strangers:  # as all are of which facts may be in need
                        passed_over = True
                        continue
                    number = attributes.learn(raw)
                if number:
                    numbers.append(number)
            status = message.status
            error = _is_error(status) if status else False
            kind = message.kind
            links = links_of(map(_linked, message.links)) if kind == _CONSUMER else ()
            key = (origin, message.name, kind, error, weight, *numbers)
            facts = known(key) or self._learn(key)
            if passed_over and facts in needy:
                facts = self._completed(facts, key, raws)
            start = message.start_time_unix_nano
            duration = message.end_time_unix_nano - start
            if duration < 0:
                tally.negative_durations += 1
                duration = 0
            remote = message.flags & remotely == remotely
            keep(new(Span, (trace_id, span_id, parent_id, start, duration, facts, remote, links)))

    def _learn(self, key: tuple[Any, ...]) -> Facts:
        """The facts of a combination that was not met before."""
        origin, name, kind, error, weight, *numbers = key
        pairs = [self._attributes.pairs[number] for number in numbers]
        facts = self._table.facts(origin, normalise_bytes(name), kind, error, pairs, weight)
        if len(name) <= LONGEST_REMEMBERED:
            self._facts[key] = facts
        if needs_free(facts.attributes):
            self._needy.add(facts)
        return facts

    def _completed(self, facts: Facts, key: tuple[Any, ...], raws: Sequence[bytes]) -> Facts:
        """The facts of a combination together with what a URL or a statement says."""
        free, number_of = self._attributes.free, self._attributes.free_number
        numbers = [number for raw in raws if raw[: 2 + raw[1]] in free and (number := number_of(raw))]
        if not numbers:
            return facts
        key = (*key, *numbers)
        return self._facts.get(key) or self._learn(key)


def parse_pair(raw: bytes) -> tuple[str, str]:
    """Key and value of a KeyValue, the value as text; '' for nested values, of a header's array the first."""
    pair = otlp_schema.KeyValue.FromString(raw)
    key, value = pair.key.decode("utf-8", "replace"), pair.value
    if value.WhichOneof("value") == _ARRAY:
        values = otlp_schema.ArrayValue.FromString(value.array_value).values if credential_as(key) else ()
        return key, _text(values[0]) if values else ""
    return key, _text(value)


def _text(any_value: Any) -> str:
    """A scalar AnyValue as text, '' for any other."""
    which = any_value.WhichOneof("value")
    value = getattr(any_value, which) if which and which != _ARRAY else ""
    return text_of_bytes(value) if isinstance(value, bytes) else text_of(value)


def _malformed(payload: bytes, otherwise: str) -> UndecodableError:
    return UndecodableError(foreign_bytes.refused(payload, otherwise), code="malformed")


def _traced(state: bytes, raws: list[bytes]) -> tuple[list[bytes], Weight | None]:
    """Attributes, with what the trace state says of who sent the request, and the weight that it states."""
    return [_SYNTHETIC, *raws] if is_synthetic(state) else raws, weight_of(state)


def _linked(link: bytes) -> bytes:
    """The trace id of a Link message."""
    trace_id: bytes = otlp_schema.Link.FromString(link).trace_id
    return trace_id


def _is_error(status: bytes) -> bool:
    """Whether a Status message says error; the two without a message need no parser."""
    if status in (b"\x18\x01", b"\x18\x02"):
        return status == b"\x18\x02"
    return bool(otlp_schema.Status.FromString(status).code == otlp_schema.ERROR)


def _timeless(request: Any) -> bool:
    """Whether no 'span' has a start: read by this schema, log records and metrics have none."""
    scopes = (scope for resource in request.resource_spans for scope in resource.scope_spans)
    return not any(span.start_time_unix_nano for scope in scopes for span in scope.spans)
