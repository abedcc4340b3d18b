"""What an observer waits for before its first flow: that every partition of the flows topic has begun.

The first record of each is the policy, which an auditor forwards. A candidate's flow that came before it
could not be evidence: nobody would know yet that its environment is one.
"""

import asyncio
from contextlib import AsyncExitStack

from aiokafka import TopicPartition

from monitor.base.clock import Clock
from monitor.kafka.client.clients import admin, open_client
from monitor.kafka.client.reader import LogReader
from monitor.kafka.client.topics import Names, ensure_topics
from monitor.kafka.settings import KafkaSettings

LOOK_SECONDS = 0.2


async def policy_stands(settings: KafkaSettings, clock: Clock) -> None:
    """Wait until every partition of the flows topic holds a record; create our topics where missing."""
    flows = Names(settings.prefix).flows
    partitions = [TopicPartition(flows, number) for number in range(settings.flows.partitions)]
    async with AsyncExitStack() as clients:
        asking = await open_client(clients, lambda: admin(settings))
        await ensure_topics(asking, settings)
        reader = LogReader(settings, clock)
        clients.push_async_callback(reader.stop)
        while not all((await reader.ends(partitions)).values()):  # noqa: ASYNC110 - a broker tells no events
            await asyncio.sleep(LOOK_SECONDS)
