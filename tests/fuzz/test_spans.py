"""Garbage in the shape of spans: whatever a decoder might hand on, the layers above it never raise."""

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from monitor.base.units import LogTime, UnixNanos
from monitor.flows.codec import decode, encode
from monitor.flows.identity import FlowSettings
from monitor.flows.read import Reader
from monitor.flows.record import FlowRecord
from monitor.pipeline.audit.record_check import checked
from monitor.traces.assembler import Assembler
from monitor.traces.fragment import Fragment
from monitor.traces.settings import AssemblySettings
from monitor.wire.span import Facts, Kind, Span
from monitor.wire.tally import LONGEST_NS
from tests.examples import examples
from tests.factories import facts, span_id, trace_id
from tests.rows import header

_names = st.sampled_from(("GET /a", "/*", "", "*", "@", "\ufffd", "{}", "x" * 200, "\U0001f600"))
_attributes = st.dictionaries(
    st.sampled_from(
        (
            "http.request.method",
            "http.route",
            "http.response.status_code",
            "rpc.method",
            "rpc.status_code",
            "messaging.destination.name",
            "db.system.name",
            "db.operation.name",
            "service.peer.name",
            "error.type",
        )
    ),
    _names.filter(bool),
    max_size=4,
)
_facts = st.builds(
    facts,
    service=_names.filter(bool),
    name=_names,
    kind=st.sampled_from(Kind),
    error=st.booleans(),
    attributes=_attributes,
    environment=st.sampled_from(("production", "integration", "unknown")),
    run=st.sampled_from(("", "run-1")),
    case=_names,
    weight=st.sampled_from((0, 1, 1024, 1 << 40, 1 << 60)),
)
_times = st.one_of(st.sampled_from((0, 1, 2**63, 2**64 - 1)), st.integers(0, 50), st.integers(0, 2**64 - 1))


def _spans(of: st.SearchStrategy[Facts]) -> st.SearchStrategy[Span]:
    return st.builds(
        Span,
        st.integers(1, 3).map(trace_id),
        st.integers(1, 9).map(span_id),
        st.integers(0, 11).map(span_id),
        _times.map(UnixNanos),
        st.one_of(st.integers(0, 20), st.integers(0, LONGEST_NS - 1)),
        of,
        st.booleans(),
        st.lists(st.integers(1, 3).map(trace_id), max_size=2).map(tuple),
    )


_records = st.lists(
    st.tuples(st.integers(0, 70_000), st.lists(_spans(_facts), max_size=12)), min_size=1, max_size=8
)
"""Milliseconds since the record before, and what is in it."""
_settings = st.builds(
    AssemblySettings,
    quiet_gap_ms=st.sampled_from((1, 10_000)),
    orphan_wait_ms=st.sampled_from((1, 60_000)),
    max_age_ms=st.sampled_from((1, 120_000)),
    memory_ms=st.sampled_from((1, 60_000)),
    max_spans=st.sampled_from((1, 2, 5, 10_000)),
)
_reading = st.builds(
    FlowSettings, inner=st.sampled_from(((), ("*",))), pass_through=st.sampled_from(((), ("*",)))
)


def assembled(records: list[tuple[int, list[Span]]], assembler: Assembler) -> list[Fragment]:
    """All fragments of these records, to the end."""
    closed: list[Fragment] = []
    age = 0
    for offset, (later, spans) in enumerate(records):
        age += later
        closed += filter(None, assembler.advance(age))
        closed += filter(None, assembler.add(spans, offset, age, LogTime(age)))
    return [*closed, *filter(None, assembler.close_all())]


@settings(examples(200), phases=(Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink))
@given(_records, _settings, _reading)
def test_garbage_becomes_rows(
    records: list[tuple[int, list[Span]]], how: AssemblySettings, reading: FlowSettings
) -> None:
    """No span is lost without being counted, and every row is one that the flows topic can hold."""
    assembler, reader = Assembler(how), Reader(reading)
    fragments = assembled(records, assembler)
    in_fragments = sum(len(fragment.spans) for fragment in fragments)
    assert len(assembler) == 0
    assert assembler.tally.spans == in_fragments + assembler.tally.late + assembler.tally.duplicates
    rows = [row for fragment in fragments for row in reader.read(fragment)]
    if not reading.inner:
        once = sum(len(row.shape) for row in rows) - reader.tally.repeated
        assert in_fragments == once + reader.tally.callers + reader.tally.hops
    record = FlowRecord(header(), tuple(rows))
    assert checked(decode(encode(record))) == record


@given(_records, _settings)
def test_garbage_is_assembled_the_same_twice(
    records: list[tuple[int, list[Span]]], how: AssemblySettings
) -> None:
    """Two processes that read the same garbage make the same rows and counts."""
    first, second = Assembler(how), Assembler(how)
    rows = [
        [row for fragment in assembled(records, each) for row in Reader(FlowSettings()).read(fragment)]
        for each in (first, second)
    ]
    assert rows[0] == rows[1] and first.tally == second.tally
