"""What a role does with the records of source topics: whose group it is, and where it writes to."""

from collections.abc import Callable, Coroutine, Iterable
from typing import Any, NamedTuple

from aiokafka.admin import AIOKafkaAdminClient

from monitor.kafka.client.reader import LogReader
from monitor.kafka.client.topics import Names
from monitor.kafka.observer.observed import ObservedPartition
from monitor.kafka.observer.partition import SourcePartition

Beside = Callable[[AIOKafkaAdminClient, LogReader, Callable[[], Iterable[str]]], Coroutine[Any, Any, None]]
"""Receives clients of the cluster that is read, and says which topics are."""


class Stage(NamedTuple):
    """One of the two: flows to the flows topic, or spans to the rekeyed topic.

    group: of its consumers. before: a group whose offsets count where `group` has none, because it read these
    topics until now; '' for none. partition: builds what is fed with the records of one source partition.
    beside: what runs beside them, if anything.
    """

    group: str
    before: str
    output: str
    partition: Callable[..., SourcePartition]
    beside: Beside | None = None


def observing(names: Names) -> Stage:
    """Flows to the flows topic."""
    return Stage(names.observer, "", names.flows, ObservedPartition)
