"""Our topics: names with one prefix, and partitions that belong together."""

from monitor.kafka.client.topics import Names, own_topics
from monitor.kafka.settings import FlowsTopicSettings, KafkaSettings, TracesSettings

SETTINGS = KafkaSettings(prefix="mine", flows=FlowsTopicSettings(partitions=5))


def test_the_default_names_are_those_of_the_interface() -> None:
    """Topics and groups have the names that others rely on."""
    names = Names("flowdrift")
    assert names.own() == (
        "flowdrift-flows",
        "flowdrift-verdicts",
        "flowdrift-alerts",
        "flowdrift-commands",
        "flowdrift-dead-letters",
        "flowdrift-auditor-shards-changelog",
        "flowdrift-audit",
        "flowdrift-rekeyed",
    )
    groups = (names.observer, names.auditor, names.rekey)
    assert groups == ("flowdrift-observer", "flowdrift-auditor", "flowdrift-rekey")


def test_flows_and_checkpoints_have_the_same_partitions() -> None:
    """A shard's checkpoints stand in the partition of the same number as its flows."""
    partitions = {spec.name: spec.partitions for spec in own_topics(SETTINGS)}
    assert partitions["mine-flows"] == partitions["mine-auditor-shards-changelog"] == 5
    assert partitions["mine-commands"] == 1
    assert partitions.keys() == set(Names("mine").own()) - {"mine-rekeyed"}


def test_the_rekeyed_topic_is_made_where_it_is_used() -> None:
    """With `kafka.traces.rekey` there is one more topic, with as many partitions as that of flows."""
    settings = SETTINGS.model_copy(update={"traces": TracesSettings(rekey=True)})
    partitions = {spec.name: spec.partitions for spec in own_topics(settings)}
    assert partitions.keys() == set(Names("mine").own())
    assert partitions["mine-rekeyed"] == 5


def test_the_log_time_of_flows_is_the_brokers() -> None:
    """The auditor's only clock is the time at which the broker appended a record."""
    config = {spec.name: spec.config for spec in own_topics(SETTINGS)}
    assert config["mine-flows"]["message.timestamp.type"] == "LogAppendTime"
    assert config["mine-flows"]["cleanup.policy"] == "delete"
    assert config["mine-auditor-shards-changelog"]["max.message.bytes"] == "8388608"
