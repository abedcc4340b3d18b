"""The demo's traffic on its broker: what comes out is what a Collector would have put there."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.structs import ConsumerRecord

from monitor.base.clock import SystemClock
from monitor.demo.actors import Actors
from monitor.demo.broker import EmbeddedBroker
from monitor.demo.demo import demo_settings
from monitor.demo.stage import PRODUCTION_TOPIC, TESTS_TOPIC, open_stage
from monitor.kafka.client.clients import free_consumer
from monitor.settings import Settings
from monitor.wire.decode import Decoder
from monitor.wire.span import Span

LIMIT_SECONDS = 60
HOUR_MS = 3_600_000

Scene = Callable[[Actors, Settings], Awaitable[None]]


def on_stage(scene: Scene) -> None:
    """Run `scene` with actors on a broker of their own."""

    async def played(settings: Settings) -> None:
        async with AsyncExitStack() as clients:
            stage = await open_stage(settings.kafka, clients)
            await scene(Actors(stage, SystemClock(), seed=1), settings)

    with EmbeddedBroker() as broker:
        asyncio.run(asyncio.wait_for(played(demo_settings(broker.bootstrap, 0)), LIMIT_SECONDS))


async def records(settings: Settings, topic: str) -> list[ConsumerRecord[bytes, bytes]]:
    """Everything that stands on `topic`, once nothing more has come for a second."""
    consumer: AIOKafkaConsumer = free_consumer(settings.kafka)
    await consumer.start()
    try:
        partition = TopicPartition(topic, 0)
        consumer.assign([partition])
        await consumer.seek_to_beginning(partition)
        found: list[ConsumerRecord[bytes, bytes]] = []
        while batch := await consumer.getmany(timeout_ms=1_000):
            found += batch[partition]
        return found
    finally:
        await consumer.stop()


def spans_of(settings: Settings, found: list[ConsumerRecord[bytes, bytes]]) -> list[Span]:
    """The decoded spans of all records."""
    decoder = Decoder(settings.attribution)
    return [span for record in found for span in decoder.decode(record.value or b"", "otlp_proto")]


def test_history_is_an_hour_of_the_past() -> None:
    """Every span arrives once, in records whose timestamps go from an hour ago to now, in order."""

    async def scene(actors: Actors, settings: Settings) -> None:
        sent = await actors.history(asyncio.Event())
        found = await records(settings, PRODUCTION_TOPIC)
        stamps = [record.timestamp for record in found]
        assert stamps == sorted(stamps)
        assert abs(stamps[-1] - stamps[0] - HOUR_MS) < 60_000
        assert abs(SystemClock().now() * 1_000 - stamps[-1]) < 60_000
        spans = spans_of(settings, found)
        assert len(spans) == sent > 150_000
        assert {span.facts.environment for span in spans} == {"production"}

    on_stage(scene)


def test_a_run_arrives_with_its_identity() -> None:
    """Every span of a test run says which run and case it belongs to, in the tests' environment."""

    async def scene(actors: Actors, settings: Settings) -> None:
        await actors.run_suite("run-1", asyncio.Event())
        spans = spans_of(settings, await records(settings, TESTS_TOPIC))
        assert {(span.facts.environment, span.facts.run) for span in spans} == {("integration", "run-1")}
        cases = Counter(span.facts.case for span in spans if not span.parent_id)
        assert set(cases.values()) == {1}
        assert len(cases) > 50

    on_stage(scene)
