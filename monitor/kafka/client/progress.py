"""How far the roles are: plain numbers for probes and metrics."""

from collections.abc import Mapping
from typing import NamedTuple

from monitor.kafka.settings import DEFAULT_CLUSTER


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


def named(cluster: str, place: str) -> str:
    """Name of a source partition ('topic/partition') among those of several clusters."""
    return place if cluster == DEFAULT_CLUSTER else f"{cluster}/{place}"


def together(clusters: Mapping[str, ObserverProgress]) -> ObserverProgress:
    """What the observers of several clusters have done."""
    partitions = {
        named(cluster, place): part
        for cluster, progress in clusters.items()
        for place, part in progress.partitions.items()
    }
    return ObserverProgress(partitions, sum(progress.lost for progress in clusters.values()))


class AuditorProgress(NamedTuple):
    """Partitions of the flows topic that this process owns, with the next offset of each fold."""

    partitions: Mapping[int, int]
    rebuilds: int
