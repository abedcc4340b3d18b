"""How to reach Kafka, and the names of what is ours there."""

import re
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from monitor.base.durations import milliseconds
from monitor.kafka.security import ConnectionSettings

DEFAULT_CLUSTER = "default"
"""Name of the cluster at `kafka.brokers`; it stands in the name of every source partition."""
SESSION_MS, STATIC_SESSION_MS = 6_000, 45_000
_BACK = re.compile(r"^-(\d+(ms|s|m|h|d))$")


def back_ms(initial_offset: str) -> int | None:
    """How far '-24h' reaches back, in milliseconds; None for 'latest' and 'earliest'."""
    match = _BACK.match(initial_offset)
    return milliseconds(match[1]) if match else None


def _initial_offset(value: str) -> str:
    if value not in ("latest", "earliest") and back_ms(value) is None:
        raise ValueError("must be 'latest', 'earliest', or a time back from now such as '-24h'")
    return value


def _topics(names: tuple[str, ...]) -> tuple[str, ...]:
    if not names:
        raise ValueError("must name at least one topic")
    for name in names:
        try:
            re.compile(name if name.startswith("^") else "")
        except re.error as error:
            raise ValueError(f"'{name}' is no regular expression: {error}") from None
    return names


def _power_of_two(value: int) -> int:
    if value & (value - 1):
        raise ValueError("must be a power of two, so that shards can be doubled")
    return value


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class FlowsTopicSettings(_Section):
    """The flows topic: its partitions and the shards of each are fixed when it is created."""

    partitions: int = Field(default=12, ge=1, le=1024)
    shards: Annotated[int, AfterValidator(_power_of_two)] = Field(default=64, ge=1, le=4096)


class DeadLetterSettings(_Section):
    """A partition is not read on once `most` of its last 100,000 records went to the dead letters."""

    most: int = Field(default=1000, ge=1)


Encoding = Literal[
    "otlp_proto",
    "otlp_json",
    "jaeger_proto",
    "jaeger_json",
    "zipkin_proto",
    "zipkin_json",
    "zipkin_thrift",
    "tempo",
]
"""How records are encoded: the names of the OpenTelemetry Collector's Kafka exporter, and `tempo`."""


class TracesSettings(_Section):
    """Where traces come from: names of topics, or a pattern that begins with '^'; and their encoding.

    rekey: whether spans of one trace may lie on several partitions, as the Collector writes them by default;
    then they are brought together first, on a topic of our own.
    """

    topics: Annotated[tuple[str, ...], AfterValidator(_topics)] = ("otlp_spans",)
    encoding: Encoding = "otlp_proto"
    rekey: bool = False


class ClusterSettings(ConnectionSettings):
    """How to reach one more Kafka cluster."""

    brokers: Annotated[tuple[str, ...], Field(min_length=1)]


ClusterName = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,100}$")]


class KafkaSettings(ConnectionSettings):
    """A Kafka cluster, the topics to read and the names of our own topics and groups.

    clusters: others, by name, for environments that are read there. internal: the one of them that holds our
    own topics; None: the one at `brokers`.
    initial_offset: where the first start of a topic begins. prefix: of own topics and consumer groups.
    replication_factor: of topics that we create; -1 leaves it to the broker. group_instance_id: name of a
    static member, which may restart within the session time-out without a rebalance. session_timeout_ms:
    after which a process that died is missed; None: 45 s for a static member, which comes back, else 6 s, for
    which its successor waits.
    """

    brokers: tuple[str, ...] = ("localhost:9092",)
    initial_offset: Annotated[str, AfterValidator(_initial_offset)] = "-24h"
    prefix: str = Field(default="flowdrift", pattern=r"^[A-Za-z0-9._-]{1,100}$")
    flows: FlowsTopicSettings = FlowsTopicSettings()
    traces: TracesSettings = TracesSettings()
    dead_letters: DeadLetterSettings = DeadLetterSettings()
    create_topics: bool = True
    replication_factor: int = Field(default=-1, ge=-1)
    session_timeout_ms: int | None = Field(default=None, ge=1000)
    group_instance_id: str | None = None
    clusters: dict[ClusterName, ClusterSettings] = Field(default={})
    internal: str | None = None

    @property
    def session_ms(self) -> int:
        """The session time-out: shorter than 6 s is refused by brokers with their default settings."""
        return self.session_timeout_ms or (STATIC_SESSION_MS if self.group_instance_id else SESSION_MS)

    def at(self, cluster: str) -> "KafkaSettings":
        """The same at another cluster; KeyError for one that is not named."""
        if cluster == DEFAULT_CLUSTER:
            return self
        other = self.clusters[cluster]
        return self.model_copy(update={"brokers": other.brokers, "auth": other.auth, "tls": other.tls})

    @property
    def own(self) -> "KafkaSettings":
        """The same at the cluster that holds our own topics."""
        return self.at(self.internal or DEFAULT_CLUSTER)

    @property
    def nowhere(self) -> bool:
        """Whether `brokers` is unset while clusters have names, so that there is none at `brokers`."""
        return bool(self.clusters) and "brokers" not in self.model_fields_set

    @model_validator(mode="after")
    def _clusters_are_known(self) -> Self:
        known = ", ".join(self.clusters) or "none"
        if DEFAULT_CLUSTER in self.clusters:
            raise ValueError(
                f"clusters: '{DEFAULT_CLUSTER}' is the one at kafka.brokers; choose another name"
            )
        if self.internal is not None and self.internal not in self.clusters:
            raise ValueError(f"internal: must be one of kafka.clusters (named: {known})")
        if self.internal is None and self.nowhere:
            raise ValueError(
                f"internal: must say which cluster holds flowdrift's own topics (one of: {known}), "
                "or kafka.brokers must"
            )
        return self
