"""One of three brokers is lost: the roles go on with the others by themselves, and all stays exact."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiokafka.admin import AIOKafkaAdminClient

from monitor.base.clock import SystemClock
from monitor.kafka.auditor.role import AuditorRole
from monitor.kafka.client.topics import Names
from tests.integration.conftest import started
from tests.integration.flow_traffic import STANDING
from tests.integration.kafka_cluster import NODES, KafkaCluster
from tests.integration.observing import PARTITIONS, all_out, case, flows_of, has_committed, role_of
from tests.integration.running import eventually, running
from tests.integration.shop_traffic import PATIENT, create, episodes, expected_rows, joined, send
from tests.integration.test_auditor_role import at_end, equals_the_offline_fold


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[KafkaCluster]:
    """Three empty nodes, each of which this test may kill."""
    server = started(KafkaCluster(tmp_path))
    yield server
    server.stop()


async def coordinator(brokers: tuple[str, ...], group: str) -> int:
    """The node that leads a consumer group."""
    client = AIOKafkaAdminClient(bootstrap_servers=list(brokers))
    await client.start()
    try:
        return int(await client.find_coordinator(group))
    finally:
        await client.close()


@pytest.mark.fault(3)
def test_both_roles_outlive_one_of_three_brokers(cluster: KafkaCluster) -> None:
    """The coordinator of the observers' group is killed under load, for good: nothing is lost or doubled."""
    settings, topic = case(cluster.bootstrap()[0])
    settings = settings.model_copy(update={"brokers": cluster.bootstrap(), "replication_factor": NODES})
    parts = episodes(2, 300, PARTITIONS)

    async def scenario() -> None:
        await create(settings.brokers[0], topic, PARTITIONS, NODES)
        await send(settings.brokers[0], topic, parts[0])
        observer = role_of(settings, observing=PATIENT)
        auditor = AuditorRole(settings, SystemClock(), standing=STANDING, checkpoint_every=2)
        async with running(observer), running(auditor):
            await eventually(lambda: has_committed(observer, 100), "some of it is out")
            lost = await coordinator(settings.brokers, Names(settings.prefix).observer)
            cluster.nodes[lost].kill()
            left = settings.model_copy(update={"brokers": cluster.bootstrap(without=lost)})
            await send(left.brokers[0], topic, parts[1])
            await all_out(left, joined(parts), topic)
            assert await flows_of(left) == expected_rows(joined(parts), PARTITIONS, PATIENT)
            await eventually(lambda: at_end(auditor, left), "the auditor is at the end")
            await equals_the_offline_fold(auditor, left)

    asyncio.run(asyncio.wait_for(scenario(), 120))
