"""Where the demo's telemetry goes: two topics of the broker, written as a Collector writes them."""

from collections.abc import Iterable
from contextlib import AsyncExitStack

from aiokafka import AIOKafkaProducer
from aiokafka.admin import NewTopic

from monitor.demo.collector import Batch
from monitor.kafka.client.clients import admin, open_client, producer
from monitor.kafka.client.topics import ensure_topics
from monitor.kafka.settings import KafkaSettings, TracesSettings

PRODUCTION_TOPIC = "demo-production-spans"
TESTS_TOPIC = "demo-test-spans"
SOURCES = TracesSettings(topics=(PRODUCTION_TOPIC, TESTS_TOPIC))
NS_PER_MS = 1_000_000


class Stage:
    """An open producer; it has one partition per topic, as the spans of a trace must meet in one."""

    def __init__(self, sender: AIOKafkaProducer) -> None:
        self._sender = sender

    async def send(self, topic: str, batches: Iterable[Batch]) -> None:
        """Append `batches` with their own timestamps; returns when all are acknowledged."""
        pending = [
            await self._sender.send(topic, batch.value, timestamp_ms=batch.at_ns // NS_PER_MS)
            for batch in batches
        ]
        for acknowledged in pending:
            await acknowledged


async def open_stage(settings: KafkaSettings, clients: AsyncExitStack) -> Stage:
    """Create the topics on an empty broker; the producer is stopped when `clients` are left.

    The daemon's own topics, too: the embedded broker would make them by itself, with four partitions
    each, as soon as anybody asks about them.
    """
    client = await open_client(clients, lambda: admin(settings))
    await client.create_topics([NewTopic(topic, 1, 1) for topic in SOURCES.topics])
    await ensure_topics(client, settings)
    return Stage(await open_client(clients, lambda: producer(settings)))
