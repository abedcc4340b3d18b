"""The rekey stage's fold of one source partition."""

from collections.abc import Iterable

from monitor.base.steps import Steps
from monitor.flows.record import Source
from monitor.pipeline.observe.intake import SourceIntake
from monitor.pipeline.observe.outbox import MAX_BYTES
from monitor.pipeline.observe.records import SourceRecord
from monitor.pipeline.rekey.record import Encoder, RekeyedDecoder, Word
from monitor.pipeline.rekey.rekeyer import Rekeyer, target_of
from monitor.wire.span import Span
from tests.factories import facts, span, trace_id

T, TARGETS = 1_700_000_000_000, 4


class Spans:
    """A decoder: a payload is the number of a list of spans."""

    def __init__(self) -> None:
        self.lists: list[list[Span]] = []

    def steps(self, payload: bytes, encoding: str, environment: str | None) -> Steps[list[Span]]:
        """The spans of a record."""
        yield
        return self.lists[int(payload)]


class Case:
    """A rekeyer and its source partition, whose broker sets the timestamps."""

    def __init__(self, *, fresh: bool = False, guarded: bool = False) -> None:
        self.spans = Spans()
        intake = SourceIntake(
            self.spans, start=0, encoding="", environment=None, guarded=guarded, patience_ms=10_000
        )
        source = Source("default", "spans", "1", 0)
        self.rekeyer = Rekeyer(
            source, intake, Encoder(), partitions=2, targets=TARGETS, fresh=fresh, cut_ms=5_000
        )

    def fold(self, *spans: Span, at: int = 0) -> None:
        """The next record with these spans, or one that cannot be read."""
        self.spans.lists.append(list(spans))
        value = str(len(self.spans.lists) - 1).encode() if spans else None
        self.rekeyer.fold(SourceRecord(self.rekeyer.position, T + at, value))

    def words(self) -> list[tuple[int, Word]]:
        """What waits for which target."""
        decoder = RekeyedDecoder()
        return [(target, decoder.decode(value).word) for target, value in self.rekeyer.waiting()]


def test_spans_of_one_trace_go_to_one_target() -> None:
    """One source record gives one record for each target that has a trace of it."""
    case = Case()
    case.fold(*(span(n, trace=n % 3 + 1) for n in range(1, 10)))
    waiting = case.rekeyer.waiting()
    by_target = {target: RekeyedDecoder().decode(value).spans for target, value in waiting}
    assert len(by_target) == len(waiting)
    for target, spans in by_target.items():
        assert {target_of(each.trace_id, TARGETS) for each in spans} == {target}
    assert sum(map(len, by_target.values())) == 9


def test_ids_of_64_bits_go_where_those_of_128_go() -> None:
    """Tracers that hand on only half of an id have their spans beside those of the others."""
    whole = bytes(range(1, 17))
    assert target_of(whole, 12) == target_of(bytes(8) + whole[8:], 12)
    assert {target_of(trace_id(n), 12) for n in range(200)} == set(range(12))


def test_an_offset_is_committed_once_every_target_has_it() -> None:
    """Everything below it is acknowledged, and what was rejected stands in the dead letters."""
    case = Case()
    case.fold(span(1, trace=1))
    case.fold()
    case.fold(span(1, trace=2))
    assert case.rekeyer.committable == 0
    case.rekeyer.acknowledged(target_of(trace_id(1), TARGETS))
    assert case.rekeyer.committable == 1
    case.rekeyer.rejected.clear()
    assert case.rekeyer.committable == 2
    case.rekeyer.acknowledged(target_of(trace_id(2), TARGETS))
    assert case.rekeyer.committable == 3


def test_a_heartbeat_says_how_far_the_source_is() -> None:
    """Where it ends, log time with idle time, and as of when nothing was left."""
    case = Case()
    case.fold(span(1), at=2_000)
    case.rekeyer.idle(700)
    word, spans = RekeyedDecoder().decode(case.rekeyer.heartbeat(T + 9_000, 5))
    assert (word.offset, word.log_time - T, word.empty_at - T, word.partitions) == (1, 2_700, 9_000, 5)
    assert spans == []


def test_what_is_held_back_is_not_said_to_be_sent() -> None:
    """Until log time is decided a heartbeat claims neither those records nor the end."""
    case = Case(guarded=True)
    case.fold(span(1))
    word, _ = RekeyedDecoder().decode(case.rekeyer.heartbeat(T, 2))
    assert (word.offset, word.log_time, word.empty_at) == (0, 0, 0)


def test_a_record_that_is_too_large_goes_in_parts() -> None:
    """Each part is numbered, and the same record gives the same parts."""
    large = facts(attributes={"url.full": "x" * 200_000})
    spans = [
        span(n)._replace(facts=large if n % 2 else facts(attributes={"a": "y" * 200_000 + str(n)}))
        for n in range(1, 12)
    ]
    words = []
    for _ in range(2):
        case = Case()
        case.fold(*spans)
        assert all(len(value) <= MAX_BYTES for _, value in case.rekeyer.waiting())
        words.append([word.part for _, word in case.words()])
    assert words[0] == words[1] == list(range(len(words[0])))
    assert len(words[0]) > 1


def test_what_the_topic_refuses_is_rejected() -> None:
    """A record that no broker takes becomes a dead letter, and the next one goes on."""
    case = Case()
    case.fold(span(1))
    case.rekeyer.too_large(target_of(trace_id(1), TARGETS))
    assert [(each.offset, each.code) for each in case.rekeyer.rejected] == [(0, "too_large")]
    assert case.rekeyer.waiting() == []


def test_the_beginning_of_a_first_start_is_marked() -> None:
    """For so long what belongs to the spans may lie before the first record."""
    case = Case(fresh=True)
    for at in (0, 4_999, 5_000):
        case.fold(span(1), at=at)
    assert cuts(case.words()) == [True, True, False]


def cuts(words: Iterable[tuple[int, Word]]) -> list[bool]:
    """Which records may lack something."""
    return [word.cut for _, word in words]
