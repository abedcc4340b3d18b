"""How far the roles are: plain numbers for probes and metrics."""

from collections.abc import Mapping
from typing import NamedTuple


class PartitionProgress(NamedTuple):
    """One source partition: next offset to read, end of its log (None: not yet known), committed offset."""

    position: int
    end: int | None
    committed: int
    records: int
    bytes: int


class ObserverProgress(NamedTuple):
    """All source partitions of this process; lost: records that retention took before they were read."""

    partitions: Mapping[str, PartitionProgress]
    lost: int


class AuditorProgress(NamedTuple):
    """Partitions of the flows topic that this process owns, with the next offset of each fold."""

    partitions: Mapping[int, int]
    rebuilds: int
