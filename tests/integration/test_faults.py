"""What keeps flowdrift from its work is said by /readyz within 30 s, with what to do; then it goes on."""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiokafka.admin import AIOKafkaAdminClient

from tests.integration.acls import DESCRIBE, READ, TOPIC, WRITE, GuardedKafka, allow
from tests.integration.conftest import started
from tests.integration.daemon import Daemon
from tests.integration.kafka_client import create_topic
from tests.integration.observing import delete, name
from tests.integration.test_daemon import _settings

LIMIT_SECONDS = 30.0
ANYBODY = "User:ANONYMOUS"


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[GuardedKafka]:
    """A Kafka with ACLs that this test may kill."""
    server = started(GuardedKafka(tmp_path / "kafka"))
    yield server
    server.stop()


def says(daemon: Daemon, *what: str) -> None:
    """Wait until it is not ready and says all of this."""
    began = time.monotonic()

    def said() -> bool:
        status, text = daemon.ask("/readyz?verbose")
        return status == 503 and all(each in text for each in what)

    daemon.until(said, f"it says {what}")
    assert time.monotonic() - began < LIMIT_SECONDS
    assert daemon.ask("/livez")[0] == 200


async def topics(broker: str) -> set[str]:
    """All that the broker has."""
    client = AIOKafkaAdminClient(bootstrap_servers=broker)
    await client.start()
    try:
        return set(await client.list_topics())
    finally:
        await client.close()


def is_ready(daemon: Daemon) -> None:
    daemon.until(lambda: daemon.ask("/readyz")[0] == 200, "it is ready")


@pytest.mark.fault(36)
def test_what_is_wrong_is_said_with_its_remedy(guarded: GuardedKafka, tmp_path: Path) -> None:
    """No source topic, no permission to write, no broker: each is named, and none ends the process."""
    broker, prefix = guarded.bootstrap, name()
    flows, verdicts = f"{prefix}-flows", f"{prefix}-verdicts"
    with Daemon(tmp_path, **_settings(broker, prefix)) as daemon:
        says(daemon, f"source topic {prefix}-spans does not exist: create it, or correct kafka.traces.topics")
        asyncio.run(create_topic(broker, f"{prefix}-spans"))
        is_ready(daemon)

        asyncio.run(delete(broker, flows))
        daemon.until(lambda: flows in asyncio.run(topics(broker)), "it is made again")
        is_ready(daemon)

        asyncio.run(allow(broker, (TOPIC, verdicts, ANYBODY, READ), (TOPIC, verdicts, ANYBODY, DESCRIBE)))
        says(daemon, f"not permitted: Write on topic {verdicts}", f"--operation Write --topic {verdicts}")
        asyncio.run(allow(broker, (TOPIC, verdicts, ANYBODY, WRITE)))
        is_ready(daemon)

        asyncio.run(delete(broker, f"{prefix}-spans"))
        says(daemon, f"source topic {prefix}-spans does not exist")
        asyncio.run(create_topic(broker, f"{prefix}-spans"))
        is_ready(daemon)

        guarded.kill()
        says(daemon, f"no broker answers at {broker} (kafka.brokers)", "Connect call failed")
        guarded.start()
        is_ready(daemon)
        assert daemon.terminate()[0] == 0, daemon.log
