"""Zipkin v1 in Thrift (`zipkin_thrift`): list<Span> of zipkinCore.thrift in the binary protocol (`thrift`).

    Span              1 trace_id i64   3 name   4 id i64   5 parent_id i64?   6 annotations list<Annotation>
                      8 binary_annotations list<BinaryAnnotation>  10 timestamp i64? us  11 duration i64? us
                     12 trace_id_high i64?
    Annotation        1 timestamp i64 us   2 value string   3 host Endpoint?
    BinaryAnnotation  1 key   2 value bytes   4 host Endpoint?
                      3 type: 0 bool, 1 bytes, 2 i16, 3 i32, 4 i64, 5 double, 6 string
    Endpoint          1 ipv4 i32   2 port i16   3 service_name string

The first version has no kinds: annotations `cs`, `cr` are a client's, `sr`, `ss` a server's, `ms` a
producer's, `mr` a consumer's. A span with a client's and a server's is two spans that share one id; each
takes the binary annotations of its own host, and the address annotation (`sa`, `ca`, `ma`) of its peer.
Times that the span does not state are those of its annotations. A server's half without a time stamp of
its own is a shared one. All as in openzipkin/zipkin, zipkin2.v1.V1SpanConverter.
"""

from collections.abc import Iterator
from struct import Struct
from typing import NamedTuple

from monitor.base.errors import UndecodableError
from monitor.base.steps import Steps
from monitor.wire import zipkin
from monitor.wire.facts import FactsTable
from monitor.wire.json_record import too_many
from monitor.wire.names import READ_LIMIT, normalise_bytes
from monitor.wire.semconv import MAX_ATTRIBUTES
from monitor.wire.span import Kind, Span
from monitor.wire.tally import DecodedCounts
from monitor.wire.thrift import Fields, ThriftReader
from monitor.wire.values import text_of

_OBJECTS_PER_SPAN = 40
"""Structs and list elements that a span may take on average; an annotation with its host takes three."""
_STRUCTS_PER_STEP = 16

_BEGINS = {b"cs": Kind.CLIENT, b"sr": Kind.SERVER, b"ms": Kind.PRODUCER, b"mr": Kind.CONSUMER}
_ENDS = {b"cr": Kind.CLIENT, b"ss": Kind.SERVER}
_PEERS = {Kind.CLIENT: b"sa", Kind.SERVER: b"ca", Kind.PRODUCER: b"ma", Kind.CONSUMER: b"ma"}
_ADDRESSES = (b"sa", b"ca", b"ma")
_BOOL, _STRING = 0, 6
_NUMBERS = {2: Struct(">h"), 3: Struct(">i"), 4: Struct(">q"), 5: Struct(">d")}
_UNSIGNED = 2**64


class _Half(NamedTuple):
    """One side of a span: its kind, its service, when it began and ended (us; 0 where not annotated)."""

    kind: Kind
    service: bytes
    begin: int = 0
    end: int = 0


class ZipkinThrift:
    """Decoder of Zipkin's first version in Thrift."""

    def __init__(self, table: FactsTable, tally: DecodedCounts, max_spans: int) -> None:
        self._facts = zipkin.ZipkinFacts(table)
        self._tally = tally
        self._max_spans = max_spans

    def steps(self, payload: bytes, environment: str | None) -> Steps[list[Span]]:
        """The spans of one list. Raises UndecodableError (malformed, too_deep, too_many_spans)."""
        self._facts.trim()
        structs = ThriftReader(payload, _OBJECTS_PER_SPAN * self._max_spans).structs()
        spans: list[Span] = []
        try:
            for number, given in enumerate(structs, 1):
                if number > self._max_spans:
                    raise too_many(self._max_spans)
                spans += self._spans(given, environment)
                if number % _STRUCTS_PER_STEP == 0:
                    yield
        except (TypeError, AttributeError, ValueError) as error:
            raise UndecodableError("not a list of Zipkin v1 spans", code="malformed") from error
        return spans

    def _spans(self, given: Fields, environment: str | None) -> Iterator[Span]:
        """The one or two halves of a span; none, counted, where its ids are none."""
        trace_id = _id(given, 12) + _id(given, 1)
        own = zipkin.ids(self._tally, trace_id, _id(given, 4), _id(given, 5))
        if own is None:
            return
        binary = given.get(8, [])[:MAX_ATTRIBUTES]
        halves = _halves(given.get(6, []), binary)
        for half in halves:
            own_tags = (each for each in binary if not _is_address(each) and _belongs(each, half, halves))
            tags = {_text(each.get(1, b"")): _value(each) for each in own_tags}
            said = zipkin.Said(
                environment,
                normalise_bytes(half.service),
                _peer(binary, half.kind),
                _text(given.get(3, b""))[:READ_LIMIT],
                half.kind,
                self._facts.kept(tags),
            )
            shared = half.kind is Kind.SERVER and (len(halves) > 1 or not given.get(10))
            times = _times(given, half, len(halves) > 1)
            yield zipkin.span_of(self._tally, own, times, self._facts.facts(said), shared)


def _halves(annotations: list[Fields], binary: list[Fields]) -> list[_Half]:
    """What the annotations say happened: a client's and a server's half, or one of any kind."""
    found: dict[Kind, _Half] = {}
    for each in annotations:
        value = each.get(2, b"")
        kind = _BEGINS.get(value) or _ENDS.get(value)
        if kind is not None:
            half = found.get(kind) or _Half(kind, _host(each, 3))
            at = _number(each, 1)
            found[kind] = half._replace(begin=at) if value in _BEGINS else half._replace(end=at)
    if Kind.CLIENT in found and Kind.SERVER in found:
        return [found[Kind.CLIENT], found[Kind.SERVER]]
    if found:
        return [next(iter(found.values()))]
    hosts = [_host(each, 3) for each in annotations]
    hosts += [_host(each, 4) for each in binary if not _is_address(each)]
    return [_Half(Kind.UNSPECIFIED, next(filter(None, hosts), b""))]


def _belongs(binary: Fields, half: _Half, halves: list[_Half]) -> bool:
    """Whether a tag is that of `half`: of the first, unless only the other has its host."""
    if len(halves) == 1:
        return True
    host = _host(binary, 4)
    owner = next((each for each in halves if each.service == host), halves[0])
    return owner is half


def _is_address(binary: Fields) -> bool:
    """Whether a binary annotation's host is not the span's own, but that of the other side."""
    return binary.get(3) == _BOOL and binary.get(1) in _ADDRESSES


def _times(given: Fields, half: _Half, parted: bool) -> tuple[int, int]:
    """Start and duration (us) as the span says, but for the server of two; else as its annotations do."""
    start, duration = _number(given, 10), _number(given, 11)
    if parted and half.kind is Kind.SERVER:
        start, duration = 0, 0
    if not duration and half.begin and half.end:
        duration = half.end - half.begin
    return (start or half.begin or half.end) % _UNSIGNED, duration % _UNSIGNED


def _peer(binary: list[Fields], kind: Kind) -> str:
    """The service of the address annotation that names the other side."""
    key = _PEERS.get(kind, b"sa")
    return normalise_bytes(
        next((_host(each, 4) for each in binary if each.get(1) == key and _is_address(each)), b"")
    )


def _host(annotation: Fields, field: int) -> bytes:
    """The service name of an annotation's host."""
    service = annotation.get(field, {}).get(3, b"")
    if not isinstance(service, bytes):
        raise TypeError("a service name is a string")
    return service


def _value(binary: Fields) -> str:
    """The value of a binary annotation as text; '' for bytes."""
    raw, kind = binary.get(2, b""), binary.get(3, _STRING)
    if kind == _STRING:
        return _text(raw)
    if kind == _BOOL:
        return text_of(raw == b"\x01")
    number = _NUMBERS.get(kind)
    return text_of(number.unpack(raw)[0]) if number and len(raw) == number.size else ""


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")


def _number(fields: Fields, field: int) -> int:
    """A whole number, 0 for none."""
    number = fields.get(field, 0)
    if not isinstance(number, int):
        raise TypeError("not a whole number")
    return number


def _id(fields: Fields, field: int) -> bytes:
    """The eight bytes of an id, all 0 for none."""
    return _number(fields, field).to_bytes(8, "big", signed=True)
