"""A broker that dies and comes back: the roles wait it out by themselves, and nothing is lost or doubled."""

import asyncio

import pytest

from monitor.base.clock import SystemClock
from monitor.kafka.auditor.role import AuditorRole
from tests.integration.apache_kafka import ApacheKafka
from tests.integration.flow_traffic import STANDING
from tests.integration.observing import PARTITIONS, all_out, case, flows_of, has_committed, role_of
from tests.integration.running import eventually, running
from tests.integration.shop_traffic import PATIENT, create, episodes, expected_rows, joined, send
from tests.integration.test_auditor_role import at_end, equals_the_offline_fold

DOWN_SECONDS = 3


@pytest.mark.fault(3)
def test_both_roles_outlive_the_broker(fresh_kafka: ApacheKafka) -> None:
    """The broker is killed under load and restarted on its data: both roles go on, exact to the byte."""
    broker = fresh_kafka.bootstrap
    settings, topic = case(broker)
    parts = episodes(2, 300, PARTITIONS)

    async def scenario() -> None:
        await create(broker, topic, PARTITIONS)
        await send(broker, topic, parts[0])
        observer = role_of(settings, observing=PATIENT)
        auditor = AuditorRole(settings, SystemClock(), standing=STANDING, checkpoint_every=2)
        async with running(observer), running(auditor):
            await eventually(lambda: has_committed(observer, 100), "some of it is out")
            fresh_kafka.kill()
            await asyncio.sleep(DOWN_SECONDS)
            fresh_kafka.start()
            await send(broker, topic, parts[1])
            await all_out(settings, joined(parts), topic)
            assert await flows_of(settings) == expected_rows(joined(parts), PARTITIONS, PATIENT)
            await eventually(lambda: at_end(auditor, settings), "the auditor is at the end")
            await equals_the_offline_fold(auditor, settings)

    asyncio.run(asyncio.wait_for(scenario(), 120))
