"""A rolling upgrade: observers of a release wait for its auditors."""

import asyncio

from aiokafka import AIOKafkaConsumer

from monitor.flows.record import VERSION
from monitor.kafka.client.auditors import client_id, version_read
from monitor.kafka.client.clients import admin, start_client, stop_client
from monitor.kafka.client.member_id import members
from monitor.kafka.client.topics import Names
from monitor.kafka.observer.waiting import wait_for_auditors
from monitor.kafka.settings import KafkaSettings
from tests.integration.running import eventually, running
from tests.integration.test_auditor_role import at_end, role_of, run, settings_for, with_topics

WAIT_SECONDS = 3.0


def older_auditor(settings: KafkaSettings) -> AIOKafkaConsumer:
    """A member of the auditors' group that reads the record format before ours."""
    names = Names(settings.prefix)
    return AIOKafkaConsumer(
        names.flows,
        bootstrap_servers=list(settings.brokers),
        group_id=names.auditor,
        client_id=f"{names.auditor}-reads-{VERSION - 1}",
        enable_auto_commit=False,
    )


def test_an_observer_waits_for_older_auditors(kafka: str) -> None:
    """It begins only when the last auditor that cannot read its records has left."""
    settings = settings_for(kafka)

    async def scenario() -> None:
        await with_topics(settings)
        older = older_auditor(settings)
        await older.start()
        waiting = asyncio.ensure_future(wait_for_auditors(settings))
        done, _ = await asyncio.wait({waiting}, timeout=WAIT_SECONDS)
        assert not done
        await older.stop()
        await waiting

    run(scenario())


def test_an_auditor_says_what_it_reads(kafka: str) -> None:
    """Its Kafka client is named so that observers of its release begin at once."""
    settings = settings_for(kafka)
    group = Names(settings.prefix).auditor

    async def scenario() -> None:
        await with_topics(settings)
        async with running(role := role_of(settings)):
            await eventually(lambda: at_end(role, settings), "the auditor is at the end")
            client = await start_client(lambda: admin(settings))
            clients = [name for _, name in await members(client, group)]
            await stop_client(client)
            assert clients == [client_id(group)]
            assert version_read(group, clients[0]) == VERSION
            await wait_for_auditors(settings)

    run(scenario())
