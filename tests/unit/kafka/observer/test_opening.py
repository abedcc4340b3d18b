"""What is said when source partitions are opened."""

from typing import Any

from structlog.testing import capture_logs

from monitor.base.clock import ManualClock
from monitor.kafka.client.reader import LogReader
from monitor.kafka.client.topics import Names
from monitor.kafka.observer.offsets import Commit
from monitor.kafka.observer.opening import Opener
from monitor.kafka.observer.stage import observing
from monitor.kafka.settings import KafkaSettings

SOUND, BARE = Commit(7, "id", known=3, since=5), Commit.read(7, "")


def test_commits_without_notes_are_said_once() -> None:
    """A broker that keeps no metadata of commits, or a tool that set them, is named once."""
    settings, clock = KafkaSettings(), ManualClock()
    unused: Any = None
    reader = LogReader(settings, clock)
    opener = Opener(settings, unused, reader, unused, clock, 0, "default", observing(Names("flowdrift")))
    with capture_logs() as logs:
        for commits in ([None, SOUND], [SOUND, BARE], [BARE]):
            opener._look_for_notes(commits)
    assert [log["event"] for log in logs] == ["commits_without_notes"]
