"""The common clock: log time goes as far as every source has been read."""

from monitor.base.units import LogTime
from monitor.flows.record import Source
from monitor.pipeline.rekey.common_clock import SILENCE, CommonClock
from monitor.pipeline.rekey.record import Word

T = 1_700_000_000_000


class Sources:
    """Three partitions of one topic, heard by one clock."""

    def __init__(self) -> None:
        self.clock = CommonClock()

    def say(self, partition: int, log_time: int, *, empty_at: int = 0, heartbeat: bool = True) -> int | None:
        """A word of one source; log time after it, from `T` on."""
        source = Source("default", "spans", "1", partition)
        said = LogTime(T + log_time if log_time else 0)
        self.clock.listen(Word(source, 3, 0, 0, said, empty_at and T + empty_at), heartbeat)
        return self.clock.now and self.clock.now.log_time - T

    def all_say(self, *log_times: int) -> int | None:
        """A word of each."""
        return [self.say(partition, log_time) for partition, log_time in enumerate(log_times)][-1]


def test_nothing_moves_before_every_partition_has_spoken() -> None:
    """The other partitions of a topic are waited for from the first word on."""
    sources = Sources()
    assert [sources.say(0, 5_000), sources.say(1, 7_000), sources.say(2, 6_000)] == [None, None, 5_000]


def test_log_time_is_the_smallest_of_all_sources() -> None:
    """The slowest source holds the others, which are ahead."""
    sources = Sources()
    sources.all_say(5_000, 7_000, 6_000)
    assert [sources.say(0, 9_000), sources.say(2, 8_000), sources.say(1, 9_500)] == [6_000, 7_000, 8_000]


def test_a_source_at_its_end_does_not_hold_the_others() -> None:
    """Where nothing was left to read, log time goes on to the time of which this is said, and no further."""
    sources = Sources()
    sources.all_say(5_000, 5_000, 5_000)
    sources.say(0, 5_000, empty_at=8_000)
    sources.say(1, 20_000)
    assert sources.say(2, 20_000) == 8_000
    assert sources.say(0, 5_000, empty_at=30_000) == 20_000


def test_a_source_without_any_record_does_not_hold_the_others() -> None:
    """A partition that is empty has no log time; one of which nobody knows it holds them."""
    sources = Sources()
    sources.all_say(5_000, 5_000, 0)
    assert sources.clock.now is None
    assert sources.say(2, 0, empty_at=9_000) == 5_000


def test_with_all_at_their_end_log_time_goes_on_with_their_idle_time() -> None:
    """The end of a recording from years ago closes as the end of one from today does."""
    sources = Sources()
    for idle in (0, 1_000, 2_000):
        for partition in range(3):
            now = sources.say(partition, 1_000 * partition + idle + 1, empty_at=10**12)
    assert now == 2_000 + 2_000 + 1


def test_silence_is_counted_by_the_heartbeats_of_others() -> None:
    """After 300 heartbeats of another source one without a word is left out, until it speaks again."""
    sources = Sources()
    sources.all_say(5_000, 5_000, 5_000)
    for beat in range(SILENCE - 1):
        sources.say(0, 6_000 + beat)
        sources.say(1, 6_000 + beat)
    assert (sources.clock.silent, sources.clock.now and sources.clock.now.log_time - T) == ([], 5_000)
    sources.say(0, 7_000)
    assert sources.say(1, 7_000) == 7_000
    assert sources.clock.silent == ["default/spans/2"]
    sources.say(2, 6_500)
    assert (sources.clock.silent, sources.say(0, 9_000)) == ([], 7_000)


def test_records_are_no_heartbeats() -> None:
    """However much others send, only their heartbeats count."""
    sources = Sources()
    sources.all_say(5_000, 5_000, 5_000)
    for number in range(3 * SILENCE):
        sources.say(0, 6_000 + number, heartbeat=False)
    assert sources.clock.silent == []


def test_log_time_steps_back_with_its_sources() -> None:
    """Where all sources are more than five minutes back, log time follows, and ages go on."""
    sources = Sources()
    sources.all_say(900_000, 900_000, 900_000)
    age = sources.clock.now and sources.clock.now.age
    assert sources.all_say(100_000, 100_000, 100_000) == 100_000
    assert sources.clock.backward == 1
    sources.all_say(101_000, 101_000, 101_000)
    assert sources.clock.now and age and sources.clock.now.age == age + 1_000


def test_a_source_that_falls_back_alone_only_holds_log_time() -> None:
    """One that comes back with old records moves nothing back."""
    sources = Sources()
    sources.all_say(900_000, 900_000, 900_000)
    assert sources.say(0, 100_000) == 900_000
    assert sources.clock.backward == 0


def test_all_are_at_their_end_together() -> None:
    """Nothing is left to read where each source says so."""
    sources = Sources()
    assert [sources.say(n, 5_000, empty_at=6_000) for n in range(3)][-1] == 5_000
    assert sources.clock.at_end
    sources.say(1, 6_000)
    assert not sources.clock.at_end
