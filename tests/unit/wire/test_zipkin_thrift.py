"""What only Zipkin's first version has: annotations instead of kinds, two halves in one, Thrift's lengths."""

from struct import pack

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.base.errors import UndecodableError
from monitor.wire.attribution import AttributionSettings
from monitor.wire.decode import Decoder
from monitor.wire.span import Kind, Span
from monitor.wire.thrift import ThriftReader
from tests.unit.wire.zipkin_records import annotation, binary, thrift_list, thrift_span

DECODER = Decoder(AttributionSettings())
BOOL, BYTES, I16, I32, I64, DOUBLE, STRING = range(7)


def read(
    annotations: list[bytes], binaries: list[bytes] | None = None, times: tuple[int, int] | None = None
) -> list[Span]:
    payload = thrift_list([thrift_span("1", "2", "", "get", annotations, binaries or [], times)])
    return Decoder(AttributionSettings()).decode(payload, "zipkin_thrift")


def code_of(payload: bytes, max_spans: int = 1_000) -> str:
    with pytest.raises(UndecodableError) as refused:
        Decoder(AttributionSettings(), max_spans).decode(payload, "zipkin_thrift")
    return refused.value.code


def test_two_halves_in_one_span() -> None:
    """A span with a client's and a server's annotations is two, each with its own host, times, tags, peer."""
    client, server = read(
        [annotation(at, value, "web") for at, value in ((100, "cs"), (900, "cr"))]
        + [annotation(at, value, "cart") for at, value in ((300, "sr"), (700, "ss"))],
        [
            binary("http.method", b"GET", STRING, "web"),
            binary("http.route", b"/cart", STRING, "cart"),
            binary("sa", b"\x01", BOOL, "cart"),
            binary("ca", b"\x01", BOOL, "web"),
        ],
        (90, 820),
    )
    assert (client.facts.kind, client.facts.service, client.start, client.duration) == (
        Kind.CLIENT,
        "web",
        90_000,
        820_000,
    )
    assert (server.facts.kind, server.facts.service, server.start, server.duration) == (
        Kind.SERVER,
        "cart",
        300_000,
        400_000,
    )
    assert client.facts.attributes == {"http.request.method": "GET", "service.peer.name": "cart"}
    assert server.facts.attributes == {"http.route": "/cart", "service.peer.name": "web"}
    assert (client.span_id, client.remote, server.remote) == (server.span_id, False, True)


def test_two_halves_on_one_host() -> None:
    """A service that calls itself has two spans as well; the tags are those of the first."""
    notes = [annotation(at, value, "web") for at, value in ((1, "cs"), (2, "sr"), (3, "ss"), (4, "cr"))]
    client, server = read(notes, [binary("http.route", b"/a", STRING, "web")])
    assert [each.facts.kind for each in (client, server)] == [Kind.CLIENT, Kind.SERVER]
    assert (client.facts.attributes, server.facts.attributes) == ({"http.route": "/a"}, {})
    assert (client.start, client.duration, server.start, server.duration) == (1_000, 3_000, 2_000, 1_000)


@pytest.mark.parametrize(("times", "shared"), [(None, True), ((5, 7), False)])
def test_server_without_a_time_stamp_is_shared(times: tuple[int, int] | None, shared: bool) -> None:
    """Where only the client states the time, the server's half takes its own annotations'."""
    (server,) = read([annotation(10, "sr", "cart"), annotation(30, "ss", "cart")], None, times)
    assert server.remote is shared
    assert (server.start, server.duration) == ((10_000, 20_000) if shared else (5_000, 7_000))


def test_incomplete_spans() -> None:
    """One annotation alone gives the kind and the time it has."""
    (received,) = read([annotation(10, "cr", "web")])
    assert (received.facts.kind, received.start, received.duration) == (Kind.CLIENT, 10_000, 0)
    (message,) = read([annotation(10, "mr", "stock")])
    assert (message.facts.kind, message.facts.service) == (Kind.CONSUMER, "stock")


def test_local_span() -> None:
    """A span with a local component alone has no kind, and the component's host is its service."""
    (local,) = read([], [binary("sa", b"\x01", BOOL, "cart"), binary("lc", b"cron", STRING, "jobs")], (1, 2))
    assert (local.facts.kind, local.facts.service) == (Kind.UNSPECIFIED, "jobs")
    assert local.facts.attributes == {"service.peer.name": "cart"}


def test_an_address_is_a_truth_value() -> None:
    """A text under the key of an address is a tag like any other, and its host the span's own."""
    (span,) = read([], [binary("sa", b"10.0.0.1", STRING, "web")])
    assert (span.facts.service, span.facts.attributes) == ("web", {})


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        (STRING, b"200", "200"),
        (I16, pack(">h", 200), "200"),
        (I32, pack(">i", -200), "-200"),
        (I64, pack(">q", 2**40), "1099511627776"),
        (DOUBLE, pack(">d", 200.0), "200"),
        (BOOL, b"\x01", "true"),
        (BOOL, b"\x00", "false"),
        (BYTES, b"200", None),
        (I32, b"\x01", None),
        (99, b"200", None),
    ],
)
def test_values(kind: int, value: bytes, text: str | None) -> None:
    """Numbers and truth values are text; bytes, and values that are not of their type, are left out."""
    (span,) = read([], [binary("http.route", value, kind, "web")])
    assert span.facts.attributes.get("http.route") == text


@pytest.mark.parametrize("size", [-1, -7, 2**31 - 1, 1_000])  # -7: to the field's begin
def test_lying_lengths(size: int) -> None:
    """A count or length for which the record has no room is refused before anything is made for it."""
    for head in (b"", b"\x0f\x00\x06\x0c", b"\x0e\x00\x06\x02", b"\x0b\x00\x03", b"\x0d\x00\x07\x02\x02"):
        lie = pack(">i", size)
        payload = b"\x0c" + (b"\x00\x00\x00\x01" + head if head else b"") + lie + b"\x00" * 40
        assert code_of(payload) == "malformed"


@pytest.mark.fault(12)
def test_struct_bomb() -> None:
    """A megabyte of empty structs, in the record's list or in one of a span's, is refused by their number."""
    many = pack(">i", 1_000_000) + bytes(1_000_000)
    assert code_of(b"\x0c" + many, max_spans=100) == "too_many_spans"
    assert code_of(b"\x0c\x00\x00\x00\x01\x0f\x00\x06\x0c" + many, max_spans=100) == "too_many_spans"


def test_depth() -> None:
    """Structs, lists and maps nested thousands of levels deep are refused, not recursed into."""
    head = b"\x0c\x00\x00\x00\x01"
    for level in (
        b"\x0c\x00\x07",
        b"\x0f\x00\x07\x0c\x00\x00\x00\x01",
        b"\x0d\x00\x07\x02\x0c\x00\x00\x00\x01\x00",
    ):
        assert code_of(head + level * 10_000, max_spans=10_000) == "too_deep"


def test_unknown_fields() -> None:
    """Fields that no version has are stepped over, whatever they hold."""
    strange = b"\x0d\x00\x63\x0b\x02\x00\x00\x00\x01\x00\x00\x00\x01a\x01"  # a map of string to bool
    strange += b"\x0e\x00\x64\x03\x00\x00\x00\x02\x07\x08"  # a set of bytes
    plain = thrift_span("1", "2", "", "get", [], [], None)
    (span,) = Decoder(AttributionSettings()).decode(thrift_list([strange + plain]), "zipkin_thrift")
    assert span.facts.name == "get"
    assert list(ThriftReader(thrift_list([strange + b"\x00"]), 10).structs()) == [
        {0x63: [(b"a", True)], 0x64: [7, 8]}
    ]


@pytest.mark.parametrize(
    "field",
    [
        b"\x0b\x00\x01\x00\x00\x00\x01a",  # trace_id: string
        b"\x04\x00\x0a" + pack(">d", 1.5),  # timestamp: double
        b"\x0b\x00\x0b\x00\x00\x00\x02%d",  # duration: string
        b"\x0a\x00\x03" + bytes(8),  # name: i64
        b"\x0a\x00\x06" + bytes(8),  # annotations: i64
        b"\x0f\x00\x08\x08\x00\x00\x00\x01\x00\x00\x00\x05",  # binary_annotations: list<i32>
        b"\x07\x00\x01",  # a type that Thrift does not have
    ],
)
def test_fields_of_other_types(field: bytes) -> None:
    """A span whose fields have other types refuses its record."""
    ids = b"\x0a\x00\x01" + pack(">q", 1) + b"\x0a\x00\x04" + pack(">q", 2)
    assert code_of(thrift_list([ids + field + b"\x00"])) == "malformed"


def struct_of(fields: list[tuple[int, tuple[bytes, bytes]]]) -> bytes:
    """A struct with these fields: id, type and encoded value of each."""
    return b"".join(kind + pack(">h", field) + value for field, (kind, value) in fields) + b"\x00"


_values = st.one_of(
    st.integers(-(2**63), 2**63 - 1).map(lambda value: (b"\x0a", pack(">q", value))),
    st.binary(max_size=9).map(lambda value: (b"\x0b", pack(">i", len(value)) + value)),
    st.floats().map(lambda value: (b"\x04", pack(">d", value))),
)
_structs = st.recursive(
    st.just(b"\x00"),
    lambda inner: st.lists(
        st.tuples(
            st.integers(1, 12),
            _values
            | inner.map(lambda struct: (b"\x0c", struct))
            | st.lists(inner, max_size=2).map(lambda structs: (b"\x0f", thrift_list(structs))),
        )
    ).map(
        lambda fields: b"".join(kind + pack(">h", field) + value for field, (kind, value) in fields) + b"\x00"
    ),
    max_leaves=6,
)


@given(st.lists(_structs, min_size=1, max_size=3))
def test_any_structs(structs: list[bytes]) -> None:
    """Whatever the structs of a list hold, the record is read or refused."""
    ids = b"\x0a\x00\x01" + pack(">q", 1) + b"\x0a\x00\x04" + pack(">q", 2)
    payload = thrift_list(ids + struct for struct in structs)
    try:
        assert len(DECODER.decode(payload, "zipkin_thrift")) <= 2 * len(structs)
    except UndecodableError:
        assert code_of(payload) in ("malformed", "no_span")


def test_cut_short() -> None:
    """A record that ends anywhere before its end is refused."""
    payload = thrift_list(
        [
            thrift_span(
                "1", "2", "3", "get", [annotation(1, "cs", "web")], [binary("a", b"b", 6, "web")], (1, 2)
            )
        ]
    )
    assert {code_of(payload[:size]) for size in range(1, len(payload))} == {"malformed"}
