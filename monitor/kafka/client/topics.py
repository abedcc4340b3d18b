"""Our own topics: names, configuration, creation; and the checks of source topics before they are read."""

import asyncio
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import structlog
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import (
    ClusterAuthorizationFailedError,
    IncompatibleBrokerVersion,
    KafkaError,
    TopicAlreadyExistsError,
    TopicAuthorizationFailedError,
    UnknownTopicOrPartitionError,
    UnsupportedVersionError,
    for_code,
)

from monitor.base.errors import ConfigurationError
from monitor.base.permission import not_permitted
from monitor.base.units import DAY_MS, HOUR_MS
from monitor.kafka.client.clients import MAX_RECORD_BYTES
from monitor.kafka.client.retry import retry
from monitor.kafka.settings import KafkaSettings

WEEK_MS = 7 * DAY_MS
_REFUSALS = (TopicAuthorizationFailedError, ClusterAuthorizationFailedError)
_LACKING = (UnsupportedVersionError, IncompatibleBrokerVersion, NotImplementedError)
_COMPACTED = {
    "cleanup.policy": "compact",
    # A closed segment is the unit of compaction: small ones keep a restart short.
    "segment.bytes": str(64 * 1024 * 1024),
    "segment.ms": str(HOUR_MS),
    "min.cleanable.dirty.ratio": "0.2",
    "max.message.bytes": str(MAX_RECORD_BYTES),
}
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Names:
    """Names of our topics and consumer groups, all with one prefix."""

    prefix: str

    @property
    def flows(self) -> str:
        """Topic of closed flows without values, partitioned by flow."""
        return f"{self.prefix}-flows"

    @property
    def verdicts(self) -> str:
        """Topic of the present verdicts, compacted; keys begin with their type."""
        return f"{self.prefix}-verdicts"

    @property
    def alerts(self) -> str:
        """Topic of alert events, whose ids are deterministic."""
        return f"{self.prefix}-alerts"

    @property
    def commands(self) -> str:
        """Topic of commands: one partition, compacted by subject."""
        return f"{self.prefix}-commands"

    @property
    def audit(self) -> str:
        """Topic of the calls of test runs, one record each, the calls of a run on one partition."""
        return f"{self.prefix}-audit"

    @property
    def dead_letters(self) -> str:
        """Topic of source records that could not be read, as they stood there, with the reason."""
        return f"{self.prefix}-dead-letters"

    @property
    def rekeyed(self) -> str:
        """Topic of spans by their trace id, where `kafka.traces.rekey` is on."""
        return f"{self.prefix}-rekeyed"

    @property
    def rekey(self) -> str:
        """Consumer group of the rekey stage."""
        return f"{self.prefix}-rekey"

    @property
    def observer(self) -> str:
        """Consumer group of the observers."""
        return f"{self.prefix}-observer"

    @property
    def auditor(self) -> str:
        """Consumer group of the auditors, which is the id of the Faust app."""
        return f"{self.prefix}-auditor"

    @property
    def checkpoints(self) -> str:
        """Changelog topic of the auditors' table; the name is Faust's choice."""
        return f"{self.auditor}-shards-changelog"

    def own(self) -> tuple[str, ...]:
        """All of our topics."""
        always = (self.flows, self.verdicts, self.alerts, self.commands, self.dead_letters, self.checkpoints)
        return (*always, self.audit, self.rekeyed)


class Spec(NamedTuple):
    """How we create a topic."""

    name: str
    partitions: int
    config: Mapping[str, str]


def own_topics(settings: KafkaSettings) -> tuple[Spec, ...]:
    """Our topics. The flows topic and the checkpoints must have the same number of partitions."""
    names, partitions = Names(settings.prefix), settings.flows.partitions
    weekly = {"cleanup.policy": "delete", "retention.ms": str(WEEK_MS)}
    daily = weekly | {"retention.ms": str(DAY_MS)}
    large = {"max.message.bytes": str(MAX_RECORD_BYTES)}
    # The auditor's `apply` takes the time of the log as its only clock (delivery, auditor 7).
    stamped = {"message.timestamp.type": "LogAppendTime"}
    rekeyed = Spec(names.rekeyed, partitions, daily | large | stamped)
    return (
        *((rekeyed,) if settings.traces.rekey else ()),
        Spec(names.flows, partitions, weekly | large | stamped),
        Spec(names.checkpoints, partitions, _COMPACTED),
        Spec(names.verdicts, 1, _COMPACTED),
        Spec(names.alerts, 1, weekly),
        Spec(names.audit, partitions, weekly | {"cleanup.policy": "compact,delete"}),
        Spec(names.commands, 1, _COMPACTED),
        Spec(names.dead_letters, 1, weekly | large),
    )


async def ensure_topics(
    client: AIOKafkaAdminClient, settings: KafkaSettings, only: Collection[str] | None = None
) -> None:
    """Create the topics of ours that are missing, and check those that exist; `only`: some of them.

    Returns when brokers name all of them: a group that joined earlier would be assigned nothing.

    Raises:
        ConfigurationError: a topic has another number of partitions, or is missing and may not be created.
    """
    specs = [spec for spec in own_topics(settings) if only is None or spec.name in only]
    failures = (KafkaError, OSError, TimeoutError)
    await retry(lambda: _ensure(client, specs, settings), failures, "topics_not_ready")


async def _ensure(client: AIOKafkaAdminClient, specs: list[Spec], settings: KafkaSettings) -> None:
    """One try of `ensure_topics`; KafkaError while the broker does not name a topic that was just created."""
    names = {spec.name for spec in specs}
    present = await partition_counts(client, names)
    for spec in specs:
        if spec.name not in present:
            await _create(client, spec, settings)
        elif present[spec.name] != spec.partitions:
            raise ConfigurationError(
                f"topic {spec.name} has {present[spec.name]} partitions, expected {spec.partitions}: "
                "the number is fixed when the topic is created (kafka.flows.partitions)",
                code="partition_count",
            )
    if hidden := names - present.keys() and names - (await partition_counts(client, names)).keys():
        raise UnknownTopicOrPartitionError(f"created, not yet visible: {', '.join(sorted(hidden))}")


async def partition_counts(client: AIOKafkaAdminClient, topics: Iterable[str] | None) -> dict[str, int]:
    """Number of partitions of each of `topics` that exists; None asks for all topics.

    Raises:
        ConfigurationError: this user may not describe one of them.
    """
    # Asked one by one: a broker that may create topics by itself does so for unknown names in a list.
    found = await client.describe_topics(None)
    wanted = None if topics is None else set(topics)
    counts: dict[str, int] = {}
    for topic in found:
        name, error = topic["topic"], for_code(topic["error_code"])
        if wanted is not None and name not in wanted:
            continue
        if error in _REFUSALS:
            raise not_permitted("topic", name, "Describe")
        if topic["partitions"]:
            counts[name] = len(topic["partitions"])
    return counts


async def _create(client: AIOKafkaAdminClient, spec: Spec, settings: KafkaSettings) -> None:
    if not settings.create_topics:
        raise ConfigurationError(
            f"topic {spec.name} is missing and kafka.create_topics is off: create it with "
            f"{spec.partitions} partitions and {_as_flags(spec.config)}",
            code="topic_missing",
        )
    error, message = await _request(client, spec, spec.config, settings.replication_factor)
    if issubclass(error, _LACKING):
        _log.warning("topic_config_unsupported", topic=spec.name, config=dict(spec.config), reason=message)
        error, message = await _request(client, spec, {}, max(1, settings.replication_factor))
    if issubclass(error, _REFUSALS):
        raise not_permitted("topic", spec.name, "Create")
    if issubclass(error, TopicAlreadyExistsError):
        return
    if error.errno:
        raise ConfigurationError(
            f"topic {spec.name} cannot be created: {message or error.__name__}", code="topic_create"
        )
    _log.info("topic_created", topic=spec.name, partitions=spec.partitions)


async def _request(
    client: AIOKafkaAdminClient, spec: Spec, config: Mapping[str, str], replication: int
) -> tuple[Any, str]:
    # With a replication factor of -1 (the broker's default) aiokafka insists on explicit assignments.
    topic = NewTopic(spec.name, spec.partitions, replication, {} if replication < 0 else None, dict(config))
    response = await client.create_topics([topic])
    (_, code, *rest), *_ = response.topic_errors
    return for_code(code), (rest[0] or "") if rest else ""


def _as_flags(config: Mapping[str, str]) -> str:
    return " ".join(f"--config {key}={value}" for key, value in sorted(config.items()))


class SourceTopic(NamedTuple):
    """A topic that is read; stamped: whether the broker sets the timestamps of its records."""

    name: str
    partitions: int
    stamped: bool


def source_pattern(settings: KafkaSettings) -> str:
    """A pattern that matches the names of all topics to be read, and no topic of ours but the rekeyed one."""
    names = Names(settings.prefix)
    own = "|".join(re.escape(name) for name in names.own() if (name,) != settings.traces.topics)
    wanted = "|".join(
        f"(?:{topic[1:]})" if topic.startswith("^") else f"(?:{re.escape(topic)}$)"
        for topic in settings.traces.topics
    )
    return f"^(?!(?:{own})$)(?:{wanted})"


async def source_topic(
    client: AIOKafkaAdminClient, name: str, partitions: int, reread_ms: int
) -> SourceTopic:
    """Check a source topic before it is read; reread_ms: how much log time a restart reads again.

    Raises:
        ConfigurationError: it is compacted, which deletes records of a trace.
    """
    config = await topic_config(client, name)
    if "compact" in config.get("cleanup.policy", ""):
        raise ConfigurationError(
            f"source topic {name} has cleanup.policy={config['cleanup.policy']}: spans would vanish; "
            "use cleanup.policy=delete",
            code="source_compacted",
        )
    stamped = config.get("message.timestamp.type") == "LogAppendTime"
    if config and not stamped:
        _log.warning(
            "source_topic_create_time", topic=name, remedy="set message.timestamp.type=LogAppendTime"
        )
    retention = int(config.get("retention.ms", -1))
    if 0 <= retention < 3 * reread_ms:
        _log.warning(
            "source_topic_short_retention", topic=name, retention_ms=retention, wanted_ms=3 * reread_ms
        )
    return SourceTopic(name, partitions, stamped)


async def topic_config(client: AIOKafkaAdminClient, topic: str) -> dict[str, str]:
    """The configuration of a topic; empty where the broker does not say it. KafkaError: it does not exist."""
    try:
        resource = ConfigResource(ConfigResourceType.TOPIC, topic)
        async with asyncio.timeout(10):
            responses = await client.describe_configs([resource])
    except (*_LACKING, TimeoutError) as error:
        _log.warning("topic_config_unknown", topic=topic, reason=str(error) or type(error).__name__)
        return {}
    for response in responses:
        for code, message, _, _, entries in response.resources:
            if code:
                _unreadable(topic, for_code(code), message)
                return {}
            return {entry[0]: entry[1] or "" for entry in entries}
    return {}


def _unreadable(topic: str, error: type[KafkaError], message: str | None) -> None:
    if issubclass(error, UnknownTopicOrPartitionError):
        raise error(f"topic {topic} does not exist")
    _log.warning("topic_config_unknown", topic=topic, reason=message or error.__name__)
