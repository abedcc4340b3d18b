"""One daemon with all roles under modest traffic for an hour: does it grow?

    make soak [MINUTES=60]

A real Apache Kafka; the shop of the demo with some 600 spans/s of production, one of 20 flows that come for a
minute and go for nineteen, a run of the suite every 25 s that begins and finishes by the API (every fifth
breaks off), drift that comes and goes every ten minutes, a record a minute that nobody can read, and scrapes
of the API and /metrics every five seconds. Every five minutes a line says what the daemon holds.

The first third is warm-up: by then each flow has been seen, and 600 short runs, more than are remembered.
After it memory may grow by less than 1 MB/h (the median slope between all pairs of minutes), descriptors and
threads not at all. Exit code 1 where one does.
"""

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from random import Random
from statistics import median

from monitor.base.clock import SystemClock
from monitor.demo.actors import LIVE_BATCH_NS, Actors, pause
from monitor.demo.collector import Batch, Collector
from monitor.demo.layout import Change
from monitor.demo.shop import PRICES, SESSION, STOREFRONT
from monitor.demo.stage import PRODUCTION_TOPIC, TESTS_TOPIC, Stage, open_stage
from monitor.demo.steps import Flow
from monitor.demo.traffic import PRODUCTION, SECOND_NS, TESTS, CaseOfRun, case_trace, production_trace
from monitor.demo.visitor import Visitor
from monitor.kafka.settings import KafkaSettings
from tests.integration.apache_kafka import ApacheKafka
from tests.integration.daemon import Daemon
from tests.limits.alone import settings_for
from tests.limits.gauges import Gauges, gauges
from tests.limits.trend import Sample, by_minute, slope

LOOK_SECONDS, SCRAPE_SECONDS, LINE_SECONDS = 5.0, 5.0, 300.0
RUN_SECONDS, BREAKS_OFF = 20.0, 5
VISITS = tuple(Flow("storefront", "GET", f"/season-{number}", (SESSION, PRICES)) for number in range(20))
VISIT_SECONDS, VISITS_PER_SECOND = 60.0, 5
DRIFT_SECONDS = 600.0
PAST_RUNS, PAST_SECONDS = 600, 0.25
WARM_UP = 1 / 3
MOST_MB_PER_HOUR = 1.0
ASKED = ("/metrics", "/api/v1/report", "/api/v1/runs", "/readyz?verbose")

Line = tuple[float, Gauges]
"""Seconds since the start, and what the daemon held then."""


async def past_runs(stage: Stage, clock: SystemClock, stop: asyncio.Event) -> None:
    """As many runs of one case as are remembered, and some: a day of them, in minutes."""
    random, flow = Random("past"), STOREFRONT[0]
    for number in range(PAST_RUNS):
        collector, now = Collector(TESTS, LIVE_BATCH_NS), int(clock.now() * SECOND_NS)
        collector.add(case_trace(flow, now, random, CaseOfRun(f"past-{number}", flow.cases[0]), ()))
        await stage.send(TESTS_TOPIC, collector.due(now + 60 * SECOND_NS))
        if await pause(PAST_SECONDS, stop):
            return


async def come_and_go(stage: Stage, clock: SystemClock, stop: asyncio.Event) -> None:
    """Traffic of one flow after the other, each for a minute."""
    random, collector, begin = Random("visits"), Collector(PRODUCTION, LIVE_BATCH_NS), clock.monotonic()
    while not await pause(1, stop):
        now = int(clock.now() * SECOND_NS)
        flow = VISITS[int((clock.monotonic() - begin) / VISIT_SECONDS) % len(VISITS)]
        for _ in range(VISITS_PER_SECOND):
            collector.add(production_trace(flow, now, random))
        await stage.send(PRODUCTION_TOPIC, collector.due(now))


async def suites(daemon: Daemon, actors: Actors, stop: asyncio.Event) -> None:
    """One run after the other; every fifth is not finished by anybody."""
    number, visitor = 0, Visitor(daemon.port)
    while not await pause(RUN_SECONDS, stop):
        number += 1
        run = f"soak-{number}"
        await asyncio.to_thread(daemon.ask, f"/api/v1/runs/{run}/begin", "POST")
        await actors.run_suite(run, stop)
        if number % BREAKS_OFF:
            await visitor.finish(run)


async def change(actors: Actors, stop: asyncio.Event) -> None:
    """What drifts comes, and goes again."""
    while not await pause(DRIFT_SECONDS, stop):
        actors.changes.symmetric_difference_update({Change.MOCKED_AWAY, Change.NEW_FLOW})


async def spoil(stage: Stage, clock: SystemClock, stop: asyncio.Event) -> None:
    """A record a minute that is no telemetry."""
    while not await pause(60, stop):
        await stage.send(PRODUCTION_TOPIC, [Batch(int(clock.now() * SECOND_NS), b"no spans at all")])


async def scrape(daemon: Daemon, stop: asyncio.Event) -> None:
    """Ask what people and machines ask, each time over a new connection."""
    while not await pause(SCRAPE_SECONDS, stop):
        for path in ASKED:
            await asyncio.to_thread(daemon.ask, path)


async def look(
    daemon: Daemon, clock: SystemClock, lines: list[Line], say: Callable[[str], None], stop: asyncio.Event
) -> None:
    """Note what the daemon holds, and say it now and then."""
    begin, said = clock.monotonic(), 0.0
    say("minute   memory MB   descriptors   threads   CPU s")
    while not await pause(LOOK_SECONDS, stop):
        now = clock.monotonic() - begin
        lines.append((now, gauges(daemon.pid)))
        if now - said >= LINE_SECONDS:
            said = now
            _, held = lines[-1]
            say(
                f"{now / 60:6.1f} {held.memory:11.1f} {held.descriptors:13} "
                f"{held.threads:9} {held.cpu_seconds:7.1f}"
            )


def judged(lines: Sequence[Line], say: Callable[[str], None]) -> bool:
    """Whether nothing grew after the warm-up; says what the figures are."""
    warm = [(seconds, held) for seconds, held in lines if seconds > WARM_UP * lines[-1][0]]
    grown = slope(by_minute([Sample(seconds / 3600, held.memory) for seconds, held in warm]))
    minutes = warm[0][0] / 60
    say(f"memory: {grown:+.2f} MB/h after {minutes:.0f} minutes of warm-up (at most {MOST_MB_PER_HOUR})")
    descriptors = _is_flat("descriptors", [held.descriptors for _, held in warm], say)
    threads = _is_flat("threads", [held.threads for _, held in warm], say)
    return descriptors and threads and grown < MOST_MB_PER_HOUR


def _is_flat(name: str, values: Sequence[int], say: Callable[[str], None]) -> bool:
    part = max(1, len(values) // 3)
    first, last = median(values[:part]), median(values[-part:])
    say(f"{name}: {first:.0f} in the first third after it, {last:.0f} in the last")
    return last <= first


async def soak(kafka: KafkaSettings, daemon: Daemon, minutes: float, say: Callable[[str], None]) -> bool:
    """Drive it for so long; whether it stayed as it was."""
    clock, stop, lines = SystemClock(), asyncio.Event(), list[Line]()
    asyncio.get_running_loop().call_later(minutes * 60, stop.set)
    async with AsyncExitStack() as clients:
        stage = await open_stage(kafka, clients)
        await asyncio.to_thread(daemon.until, lambda: daemon.ask("/readyz")[0] == 200, "it is ready")
        actors = Actors(stage, clock, 1)
        await asyncio.gather(
            actors.shop(stop),
            past_runs(stage, clock, stop),
            come_and_go(stage, clock, stop),
            suites(daemon, actors, stop),
            change(actors, stop),
            spoil(stage, clock, stop),
            scrape(daemon, stop),
            look(daemon, clock, lines, say, stop),
        )
    say(f"asked at the end: {_counted(daemon)}")
    return judged(lines, say)


def _counted(daemon: Daemon) -> str:
    wanted = (
        "flowdrift_monitor_spans_total ",
        "flowdrift_evidence_units_total",
        "flowdrift_monitor_lag_seconds ",
    )
    return ", ".join(line for line in daemon.ask("/metrics")[1].splitlines() if line.startswith(wanted))


def main() -> int:
    """Soak a daemon on a Kafka of its own."""
    parser = argparse.ArgumentParser(prog="make soak", description=main.__doc__)
    parser.add_argument("minutes", type=float, nargs="?", default=60.0)
    minutes = parser.parse_args().minutes

    def say(line: str) -> None:
        print(line, flush=True)

    with tempfile.TemporaryDirectory() as folder, ApacheKafka(Path(folder) / "kafka") as kafka:
        own = KafkaSettings(brokers=(kafka.bootstrap,), replication_factor=1)
        settings = settings_for(kafka.bootstrap, PRODUCTION_TOPIC, TESTS_TOPIC)
        with Daemon(Path(folder), **settings) as daemon:
            return 0 if asyncio.run(soak(own, daemon, minutes, say)) else 1


if __name__ == "__main__":
    sys.exit(main())
