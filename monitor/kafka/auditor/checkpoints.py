"""Finds the checkpoints of a partition among the entries of the table, and reads them."""

from collections.abc import Iterable, Mapping

import structlog

from monitor.base.errors import NewerFormatError
from monitor.base.steps import Steps
from monitor.pipeline.audit.auditor import FORMAT, READABLE, PartitionAuditor, newer_state

_log = structlog.get_logger()


def entries_of(
    partition: int, shards: int, table: Iterable[tuple[bytes | None, bytes | None]]
) -> dict[int, bytes]:
    """The newest checkpoint per shard number, from all entries of the table; of an older format if need be.

    Keys are those of `monitor.pipeline.audit.auditor.entry_key`: partition, number, shards, format. What has
    another key is none of ours, and is counted and passed.

    Raises:
        NewerFormatError: a newer release has written here; its entries must not be overwritten.
    """
    entries: dict[int, bytes] = {}
    older: dict[int, bytes] = {}
    foreign = 0
    for key, value in table:
        try:
            of, number, count, version = map(int, (key or b"").decode().split("/"))
        except ValueError:
            foreign += 1
            continue
        if of == partition and version > FORMAT:
            raise newer_state(version, number)
        if value is not None and (of, count) == (partition, shards) and version in READABLE:
            (entries if version == FORMAT else older)[number] = value
    if foreign:
        _log.warning("checkpoints_foreign", partition=partition, records=foreign)
    return {**older, **entries}


def restoring(
    partition: int, shards: int, partitions: int, entries: Mapping[int, bytes]
) -> Steps[PartitionAuditor]:
    """The auditor of a partition; a shard whose entry is damaged is logged and begins at the log's start."""
    try:
        return (yield from PartitionAuditor.restoring(partition, shards, partitions, entries))
    except NewerFormatError:
        raise
    except Exception:  # noqa: BLE001 - whatever is wrong with its bytes
        sound = {n: e for n, e in entries.items() if _is_sound(partition, shards, partitions, n, e)}
        torn = sorted(entries.keys() - sound.keys())
        _log.error("checkpoints_torn", partition=partition, shards=torn)
        return PartitionAuditor(partition, shards, partitions, sound)


def _is_sound(partition: int, shards: int, partitions: int, number: int, entry: bytes) -> bool:
    try:
        PartitionAuditor(partition, shards, partitions, {number: entry})
    except NewerFormatError:
        raise
    except Exception:  # noqa: BLE001 - whatever is wrong with its bytes
        return False
    return True
