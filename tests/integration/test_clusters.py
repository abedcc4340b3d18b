"""Production on one Kafka, tests and our own topics on another: one process reads both."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiokafka.admin import AIOKafkaAdminClient

from monitor.demo.broker import EmbeddedBroker
from monitor.flows.codec import decode
from monitor.kafka.client.topics import Names, ensure_topics
from monitor.kafka.settings import FlowsTopicSettings, KafkaSettings
from tests.integration.daemon import Daemon
from tests.integration.observing import name
from tests.integration.shop_traffic import create, read_all, send, traffic

TOPIC = "otlp_spans"
PARTITIONS = 2


@pytest.fixture
def brokers() -> Iterator[tuple[str, str]]:
    """Addresses of two brokers that know nothing of each other, each with a topic of the same name."""
    with EmbeddedBroker() as production, EmbeddedBroker() as tests:
        for broker in (production.bootstrap, tests.bootstrap):
            asyncio.run(create(broker, TOPIC, PARTITIONS))
        yield production.bootstrap, tests.bootstrap


def settings(production: str, tests: str, prefix: str) -> dict[str, str]:
    """One topic name on two clusters; which of them it is decides the environment."""
    clusters = {"far": {"brokers": [production]}, "near": {"brokers": [tests]}}
    places = {
        "production": {"cluster": "far", "topics": [TOPIC]},
        "integration": {"cluster": "near", "topics": [TOPIC]},
    }
    return {
        "KAFKA__CLUSTERS": json.dumps(clusters),
        "KAFKA__INTERNAL": "near",
        "KAFKA__SESSION_TIMEOUT": "6s",  # the embedded broker waits that long before it deals partitions out
        "ENVIRONMENTS": json.dumps(places),
        "KAFKA__PREFIX": prefix,
        "KAFKA__INITIAL_OFFSET": "earliest",
        "KAFKA__FLOWS": '{"partitions": 2, "shards": 4}',
        "ASSEMBLY__QUIET_GAP": "1s",
    }


async def prepare(bootstrap: str, prefix: str) -> None:
    """Make our own topics first: this broker makes a topic that somebody asks for, with its own numbers."""
    client = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await client.start()
    try:
        flows = FlowsTopicSettings(partitions=2, shards=4)
        await ensure_topics(client, KafkaSettings(brokers=(bootstrap,), prefix=prefix, flows=flows))
    finally:
        await client.close()


async def topics_of(bootstrap: str) -> set[str]:
    client = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await client.start()
    try:
        return set(await client.list_topics())
    finally:
        await client.close()


def covered(daemon: Daemon) -> float | None:
    """The share of production's flows that tests exercise, once the owner has spoken."""
    status, text = daemon.ask("/api/v1/report")
    share: float | None = json.loads(text)["coverage"]["flows"] if status == 200 else None
    return share


@pytest.mark.slow
def test_production_and_tests_on_clusters_of_their_own(brokers: tuple[str, str], tmp_path: Path) -> None:
    """Flows of both meet on the internal cluster; nothing of ours is written to production's."""
    production, tests = brokers
    prefix = name()
    asyncio.run(prepare(tests, prefix))
    asyncio.run(send(production, TOPIC, traffic(60, PARTITIONS)))
    asyncio.run(send(tests, TOPIC, traffic(60, PARTITIONS)))
    with Daemon(tmp_path, **settings(production, tests, prefix)) as daemon:
        daemon.until(lambda: daemon.ask("/readyz")[0] == 200, "it is ready")
        assert "[+]observer far ok" in daemon.ask("/readyz?verbose")[1]
        for told in (
            'flowdrift_monitor_flows_total{environment="production"} 60.0',
            'flowdrift_monitor_flows_total{environment="integration"} 60.0',
            "flowdrift_monitor_records_total 360.0",
        ):
            daemon.until(lambda told=told: told in daemon.ask("/metrics")[1], told)  # type: ignore[misc]
        daemon.until(lambda: covered(daemon) == 1.0, "all of production is covered")
        assert daemon.terminate()[0] == 0
    stored = asyncio.run(read_all(tests, Names(prefix).flows, 2))
    headers = [header for record in stored if (header := decode(record.value).header)]
    assert {header.source.cluster for header in headers} == {"far", "near"}
    assert {topic for topic in asyncio.run(topics_of(production)) if topic.startswith(prefix)} == set()
    assert Names(prefix).flows in asyncio.run(topics_of(tests))
