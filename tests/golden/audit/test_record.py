"""A record of the audit topic: readers of every later release must understand today's bytes."""

from pathlib import Path

import msgspec

from monitor.base.run import RunKey
from monitor.drift.records.audit import CallRecord, partition_of

PARTITIONS = [10, 0, 7, 9]
GOLDEN = (Path(__file__).parent / "call.json").read_bytes()


def test_a_call_is_written_as_before() -> None:
    """What is read is written again byte for byte; fields that a newer release adds are ignored."""
    assert msgspec.json.decode(GOLDEN, type=CallRecord).written() == GOLDEN
    newer = GOLDEN.replace(b'{"id"', b'{"spare":[1],"id"')
    assert msgspec.json.decode(newer, type=CallRecord).written() == GOLDEN


def test_the_calls_of_a_run_stay_on_their_partition() -> None:
    """Whoever asks for a run looks where an older release has written its calls."""
    assert [partition_of(RunKey("integration", f"ci-{n}"), 12) for n in range(4)] == PARTITIONS
