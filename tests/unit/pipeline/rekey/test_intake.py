"""Reading the rekeyed topic: each span once, in the order of log time."""

from monitor.base.steps import result_of
from monitor.base.units import LogTime
from monitor.flows.record import Source
from monitor.pipeline.observe.intake import Read
from monitor.pipeline.observe.records import SourceRecord
from monitor.pipeline.rekey.common_clock import SILENCE
from monitor.pipeline.rekey.intake import RekeyedIntake
from monitor.pipeline.rekey.record import Encoder, Rekeyed, RekeyedDecoder, Word
from monitor.wire.span import Span
from tests.factories import span

T, REREAD_MS = 1_700_000_000_000, 10_000


class Log:
    """One rekeyed partition, fed by two source partitions."""

    def __init__(self) -> None:
        self.intake = RekeyedIntake(0, RekeyedDecoder(), REREAD_MS)
        self._encoder, self._values = Encoder(), list[bytes | None]()

    def take(self, source: int, offset: int, log_time: int, *spans: Span, part: int = 0) -> list[Read]:
        """A record of a source offset, or a heartbeat; log time from `T` on."""
        place = Source("default", "spans", "1", source)
        word = Word(place, 2, offset, part, LogTime(T + log_time))
        return self.raw(self._encoder.encode(Rekeyed(word, list(spans))))

    def raw(self, value: bytes | None) -> list[Read]:
        """A record with these bytes."""
        self._values.append(value)
        return self._taken(len(self._values) - 1)

    def _taken(self, offset: int) -> list[Read]:
        return result_of(self.intake.take(SourceRecord(offset, T, self._values[offset])))

    def restart(self) -> None:
        """Read again, in another process, from where the waypoint of the low offset says."""
        begin = self.intake.reread(self.intake.low)
        assert begin is not None
        self.intake = RekeyedIntake(begin.offset, RekeyedDecoder(), REREAD_MS, begin.clock)
        for offset in range(begin.offset, len(self._values)):
            self._taken(offset)


def ids(reads: list[Read]) -> list[int]:
    """Which spans were read."""
    return [each.span_id[-1] for read in reads for each in read.spans]


def test_spans_of_all_sources_come_in_the_order_of_log_time() -> None:
    """A span waits until every source has been read as far, and comes at the age of its own log time."""
    log = Log()
    assert log.take(0, 0, 5_000, span(1)) == []
    reads = log.take(1, 0, 3_000, span(2))
    reads += log.take(1, 1, 4_000, span(3))
    reads += log.take(1, 2, 9_000)
    assert ids(reads) == [2, 3, 1]
    ages = [read.moment.age - reads[0].moment.age for read in reads if read.spans]
    assert ages == [0, 1_000, 2_000]
    assert [read.moment.log_time - T for read in reads if read.spans] == [3_000, 4_000, 5_000]


def test_what_waits_holds_the_low_offset() -> None:
    """The first offset that is not folded yet is that of a span that waits."""
    log = Log()
    log.take(0, 0, 5_000, span(1))
    log.take(1, 0, 3_000, span(2))
    assert (log.intake.position, log.intake.low) == (2, 0)
    log.take(1, 1, 9_000)
    assert (log.intake.position, log.intake.low) == (3, 3)


def test_a_repetition_is_passed() -> None:
    """A record whose source offset was reached before says nothing, a heartbeat below it neither."""
    log = Log()
    log.take(1, 0, 1_000)
    assert ids(log.take(0, 4, 1_000, span(1))) == [1]
    assert log.take(0, 3, 1_000, span(2)) + log.take(0, 4, 1_000, span(1)) + log.take(0, 4, 900) == []
    assert log.intake.repeated == 3
    assert ids(log.take(0, 5, 1_000, span(3))) == [3]


def test_a_heartbeat_says_that_all_below_it_was_sent() -> None:
    """A restart that begins to read behind a record does not take its repetition for something new."""
    log = Log()
    log.take(1, 0, 1_000)
    log.take(0, 9, 1_000)
    assert log.take(0, 8, 1_000, span(1)) == []
    assert ids(log.take(0, 9, 1_000, span(2))) == [2]


def test_parts_of_one_source_record_are_told_apart() -> None:
    """A record that was too large for one comes in parts, each once."""
    log = Log()
    log.take(1, 0, 1_000)
    reads = [log.take(0, 4, 1_000, span(n + 1), part=n) for n in (0, 1, 1, 0, 2)]
    assert [ids(each) for each in reads] == [[1], [2], [], [], [3]]


def test_the_end_gives_out_what_waits() -> None:
    """At the end of the input everything is folded."""
    log = Log()
    log.take(0, 0, 5_000, span(1))
    log.take(0, 1, 7_000, span(2))
    assert ids(log.intake.flush()) == [1, 2]
    assert log.intake.flush() == []


def test_junk_is_rejected_and_holds_the_low_offset_elsewhere() -> None:
    """What is no record of ours is rejected with its reason, and reading goes on."""
    log = Log()
    assert [log.raw(b"junk"), log.raw(None)] == [[], []]
    assert [(each.offset, each.code) for each in log.intake.rejected] == [(0, "malformed"), (1, "tombstone")]
    assert log.intake.position == 2


def test_a_restart_reads_again_from_where_the_clock_was_so_much_younger() -> None:
    """It begins so much log time before the low offset, at the first record that waited then."""
    log = Log()
    for second in range(30):
        log.take(0, second, 1_000 * second + 500, span(1))
        log.take(1, second, 1_000 * second, span(2))
    low = log.intake.low
    begin = log.intake.reread(low)
    assert low == 58
    assert begin is not None
    assert 34 <= begin.offset <= 38  # two records a second


def test_without_a_clock_nothing_is_known_to_read_again() -> None:
    """Before every source has spoken the timestamps of the log decide where a restart begins."""
    log = Log()
    log.take(0, 0, 5_000, span(1))
    assert log.intake.reread(0) is None


def test_a_source_that_was_silent_for_long_does_not_count_twice() -> None:
    """Its worker may send once more what lies before all that a restart reads again, and its next one."""
    log = Log()
    log.take(0, 4, 0, span(1))
    for second in range(SILENCE + 30):
        log.take(1, second, 1_000 * second)
    for _ in range(2):
        log.restart()
    assert ids(log.take(0, 4, 0, span(1))) == []
    assert log.intake.repeated == 1
    assert ids(log.take(0, 5, 0, span(2))) == [2]
