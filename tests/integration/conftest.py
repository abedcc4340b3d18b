"""Brokers for the tests: a real Apache Kafka, and the embedded one where that can serve.

Where Apache Kafka cannot run the tests that need it skip with one line; with FLOWDRIFT_REQUIRE_KAFKA=1
they fail instead, so that a gate never passes because nothing ran.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol, TypeVar

import pytest

from monitor.demo.broker import EmbeddedBroker
from tests.integration.apache_kafka import ApacheKafka
from tests.integration.kafka_jars import KafkaUnavailableError

KAFKA_FIXTURES = {"apache_kafka", "kafka", "fresh_kafka", "guarded", "secured", "cluster"}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what uses a fixture of Apache Kafka, so that nobody forgets to."""
    for item in items:
        if KAFKA_FIXTURES & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.kafka)


class Server(Protocol):
    """One node of Kafka, or several."""

    def start(self) -> None:
        """Serve, then return; KafkaUnavailableError where that cannot be."""


Kafka = TypeVar("Kafka", bound=Server)


def started(server: Kafka) -> Kafka:
    """The server, running; skips or fails the test where there can be none."""
    try:
        server.start()
    except KafkaUnavailableError as missing:
        if os.environ.get("FLOWDRIFT_REQUIRE_KAFKA") == "1":
            pytest.fail(f"Apache Kafka is required but cannot run here: {missing}", pytrace=False)
        pytest.skip(f"Apache Kafka cannot run here: {missing}")
    return server


@pytest.fixture(scope="session")
def apache_kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApacheKafka]:
    """One Apache Kafka for all tests: `start stop kill restart bootstrap`; leave it running."""
    server = started(ApacheKafka(tmp_path_factory.mktemp("kafka")))
    yield server
    server.stop()


@pytest.fixture(scope="session")
def kafka(apache_kafka: ApacheKafka) -> str:
    """Bootstrap address of the Apache Kafka that all tests share: use topic and group names of your own."""
    return apache_kafka.bootstrap


@pytest.fixture
def fresh_kafka(tmp_path: Path) -> Iterator[ApacheKafka]:
    """An empty Apache Kafka for one test, which may kill it."""
    server = started(ApacheKafka(tmp_path / "kafka"))
    yield server
    server.stop()


@pytest.fixture(scope="session")
def embedded() -> Iterator[str]:
    """Bootstrap address of one embedded broker for all tests."""
    with EmbeddedBroker() as broker:
        yield broker.bootstrap


@pytest.fixture(params=[pytest.param("kafka", marks=pytest.mark.kafka), "embedded"])
def broker(request: pytest.FixtureRequest) -> str:
    """Bootstrap address of each broker in turn: the same contract holds on both."""
    address: str = request.getfixturevalue(request.param)
    return address
