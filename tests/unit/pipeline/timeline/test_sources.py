"""Clocks of environments: who holds them, who is left out, and that they never go back."""

from monitor.pipeline.timeline.sources import GAP_MS, SILENT_MS, Sources
from tests.rows import SECOND, header, source

HEARTBEAT = 5 * SECOND


def receive(sources: Sources, stamp: int, partition: int = 0, **said: object) -> None:
    """Hear one partition of a topic of two and tick; low_time defaults to its log time."""
    log_time = int(str(said.pop("log_time", 0)))
    low_time = int(str(said.pop("low_time", log_time)))
    head = header(
        said.pop("of", None) or source("spans", partition),  # type: ignore[arg-type]
        partitions=said.pop("partitions", 2),  # type: ignore[arg-type]
        log_time=log_time,
        low_times={"test": low_time},
        **said,  # type: ignore[arg-type]
    )
    sources.receive(head, stamp)
    sources.tick()


def test_a_partition_never_heard_holds_the_clock() -> None:
    """With two partitions and one heard there is no clock; then it is the smaller low log time."""
    sources = Sources()
    receive(sources, 0, 0, log_time=100)
    assert "test" not in sources.clocks
    receive(sources, 1, 1, log_time=70)
    assert sources.clocks["test"] == 70


def test_a_partition_at_its_end_holds_nothing_back() -> None:
    """At its end, without open fragments of the environment, a partition does not hold the clock."""
    sources = Sources()
    receive(sources, 0, 0, log_time=100)
    receive(sources, 1, 1, log_time=70, at_end=True)
    assert sources.clocks["test"] == 100


def test_an_open_fragment_holds_even_at_the_end() -> None:
    """At its end, a partition with an open fragment holds the clock at that fragment's begin."""
    sources = Sources()
    receive(sources, 0, 0, log_time=100)
    receive(sources, 1, 1, log_time=70, low_time=60, at_end=True)
    assert sources.clocks["test"] == 60


def test_an_open_fragment_of_an_unknown_environment_holds_every_clock() -> None:
    """An open fragment of unknown environment holds every environment's clock."""
    sources = Sources()
    named = {"test": 90, "unknown": 50}
    sources.receive(header(source("spans", 0), partitions=1, log_time=90, at_end=True, low_times=named), 0)
    sources.tick()
    assert sources.clocks == {"test": 50, "unknown": 50}
    assert sources.latest[source("spans", 0)].low_time("ci") == 50


def test_where_nobody_holds_the_largest_serves() -> None:
    """With all partitions at their end the clock is the largest log time."""
    sources = Sources()
    receive(sources, 0, 0, log_time=100, at_end=True)
    receive(sources, 1, 1, log_time=70, at_end=True)
    assert sources.clocks["test"] == 100


def test_a_partition_without_any_record_holds_nothing_back() -> None:
    """An empty partition says log time 0 and 'at my end': the others make the clock."""
    sources = Sources()
    empty = header(source("spans", 1), partitions=2, log_time=0, at_end=True)
    sources.receive(empty, 0)
    receive(sources, 1, 0, log_time=100)
    assert sources.clocks["test"] == 100
    assert sources.reach("test") == 100


def test_a_clock_never_goes_back() -> None:
    """When a partition steps back in a later header, the clock stays."""
    sources = Sources()
    receive(sources, 0, partitions=1, low=5, log_time=100)
    receive(sources, 1, partitions=1, low=6, log_time=40)
    assert sources.clocks["test"] == 100
    assert sources.latest[source("spans", 0)].log_time == 40


def test_a_zombie_is_not_heard() -> None:
    """A header with a smaller low offset changes nothing but that its partition spoke."""
    sources = Sources()
    receive(sources, 0, partitions=1, low=9, log_time=100)
    receive(sources, 7, partitions=1, low=8, log_time=900)
    assert sources.clocks["test"] == 100
    assert sources.latest[source("spans", 0)].spoken == 7


def silence(sources: Sources, first: int, count: int) -> int:
    """Partition 0 speaks `count` times, every 5 s of append time; its log time follows."""
    for beat in range(first, first + count):
        receive(sources, beat * HEARTBEAT, 0, low=beat, log_time=beat * HEARTBEAT)
    return first + count


def test_silence_leaves_a_partition_out_until_it_has_caught_up() -> None:
    """Silent for over two minutes it is left out and told, and comes back when it reaches the clock."""
    sources = Sources()
    receive(sources, 0, 1, log_time=0)
    beat = silence(sources, 0, SILENT_MS // HEARTBEAT + 1)
    assert sources.clocks["test"] == 0
    assert sources.silent() == []
    beat = silence(sources, beat, 2)
    clock = sources.clocks["test"]
    assert clock == (beat - 1) * HEARTBEAT
    assert sources.silent() == [source("spans", 1)]
    receive(sources, beat * HEARTBEAT, 1, low=1, log_time=clock - 1)
    assert sources.silent() == [source("spans", 1)]
    assert sources.reach("test") == clock
    receive(sources, beat * HEARTBEAT, 1, low=2, log_time=clock)
    assert sources.silent() == []


def test_an_outage_of_all_makes_nobody_silent() -> None:
    """After an hour in which nobody spoke, the first to speak again leaves nobody out."""
    sources = Sources()
    receive(sources, 0, 0, log_time=0)
    receive(sources, 0, 1, log_time=0)
    receive(sources, 3_600_000, 0, low=1, log_time=3_600_000)
    assert sources.spoken == GAP_MS
    assert sources.silent() == []
    assert sources.clocks["test"] == 0


def test_a_new_incarnation_ends_the_old_one() -> None:
    """After a topic was recreated, its former partitions count in no clock and are not told as silent."""
    sources = Sources()
    receive(sources, 0, log_time=100, low=50, partitions=1)
    again = source("spans", 0, "2")
    for beat in range(40):
        receive(sources, beat * HEARTBEAT, of=again, partitions=1, log_time=200 + beat)
    assert sources.clocks["test"] == 239
    assert sources.silent() == []


def test_reach_counts_log_time_of_who_is_behind() -> None:
    """Reach is the smallest log time of partitions not at their end; nobody behind: None; unheard: 0."""
    sources = Sources()
    receive(sources, 0, 0, log_time=100, low_time=10)
    assert sources.reach("test") == 0
    receive(sources, 0, 1, log_time=300)
    assert sources.reach("test") == 100
    receive(sources, 0, 0, low=1, log_time=100, at_end=True)
    receive(sources, 0, 1, low=1, log_time=300, at_end=True)
    assert sources.reach("test") is None
    assert sources.reach("nobody") is None


def test_sources_come_back_from_storage() -> None:
    """Packed and unpacked they pack to the same, silent partitions included."""
    sources = Sources()
    receive(sources, 0, 1, log_time=0, tallies={"spans": 3})
    silence(sources, 0, 30)
    assert sources.silent() != []
    again = Sources.unpack(sources.pack())
    assert again.pack() == sources.pack()
    assert again.silent() == sources.silent()
    assert again.total("spans") == 3
