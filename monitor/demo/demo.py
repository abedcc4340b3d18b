"""`flowdrift demo`: broker, shop, daemon and story in one process, and nothing left when it ends."""

import asyncio
import signal
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from typing import Any

from monitor.base.clock import Clock, SystemClock
from monitor.demo.actors import Actors
from monitor.demo.broker import EmbeddedBroker
from monitor.demo.process import free_port
from monitor.demo.stage import SOURCES, open_stage
from monitor.demo.story import Story
from monitor.demo.traffic import PRODUCTION, TESTS
from monitor.demo.visitor import Visitor
from monitor.drift.policy import Comparison
from monitor.kafka.settings import FlowsTopicSettings, KafkaSettings
from monitor.publish.settings import ApiSettings, ProbesSettings
from monitor.service import run
from monitor.settings import Settings

SEED = 20
LOOPBACK = "127.0.0.1"


def demo_settings(bootstrap: str, port: int) -> Settings:
    """The defaults, but for a small broker, history that is wanted, and production that is not sampled.

    The comparison is named, so that it can be looked at before the first test. The embedded broker lets a
    group wait for half of its session time-out before anybody may begin.
    """
    kafka = KafkaSettings(
        brokers=(bootstrap,),
        initial_offset="earliest",
        flows=FlowsTopicSettings(partitions=2, shards=4),
        traces=SOURCES,
        session_timeout_ms=6_000,
    )
    known = Settings().environments
    unsampled = known[PRODUCTION].model_copy(update={"sampling": "none"})
    return Settings(
        kafka=kafka,
        environments={**known, PRODUCTION: unsampled},
        comparisons=(Comparison(name=f"{PRODUCTION}-{TESTS}", reference=PRODUCTION, candidate=TESTS),),
        api=ApiSettings(host=LOOPBACK, port=port),
        probes=ProbesSettings(host=LOOPBACK, port=0),
    )


def play(port: int, duration: float | None, say: Callable[[str], None]) -> int:
    """Show the product until Ctrl-C, SIGTERM or the end of `duration` seconds; port 0 takes a free one.

    `say` prints some lines. Returns the exit code of the daemon. ConfigurationError without the embedded
    broker.
    """
    with EmbeddedBroker() as broker:
        settings = demo_settings(broker.bootstrap, port or free_port())
        code = asyncio.run(_show(settings, duration, say, SystemClock()))
    say("The demo has ended: broker, shop and daemon are gone. Next: README.md, 'On your own Kafka'.")
    return code


async def _show(settings: Settings, duration: float | None, say: Callable[[str], None], clock: Clock) -> int:
    stop = asyncio.Event()
    _end_on_signals(stop)
    if duration is not None:
        asyncio.get_running_loop().call_later(duration, stop.set)
    async with AsyncExitStack() as clients:
        stage = await open_stage(settings.kafka, clients)
        actors, visitor = Actors(stage, clock, SEED), Visitor(settings.api.port)
        story = Story(actors, visitor, settings.kafka.brokers[0], clock, say)
        return await _together(stop, run(settings, clock=clock, stop=stop), story.play(stop))


async def _together(
    stop: asyncio.Event, daemon: Coroutine[Any, Any, int], story: Coroutine[Any, Any, None]
) -> int:
    """Run both until one ends, and then to the end of the other; the exit code of the daemon."""
    tasks = asyncio.create_task(daemon), asyncio.create_task(story)
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stop.set()
    code, _ = await asyncio.gather(*tasks)
    return code


def _end_on_signals(stop: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
