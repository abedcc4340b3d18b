"""`flowdrift inspect` against real brokers: what it says, what it leaves behind, how it fails."""

import asyncio
import json
import logging
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from typer.testing import CliRunner, Result

from monitor.cli import app
from monitor.demo.process import free_port
from tests.integration.acls import DESCRIBE, GROUP, READ, TOPIC, GuardedKafka, allow
from tests.integration.conftest import started
from tests.integration.kafka_client import create_topic, write
from tests.unit.pipeline.inspecting import WAYS, resource, trace
from tests.unit.wire.requests import request


def inspect(*arguments: str, brokers: str) -> Result:
    environment = {"FLOWDRIFT_KAFKA__BROKERS": brokers}
    return CliRunner().invoke(app, ["inspect", *arguments], env=environment, catch_exceptions=False)


@pytest.fixture(autouse=True)
def logs_of_others() -> Iterator[None]:
    """The command silences the logs of its process, which here is that of all tests."""
    before = logging.getLogger().handlers[:]
    yield
    logging.getLogger().handlers[:] = before
    structlog.reset_defaults()


@pytest.fixture
def topic(broker: str) -> str:
    """A topic of two partitions with 120 traces of production, each half on either."""
    name = f"t{uuid.uuid4().hex[:12]}"

    async def fill() -> None:
        await create_topic(broker, name, 2)
        producer = AIOKafkaProducer(bootstrap_servers=broker, acks=-1)
        await producer.start()
        try:
            for number in range(1, 121):
                entry, *rest = trace(number, WAYS[number % 10])
                for partition, spans in enumerate(([entry], rest)):
                    payload = request(spans, resource("production")).SerializeToString()
                    await producer.send_and_wait(name, payload, partition=partition)
        finally:
            await producer.stop()

    asyncio.run(fill())
    return name


async def groups(broker: str) -> list[str]:
    client = AIOKafkaAdminClient(bootstrap_servers=broker)
    await client.start()
    try:
        return sorted(group for group, *_ in await client.list_consumer_groups())
    finally:
        await client.close()


def test_it_looks_at_every_partition(broker: str, topic: str) -> None:
    """At as many records as were asked for, split traces found, nothing logged."""
    result = inspect("--topic", topic, "--records", "60", "-o", "json", brokers=broker)
    assert (result.exit_code, result.stderr) == (0, "")
    seen = json.loads(result.stdout)["seen"]
    [told] = seen["topics"]
    assert (told["partitions"], told["held"], told["sampled"], seen["records"]) == (2, 240, 60, 60)
    assert seen["split"]["split"] >= 15


def test_a_test_run_that_ended_minutes_ago_is_found(kafka: str) -> None:
    """In a day of production, though the newest records have nothing of it."""
    name, now_ms = f"t{uuid.uuid4().hex[:12]}", int(time.time() * 1000)

    async def fill() -> None:
        await create_topic(kafka, name, 2)
        producer = AIOKafkaProducer(bootstrap_servers=kafka, acks=-1)
        await producer.start()
        try:
            for second in range(86_400, 0, -20):
                tested = second in range(420, 540) and second % 40 == 0
                of = resource("integration", test_run_id="ci-7") if tested else resource("production")
                value = request(trace(second, WAYS[0]), of).SerializeToString()
                at = now_ms - 1000 * second
                await producer.send(name, value, partition=second // 20 % 2, timestamp_ms=at)
        finally:
            await producer.stop()

    asyncio.run(fill())
    result = inspect("--topic", name, "--records", "400", "-o", "json", brokers=kafka)
    seen = json.loads(result.stdout)["seen"]
    assert [each["name"] for each in seen["environments"]] == ["production", "integration"]


def test_two_looks_see_the_same(broker: str, topic: str) -> None:
    """Nothing is committed, and the answer does not depend on the order in which partitions come."""
    first, second = (inspect("--topic", topic, "-o", "json", brokers=broker).stdout for _ in range(2))
    assert json.loads(first) == json.loads(second)


def test_it_joins_no_group(kafka: str) -> None:
    """inspect leaves no consumer group behind."""
    before = asyncio.run(groups(kafka))
    inspect("--topic", "^.*", brokers=kafka)
    assert asyncio.run(groups(kafka)) == before


def test_a_table_by_default(broker: str, topic: str) -> None:
    """inspect prints a table for people, with the configuration at its end."""
    printed = inspect("--topic", topic, brokers=broker).stdout
    assert f"topic      {topic}: 2 partitions, 240 records, 240 sampled" in printed
    assert "traces     120, 120 of them on several partitions" in printed
    assert f"    topics: [{topic}]\n" in printed


def test_an_empty_topic_is_told(broker: str) -> None:
    """inspect answers for an empty topic, with exit code 0."""
    name = f"t{uuid.uuid4().hex[:12]}"
    asyncio.run(create_topic(broker, name))
    result = inspect("--topic", name, brokers=broker)
    assert result.exit_code == 0
    assert f"! topic {name} is empty\n" in result.stdout


def test_a_topic_that_is_not_there_is_told_with_those_that_are(broker: str, topic: str) -> None:
    """A topic that does not exist ends inspect with exit code 2, and is not created."""
    for _ in range(2):
        result = inspect("--topic", "no-such-topic", brokers=broker)
        assert (result.exit_code, result.stdout) == (2, "")
        assert "no topic no-such-topic at " in result.stderr and topic[:1] in result.stderr


def test_a_broker_that_does_not_answer() -> None:
    """A broker that does not answer ends inspect with exit code 4, its address and the cause."""
    port = free_port()
    result = inspect(brokers=f"127.0.0.1:{port}")
    assert (result.exit_code, result.stdout) == (4, "")
    assert result.stderr.startswith("kafka.brokers: no broker answers: ") and str(port) in result.stderr


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[GuardedKafka]:
    """An Apache Kafka in which we may not read topic `closed`, nor group `flowdrift-observer`, and only
    describe topic `described`.
    """
    server = started(GuardedKafka(tmp_path / "kafka"))
    try:
        for name in ("closed", "described", "flowdrift-flows"):
            asyncio.run(create_topic(server.bootstrap, name))
            asyncio.run(write(server.bootstrap, name, b"x"))
        grants = (
            (TOPIC, "closed", "User:other", READ),
            (TOPIC, "described", "User:ANONYMOUS", DESCRIBE),
            (TOPIC, "flowdrift-flows", "User:ANONYMOUS", READ),
            (GROUP, "flowdrift-observer", "User:other", READ),
        )
        asyncio.run(allow(server.bootstrap, *grants))
        yield server
    finally:
        server.stop()


def test_missing_permissions_are_told_as_acls_to_grant(guarded: GuardedKafka) -> None:
    """inspect names missing permissions by topic and group, and reads what it may read."""
    lacking: dict[str, list[str]] = {}
    for topic in ("closed", "described"):
        result = inspect("--topic", topic, "-o", "json", brokers=guarded.bootstrap)
        assert (result.exit_code, result.stderr) == (0, "")
        told = json.loads(result.stdout)["seen"]["lacking"]
        lacking |= {each["resource"]: each["operations"] for each in told}
    assert lacking == {
        "Topic:LITERAL:closed": ["Describe", "Read"],
        "Topic:LITERAL:described": ["Read"],
        "Topic:LITERAL:flowdrift-flows": ["Write"],
        "Group:LITERAL:flowdrift-observer": ["Read"],
    }
