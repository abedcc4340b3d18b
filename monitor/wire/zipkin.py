"""What Zipkin's three encodings have in common: ids, times and tags -> the same spans as from OTLP.

| Zipkin | here |
| --- | --- |
| traceId of 64 bits | padded on the left to 128 |
| timestamp, duration: microseconds, may be missing | nanoseconds; 0 where missing |
| kind; tag `span.kind` = `internal` without one | kind; none is UNSPECIFIED |
| localEndpoint.serviceName, else tag `service.name` | service |
| remoteEndpoint.serviceName | `peer.service`, unless a tag names the peer |
| tag `error` (anything but `false`), `otel.status_code` | error |
| tags `otel.scope.name`, `otel.library.name` | scope |
| tag `w3c.tracestate` | sampling weight |
| all other tags | attributes; those that `semconv` knows of resources describe the resource |
| shared | the parent is in another process (`remote`); see `traces.halves` |

Tags are text in one map: what was resource, scope or span attribute shows in the name alone, and types are
lost. Sources: opentelemetry.io/docs/specs/otel/trace/sdk_exporters/zipkin, the Collector's Zipkin
translator, and zipkin.io/zipkin-api (an `error` tag of any value says failed).
"""

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import NamedTuple

from monitor.base.units import UnixNanos, Weight
from monitor.wire.facts import TABLE_LIMIT, FactsTable
from monitor.wire.names import VALUE_LIMIT, normalise
from monitor.wire.sampling import weight_of
from monitor.wire.semconv import MAX_ATTRIBUTES, RESOURCE_NAMES, TEST_MARK, Pairs
from monitor.wire.span import Facts, Kind, Span
from monitor.wire.tally import DecodedCounts
from monitor.wire.values import text_of

KINDS = {"CLIENT": Kind.CLIENT, "SERVER": Kind.SERVER, "PRODUCER": Kind.PRODUCER, "CONSUMER": Kind.CONSUMER}
"""Zipkin's names of kinds; it has no other."""

_ERROR, _STATUS, _STATE, _KIND = "error", "otel.status_code", "w3c.tracestate", "span.kind"
_SCOPES = ("otel.scope.name", "otel.library.name")
_OWN = (_ERROR, _STATUS, _STATE, _KIND, *_SCOPES)
_FAILED = ("ERROR", "Error", "STATUS_CODE_ERROR")  # as the specification, and older Collectors, write it
_PEERS = ("service.peer.name", "peer.service")
_NO_SERVICE = "otlpresourcenoservicename"  # what the Collector writes where there is none, in any case
_LONGEST = 2**64 - 1
_LATEST = 2**63  # of microseconds: larger ones are negative numbers, misread


class Ids(NamedTuple):
    """The ids of a valid span, of 16, 8 and 8 or 0 bytes."""

    trace_id: bytes
    span_id: bytes
    parent_id: bytes


class Said(NamedTuple):
    """What a span says that repeats; `tags` as `ZipkinFacts.kept` gives them."""

    environment: str | None
    service: str
    peer: str
    name: str
    kind: Kind
    tags: tuple[tuple[str, str], ...]


class ZipkinFacts:
    """Facts of Zipkin spans, remembered by what the spans say; bounded."""

    def __init__(self, table: FactsTable) -> None:
        self.vocabulary = table.attribution.vocabulary.extended(_OWN)
        self._table = table
        self._facts: dict[Said, Facts] = {}

    def trim(self) -> bool:
        """Empty the tables if one is full, between records; True if what was given out is stale."""
        stale = self._table.trim()
        if stale or len(self._facts) > TABLE_LIMIT:
            self._facts.clear()
        return stale

    def kept(self, tags: Mapping[str, object]) -> tuple[tuple[str, str], ...]:
        """The tags that matter, their values reduced, in the order of their names."""
        pairs = (self.keep(name, text_of(value)) for name, value in islice(tags.items(), MAX_ATTRIBUTES))
        return tuple(sorted(self.vocabulary.kept(pairs)))

    def keep(self, name: str, value: str) -> tuple[str, str]:
        """A tag as far as it matters: a value that does not is '', one that is free text is cut."""
        if name == _ERROR:
            return name, "" if value == "false" else "true"
        if name == _STATE:
            weight = weight_of(value.encode("utf-8", "replace"))
            return name, "" if weight is None else str(weight)
        if self.vocabulary.newest(name)[0] == TEST_MARK:
            return TEST_MARK, "true" if normalise(value) else ""
        return name, value[:VALUE_LIMIT]

    def facts(self, said: Said) -> Facts:
        """The facts of a span."""
        if (facts := self._facts.get(said)) is None:
            facts = self._facts[said] = self._make(said)
        return facts

    def _make(self, said: Said) -> Facts:
        tags = dict(reversed(said.tags))  # of equal names the first counts
        own = {name: tags.pop(name, "") for name in _OWN}
        service = said.service if said.service.lower() != _NO_SERVICE else ""
        resource, attributes = self._split([("service.name", service), *sorted(tags.items())])
        if said.peer and not any(name in tags for name in _PEERS):
            attributes.append(("peer.service", said.peer))
        scope = next((own[name] for name in _SCOPES if own[name]), "")
        kind = Kind.INTERNAL if not said.kind and own[_KIND] == "internal" else said.kind
        error = bool(own[_ERROR]) or own[_STATUS] in _FAILED
        weight = Weight(int(own[_STATE])) if own[_STATE] else None
        origin = self._table.origin(resource, scope, said.environment)
        return self._table.facts(origin, said.name, kind, error, attributes, weight)

    def _split(self, tags: Iterable[tuple[str, str]]) -> tuple[Pairs, list[tuple[str, str]]]:
        """Tags that describe a resource, and all others."""
        resource: list[tuple[str, str]] = []
        attributes: list[tuple[str, str]] = []
        for name, value in tags:
            known = self.vocabulary.newest(name)[0] in RESOURCE_NAMES
            (resource if known else attributes).append((name, value))
        return resource, attributes


def ids(tally: DecodedCounts, trace_id: bytes, span_id: bytes, parent_id: bytes) -> Ids | None:
    """The ids of a span; None, counted, where they are none. A trace id of 8 bytes is padded."""
    if len(trace_id) == 8:
        trace_id = bytes(8) + trace_id
    if len(trace_id) != 16 or len(span_id) != 8 or not any(trace_id) or not any(span_id):
        tally.invalid_ids += 1
        return None
    return Ids(trace_id, span_id, tally.parent(span_id, parent_id) if parent_id else b"")


def span_of(tally: DecodedCounts, own: Ids, times: tuple[int, int], facts: Facts, shared: bool) -> Span:
    """A span; `times`: its start and duration in microseconds, unsigned 64-bit numbers."""
    start, duration = times
    if duration >= _LATEST:
        tally.negative_durations += 1
        duration = 0
    remote = shared and facts.kind in (Kind.SERVER, Kind.CONSUMER)
    return Span(*own, UnixNanos(_nanos(start)), _nanos(duration), facts, remote)


def _nanos(micros: int) -> int:
    return min(1000 * micros, _LONGEST)
