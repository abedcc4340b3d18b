"""Where an observer begins: one test per rule of delivery, observer 6, 8 and 9."""

import asyncio
from collections.abc import Mapping

import pytest
from aiokafka import TopicPartition

from monitor.kafka.observer.offsets import Commit, StartFinder, StartingPoint

TOPIC = [TopicPartition("spans", number) for number in range(3)]
NOW, REREAD = 10_000_000, 190_000
ID = "0123456789abcdef0123456789abcdef"


class MemoryLog:
    """A log in memory: record timestamps by offset."""

    def __init__(self, times: list[int]) -> None:
        self.times = times

    async def at_time(self, partition: TopicPartition, timestamp_ms: int) -> int | None:
        """First offset at or after a time."""
        return next((offset for offset, time in enumerate(self.times) if time >= timestamp_ms), None)

    async def timestamps(self, partition: TopicPartition, start: int, stop: int) -> list[int]:
        """Timestamps in [start, stop)."""
        return self.times[start:stop]


def place(
    commits: Mapping[int, Commit],
    times: list[int],
    *,
    number: int = 0,
    begin: int = 0,
    topic_id: str = ID,
    initial: str = "-24h",
) -> StartingPoint:
    """The place found for partition `number` of a topic with three."""
    every = {tp: commits.get(tp.partition) for tp in TOPIC}
    beginning = StartFinder(TOPIC[number], every, begin, len(times), topic_id, initial, REREAD, NOW)
    return asyncio.run(beginning.find(MemoryLog(times)))


SECONDS = [1000 * second for second in range(1000)]
"""A record a second."""


def test_a_restart_reads_again_from_before_the_commit() -> None:
    """Reading begins `reread_ms` of log time before the records around the committed offset."""
    found = place({0: Commit(500, ID)}, SECONDS)
    assert (found.position, found.commit.offset, found.fresh) == (500 - 2 - 190, 500, False)


def test_a_commit_at_the_end_measures_from_the_last_records() -> None:
    """Where the commit is the end of the log the records before it say what time it was."""
    assert place({0: Commit(1000, ID)}, SECONDS).position == 997 - 190


def test_a_commit_that_says_where_to_read_again_is_believed() -> None:
    """The order of the rekeyed topic is not that of its timestamps: the observer itself knows."""
    assert place({0: Commit(500, ID, reread=7)}, SECONDS).position == 7
    assert place({0: Commit(500, ID, reread=7)}, SECONDS, begin=30).position == 30


def test_a_restart_soon_after_the_first_start_is_as_fresh_as_that() -> None:
    """No re-read goes below the place of the first start, where traces may lack their beginning."""
    found = place({0: Commit(500, ID, 3, 1, first=450)}, SECONDS)
    assert (found.position, found.fresh) == (450, True)
    later = place({0: Commit(900, ID, 3, 1, first=450)}, SECONDS)
    assert (later.position, later.fresh) == (708, False)


def test_an_outlier_does_not_move_the_reread() -> None:
    """A record from the far future is outvoted by its neighbours."""
    times = [*SECONDS[:500], 10**12, *SECONDS[501:]]
    assert place({0: Commit(500, ID)}, times).position == 500 - 2 - 190


def test_a_short_log_is_read_from_its_beginning() -> None:
    """A re-read longer than the log begins where the log does."""
    assert place({0: Commit(50, ID)}, SECONDS[:100]).position == 0


def test_an_empty_log_is_waited_for_at_its_end() -> None:
    """A committed offset in a log without records stays where it is."""
    assert place({0: Commit(0, ID)}, []).position == 0


@pytest.mark.parametrize(
    ("initial", "position"), [("earliest", 0), ("latest", 1000), ("-9100s", 900), ("-1s", 1000)]
)
def test_the_first_start_obeys_initial_offset(initial: str, position: int) -> None:
    """Without any commit on the topic `initial_offset` decides, and the place is marked as fresh."""
    found = place({}, SECONDS, initial=initial)
    assert (found.position, found.fresh) == (position, True)
    assert found.commit == Commit(position, ID, 3, NOW, first=position)


def test_partitions_of_one_first_start_begin_at_one_time() -> None:
    """A partition whose siblings were committed a moment before belongs to the same first start."""
    found = place({1: Commit(7, ID, known=3, since=900_000)}, SECONDS, initial="latest")
    assert found.position == 900
    assert found.commit == Commit(900, ID, 3, 900_000, first=900)


@pytest.mark.fault(18)
def test_a_partition_that_appears_later_is_read_whole() -> None:
    """A partition beyond those of the first start begins at its beginning, whatever `initial_offset` says."""
    found = place({0: Commit(7, ID, known=2, since=5)}, SECONDS, number=2, initial="latest")
    assert (found.position, found.commit) == (0, Commit(0, ID, 3, NOW))


@pytest.mark.fault(18)
def test_a_hole_is_counted() -> None:
    """What retention took before it was read is lost and told; work goes on at the log's start."""
    found = place({0: Commit(100, ID)}, SECONDS, begin=130)
    assert (found.position, found.lost, found.fresh) == (130, 30, True)


@pytest.mark.fault(18)
def test_a_topic_with_another_id_is_another_one() -> None:
    """A recreated topic starts a new incarnation at its beginning."""
    found = place({0: Commit(100, "f" * 32)}, SECONDS)
    assert (found.position, found.commit.incarnation, found.fresh) == (0, ID, True)


def test_without_ids_a_commit_beyond_the_end_tells() -> None:
    """Where the broker has no ids a commit beyond the end means another topic, one number higher."""
    found = place({0: Commit(2000, "4")}, SECONDS, topic_id="")
    assert (found.position, found.commit.incarnation) == (0, "5")
    assert place({0: Commit(500, "4")}, SECONDS, topic_id="").commit.incarnation == "4"


def test_memory_goes_on_only_from_beyond_the_commit() -> None:
    """A partition that comes back goes on where it was, unless somebody was further or it is a new topic."""
    every = {tp: Commit(500, ID) for tp in TOPIC}
    beginning = StartFinder(TOPIC[0], every, 0, 1000, ID, "-24h", REREAD, NOW)
    assert beginning.goes_on(Commit(500, ID), 500)
    assert not beginning.goes_on(Commit(500, ID), 499)
    assert not beginning.goes_on(Commit(500, "f" * 32), 600)


def test_a_restart_begins_at_the_waypoint_of_its_commit() -> None:
    """With the log time there; where retention has gone further, log time begins anew."""
    commit = Commit(500, ID, reread=300, clock=(7, 8))
    found = place({0: commit}, SECONDS)
    assert (found.position, found.clock) == (300, (7, 8))
    later = place({0: commit}, SECONDS, begin=400)
    assert (later.position, later.clock) == (400, ())


COMMITS = [
    Commit(5, ID, 12, 1_700_000_000_000, 3),
    Commit(0),
    Commit(7, "2", 1, 1),
    Commit(9, ID, reread=4),
    Commit(9, ID, log_time=8),
    Commit(9, ID, 1, 1, reread=3, clock=(1_700_000_000_000, -5, 0)),
]


@pytest.mark.parametrize("commit", COMMITS)
def test_metadata_come_back(commit: Commit) -> None:
    """What is written beside an offset is read again; anything else counts as nothing."""
    assert Commit.read(commit.offset, commit.metadata) == commit
    assert Commit.read(5, "somebody else's") == Commit(5)
    assert Commit.read(5, None) == Commit(5)
