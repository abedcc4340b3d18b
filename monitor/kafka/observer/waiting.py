"""What an observer waits for before its first flow."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from monitor.base.clock import Clock
from monitor.kafka.client.auditors import OlderAuditorsError, check_auditors
from monitor.kafka.client.clients import admin, open_client
from monitor.kafka.client.reader import LogReader
from monitor.kafka.client.retry import retry
from monitor.kafka.client.topics import Names, ensure_topics
from monitor.kafka.settings import KafkaSettings

LOOK_SECONDS = 0.2


async def wait_for_policy(settings: KafkaSettings, clock: Clock) -> None:
    """Wait until every partition of the flows topic holds a record; create our topics where missing.

    The first record of each is the policy, which an auditor forwards. A flow before it could not be evidence:
    the fold would not know yet that its environment is a candidate.
    """
    flows = Names(settings.prefix).flows
    partitions = [TopicPartition(flows, number) for number in range(settings.flows.partitions)]
    async with AsyncExitStack() as clients:
        asking = await open_client(clients, lambda: admin(settings))
        await ensure_topics(asking, settings)
        reader = LogReader(settings, clock)
        clients.push_async_callback(reader.stop)
        while not all((await reader.ends(partitions)).values()):  # noqa: ASYNC110 - a broker sends no events
            await asyncio.sleep(LOOK_SECONDS)


async def wait_for_auditors(settings: KafkaSettings, on_older: Callable[[], None] = lambda: None) -> None:
    """Wait until no auditor is at work that cannot read what this release writes.

    Observers of the release before keep their partitions meanwhile: this one has not joined their group.
    on_older: called whenever there is such an auditor.
    """
    group = Names(settings.prefix).auditor
    failures = (OlderAuditorsError, KafkaError, OSError, TimeoutError)
    async with AsyncExitStack() as clients:
        asking = await open_client(clients, lambda: admin(settings))

        async def check() -> None:
            try:
                await check_auditors(asking, group)
            except OlderAuditorsError:
                on_older()
                raise

        await retry(check, failures, "observer_waits_for_auditors")
