"""How far each role has read: plain numbers for probes and metrics."""

from collections.abc import Mapping
from typing import NamedTuple

from monitor.kafka.settings import DEFAULT_CLUSTER


class PartitionProgress(NamedTuple):
    """One source partition.

    position: the next offset to read. end: of its log; None while unknown. committed: offset. records, bytes:
    read so far. held_back: why it is not read on at present; '' where it is. waits: whether others have to
    catch up first.
    """

    position: int
    end: int | None
    committed: int
    records: int
    bytes: int
    held_back: str = ""
    waits: bool = False


class ObserverProgress(NamedTuple):
    """All source partitions of this process, by name. lost: records that retention deleted unread."""

    partitions: Mapping[str, PartitionProgress]
    lost: int


def named(cluster: str, place: str) -> str:
    """Name of the source partition `place` ('topic/partition') of a cluster; the default one is not named."""
    return place if cluster == DEFAULT_CLUSTER else f"{cluster}/{place}"


def together(clusters: Mapping[str, ObserverProgress]) -> ObserverProgress:
    """The progress of the observers of several clusters as one."""
    partitions = {
        named(cluster, place): part
        for cluster, progress in clusters.items()
        for place, part in progress.partitions.items()
    }
    return ObserverProgress(partitions, sum(progress.lost for progress in clusters.values()))


class AuditorProgress(NamedTuple):
    """Partitions of the flows topic that this process owns.

    partitions: the next offset of each fold. stopped: why a partition is not folded any more, since a newer
    release wrote what this one cannot read.
    """

    partitions: Mapping[int, int]
    stopped: Mapping[int, str]
