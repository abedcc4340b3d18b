"""Checkpoints: which entries belong to a partition, and what happens to torn and newer ones."""

import pytest
from structlog.testing import capture_logs

from monitor.base.errors import NewerFormatError
from monitor.base.steps import result_of
from monitor.kafka.auditor.checkpoints import entries_of, restoring
from monitor.pipeline.audit.auditor import FORMAT, PartitionAuditor, entry_key
from tests.unit.pipeline.auditing import Log, checkpoints


def entry(partition: int, number: int, shards: int, value: bytes) -> tuple[bytes, bytes]:
    return entry_key(partition, number, shards).encode(), value


def test_only_entries_of_this_partition_and_this_number_of_shards_count() -> None:
    """Other partitions' entries, and those of another number of shards, are left alone."""
    table = [entry(0, 1, 4, b"mine"), entry(1, 1, 4, b"other"), entry(0, 1, 8, b"doubled")]
    assert entries_of(0, 4, table) == {1: b"mine"}


@pytest.mark.fault(19)
def test_a_newer_format_is_refused() -> None:
    """State of a newer version is never overwritten, and says what to do."""
    with pytest.raises(NewerFormatError, match=f"state format {FORMAT + 1} .*shard 1.*: upgrade flowdrift"):
        entries_of(0, 4, [(f"0/1/4/{FORMAT + 1}".encode(), b"x")])
    assert entries_of(1, 4, [(f"0/1/4/{FORMAT + 1}".encode(), b"x")]) == {}


@pytest.mark.fault(19)
def test_a_torn_entry_costs_one_shard() -> None:
    """A torn entry is reported, and its shard begins at the log's start; the others keep theirs."""
    before = PartitionAuditor(0, 2, 1, {})
    before.apply(0, 0, b"not a record")
    with capture_logs() as logs:
        after = result_of(restoring(0, 2, 1, {0: before.checkpoint(0), 1: b"torn"}))
    assert [log["shards"] for log in logs] == [[1]]
    assert not after.level
    assert after.next_offset == 0


def test_state_is_restored_a_shard_at_a_time() -> None:
    """Others may work after each shard, and what comes out is what was written, byte for byte."""
    log = Log()
    log.production(20)
    before = log.fold()
    entries = checkpoints(before)
    steps = restoring(0, 4, 1, entries)
    assert sum(1 for _ in iter(lambda: next(steps, "done"), "done")) == len(entries)
    assert checkpoints(result_of(restoring(0, 4, 1, entries))) == entries
