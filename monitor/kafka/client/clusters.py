"""Which clusters are read, and which topics of each."""

from collections.abc import Iterable, Mapping
from typing import Protocol

from monitor.kafka.client.topics import Names
from monitor.kafka.settings import DEFAULT_CLUSTER, KafkaSettings


class Environment(Protocol):
    """Where the telemetry of an environment is."""

    @property
    def cluster(self) -> str | None:
        """Name of its cluster; None: the one at `kafka.brokers`."""

    @property
    def topics(self) -> tuple[str, ...]:
        """Topics that hold telemetry of this environment alone."""


def checked_places(kafka: KafkaSettings, environments: Mapping[str, Environment]) -> None:
    """Raise ValueError where an environment is on a cluster that `kafka.clusters` does not name."""
    named = ", ".join(kafka.clusters) or "none"
    for name, environment in environments.items():
        if environment.cluster is None and kafka.nowhere:
            raise ValueError(
                f"environments.{name}.cluster: must be one of kafka.clusters ({named}), or kafka.brokers "
                "must say where it is"
            )
        if environment.cluster is not None and environment.cluster not in kafka.clusters:
            raise ValueError(f"environments.{name}.cluster: must be one of kafka.clusters ({named})")


def sources(kafka: KafkaSettings, environments: Iterable[Environment]) -> dict[str, KafkaSettings]:
    """The settings of every cluster that is read, by name.

    Its topics are `kafka.traces.topics` and those of its environments. Of a named cluster whose environments
    all have topics of their own, no other topics are read.
    """
    known = list(environments)
    found = {} if kafka.nowhere else {DEFAULT_CLUSTER: source(kafka, known)}
    for cluster in kafka.clusters:
        there = [each for each in known if each.cluster == cluster]
        if there:
            shared = () if all(each.topics for each in there) else kafka.traces.topics
            found[cluster] = _reading(kafka.at(cluster), shared, there)
    return found


def rekeyed(kafka: KafkaSettings) -> dict[str, KafkaSettings]:
    """The settings with which the rekeyed topic is read, by the name of its cluster. It is read whole."""
    own = kafka.own
    topic = own.traces.model_copy(update={"topics": (Names(kafka.prefix).rekeyed,)})
    reading = own.model_copy(update={"traces": topic, "initial_offset": "earliest"})
    return {kafka.internal or DEFAULT_CLUSTER: reading}


def source(kafka: KafkaSettings, environments: Iterable[Environment]) -> KafkaSettings:
    """The settings of the cluster at `kafka.brokers`, with every topic that is to be read there."""
    return _reading(kafka, kafka.traces.topics, (each for each in environments if each.cluster is None))


def _reading(kafka: KafkaSettings, shared: tuple[str, ...], there: Iterable[Environment]) -> KafkaSettings:
    topics = tuple(dict.fromkeys((*shared, *(topic for each in there for topic in each.topics))))
    return kafka.model_copy(update={"traces": kafka.traces.model_copy(update={"topics": topics})})


def environment_of(environments: Mapping[str, Environment], topic: str, cluster: str) -> str | None:
    """The environment to which a whole topic belongs; None where each span says its own."""
    there = (name for name, each in environments.items() if (each.cluster or DEFAULT_CLUSTER) == cluster)
    return next((name for name in there if topic in environments[name].topics), None)
