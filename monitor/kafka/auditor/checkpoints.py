"""Finds the checkpoints of a partition among the entries of the table, and reads them."""

import zlib
from collections.abc import Iterable, Mapping

import structlog

from monitor.pipeline.audit.auditor import FORMAT, READABLE, PartitionAuditor, newer_state

_log = structlog.get_logger()


def entries_of(partition: int, shards: int, table: Iterable[tuple[bytes, bytes]]) -> dict[int, bytes]:
    """The newest checkpoint per shard number, from all entries of the table; of an older format if need be.

    Keys are those of `monitor.pipeline.audit.auditor.entry_key`: partition, number, shards, format.

    Raises:
        NewerFormatError: a newer release has written here; its entries must not be overwritten.
    """
    entries: dict[int, bytes] = {}
    older: dict[int, bytes] = {}
    for key, value in table:
        of, number, count, version = map(int, key.decode().split("/"))
        if of == partition and version > FORMAT:
            raise newer_state(version, number)
        if (of, count) == (partition, shards) and version in READABLE:
            (entries if version == FORMAT else older)[number] = value
    return {**older, **entries}


def restored(partition: int, shards: int, partitions: int, entries: Mapping[int, bytes]) -> PartitionAuditor:
    """The auditor of a partition; a shard whose entry is damaged is logged and begins at the log's start."""
    try:
        return PartitionAuditor(partition, shards, partitions, entries)
    except (zlib.error, ValueError, TypeError, KeyError, IndexError):
        sound = {n: e for n, e in entries.items() if _is_sound(partition, shards, partitions, n, e)}
        torn = sorted(entries.keys() - sound.keys())
        _log.error("checkpoints_torn", partition=partition, shards=torn)
        return PartitionAuditor(partition, shards, partitions, sound)


def _is_sound(partition: int, shards: int, partitions: int, number: int, entry: bytes) -> bool:
    try:
        PartitionAuditor(partition, shards, partitions, {number: entry})
    except (zlib.error, ValueError, TypeError, KeyError, IndexError):
        return False
    return True
