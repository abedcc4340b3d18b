"""A topic with fewer replicas in sync than it wants takes nothing: this is said with what to do."""

import asyncio

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from monitor.base.clock import ManualClock
from monitor.kafka.client.clients import producer, start_once, stop_client
from monitor.kafka.client.writing import SLOW_SECONDS, Writer
from monitor.kafka.settings import KafkaSettings
from tests.integration.observing import name

WANTED = "min.insync.replicas"


@pytest.mark.fault(36)
def test_too_few_replicas_are_named_until_there_are_enough(kafka: str) -> None:
    """Meanwhile nothing is acknowledged; once as many are wanted as there are, what waits is taken."""
    topic, clock = name(), ManualClock()

    async def scenario() -> None:
        asking = AIOKafkaAdminClient(bootstrap_servers=kafka)
        await asking.start()
        await asking.create_topics([NewTopic(topic, 1, 1, topic_configs={WANTED: "2"})])
        sending = await start_once(lambda: producer(KafkaSettings(brokers=(kafka,))))
        writer = Writer(sending, clock)
        writing = asyncio.ensure_future(writer.send_and_wait(topic, b"flow", partition=0))
        try:
            assert await asyncio.wait([writing], timeout=1) == (set(), {writing})
            clock.advance(SLOW_SECONDS + 1)
            [why] = writer.unwritten
            assert why.startswith(f"{topic} has acknowledged no record for 12 s") and WANTED in why
            await asking.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, {WANTED: "1"})])
            await asyncio.wait_for(writing, 20)
            assert writer.unwritten == []
        finally:
            await stop_client(sending)
            await asking.close()

    asyncio.run(scenario())
