"""Production and tests on clusters of their own: what is read where, and what is refused."""

from pathlib import Path

import pytest

from monitor.base.errors import ConfigurationError
from monitor.settings import Settings, load

APART = (
    "kafka: {clusters: {prod: {brokers: [p:1], tls: {enabled: true}}, ci: {brokers: [t:1]}}, internal: ci}\n"
)


def loaded(folder: Path, text: str) -> Settings:
    file = folder / "flowdrift.yaml"
    file.write_text(text, encoding="utf-8")
    return load(file)


def places(settings: Settings) -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]:
    """Brokers and topics of every cluster that is read."""
    return {name: (each.brokers, each.traces.topics) for name, each in settings.sources.items()}


def test_one_cluster_is_read_by_default() -> None:
    """Without clusters everything is at `kafka.brokers`."""
    settings = Settings()
    assert places(settings) == {"default": (("localhost:9092",), ("otlp_spans",))}
    assert settings.kafka.own is settings.kafka


def test_clusters_of_their_own(tmp_path: Path) -> None:
    """Each environment is read on its cluster; the topics of one name there are not those of the other."""
    settings = loaded(
        tmp_path,
        APART + "environments: {production: {cluster: prod, topics: [spans]}, integration: {cluster: ci}}\n",
    )
    assert places(settings) == {"prod": (("p:1",), ("spans",)), "ci": (("t:1",), ("otlp_spans",))}
    assert settings.environment_of("spans", "prod") == "production"
    assert settings.environment_of("spans", "ci") is None
    assert (settings.kafka.own.brokers, settings.kafka.own.tls.enabled) == (("t:1",), False)
    assert settings.sources["prod"].tls.enabled


def test_a_named_cluster_beside_the_first_one(tmp_path: Path) -> None:
    """What names no cluster is at `kafka.brokers`, own topics too."""
    settings = loaded(
        tmp_path,
        "kafka: {brokers: [main:1], clusters: {ci: {brokers: [t:1]}}}\n"
        "environments: {production: {}, integration: {cluster: ci, topics: [spans]}}\n",
    )
    assert places(settings) == {"default": (("main:1",), ("otlp_spans",)), "ci": (("t:1",), ("spans",))}
    assert settings.kafka.own.brokers == ("main:1",)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            APART,
            "environments.production.cluster: must be one of kafka.clusters (prod, ci), or kafka.brokers",
        ),
        (
            "environments: {production: {cluster: prod}, integration: {}}",
            "environments.production.cluster: must be one of kafka.clusters (none)",
        ),
        ("kafka: {internal: ci}", "internal: must be one of kafka.clusters (named: none)"),
        (
            "kafka: {clusters: {ci: {brokers: [t:1]}}}",
            "internal: must say which cluster holds flowdrift's own",
        ),
        ("kafka: {clusters: {default: {brokers: [t:1]}}}", "'default' is the one at kafka.brokers"),
        ("kafka: {clusters: {ci: {}}}", "kafka.clusters.ci.brokers: is needed"),
        ("kafka: {clusters: {ci: {brokers: []}}}", "kafka.clusters.ci.brokers: Tuple should have at least 1"),
        ("kafka: {clusters: {a/b: {brokers: [t:1]}}}", "kafka.clusters.a/b"),
        (
            "kafka: {clusters: {ci: {broker: t:1}}}",
            "kafka.clusters.ci.broker: unknown key; did you mean brokers?",
        ),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, said: str) -> None:
    """The message names the setting, what it must be, and which clusters there are."""
    with pytest.raises(ConfigurationError) as wrong:
        loaded(tmp_path, text)
    assert said in str(wrong.value)


def test_where_spans_are_rekeyed_observers_read_the_rekeyed_topic(tmp_path: Path) -> None:
    """The stage reads the sources of every cluster, observers one topic of our own, from its beginning."""
    settings = loaded(
        tmp_path,
        """
        kafka:
          clusters: {a: {brokers: [a:9092]}, b: {brokers: [b:9092]}}
          internal: b
          traces: {rekey: true}
        environments:
          production: {cluster: a}
          integration: {cluster: b}
        """,
    )
    assert set(settings.sources) == {"a", "b"}
    (cluster, reading), *others = settings.observed.items()
    assert (cluster, reading.brokers, others) == ("b", ("b:9092",), [])
    assert (reading.traces.topics, reading.initial_offset) == (("flowdrift-rekeyed",), "earliest")
    reads = [settings.policy.reads(*place) for place in (("b", "flowdrift-rekeyed"), ("a", "otlp_spans"))]
    assert reads == [True, False]
