"""How soon a drift is reported: from the last span of the run that decides it to the record that alerts.

    make latency

A real Apache Kafka and one daemon with all roles at default settings. Production: 48 flows of eleven spans,
5,000 spans/s on four partitions; of its traces 2 % lack a span that others name as their parent, and 1 % take
over 30 s. On the same topic a run of 192 test cases every 25 s, which somebody finishes when its last span is
acknowledged. After three faithful runs the tests of eight flows more begin, with each run, to leave out a
call; each of the 48 drifts some runs later.

Printed are percentiles of the seconds from the last span of the newest finished run to the record on the
alerts topic, by the timestamps of the records, and the share of each stage: the last row of the run on the
flows topic (its group of spans was complete and sent), the alert after it. Takes seven minutes; asserts
nothing on time.
"""

import asyncio
import sys
import tempfile
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from random import Random
from threading import Event
from typing import Any, NamedTuple

import orjson
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from monitor.base.clock import SystemClock
from monitor.demo.actors import LIVE_BATCH_NS, pause
from monitor.demo.collector import Collector
from monitor.demo.layout import Change
from monitor.demo.shop import CART, CHARGE, SESSION
from monitor.demo.steps import Flow
from monitor.demo.traffic import PRODUCTION, SECOND_NS, TESTS, CaseOfRun, Trace, case_trace, production_trace
from monitor.flows.codec import decode
from monitor.kafka.client.clients import open_client
from monitor.publish.client import Daemon as Api
from monitor.publish.client import Patience, finish_run
from tests.integration.apache_kafka import ApacheKafka
from tests.integration.daemon import LOOPBACK, Daemon
from tests.integration.shop_traffic import create
from tests.limits.alone import settings_for
from tests.limits.gauges import cpu_seconds

TOPIC, PARTITIONS = "latency-spans", 4
STEPS = (SESSION, CART, CHARGE)
SPANS = 11
FLOWS = tuple(
    Flow("storefront", "POST", f"/order-{number}", STEPS, tested=4, mocked="POST /v1/charges")
    for number in range(48)
)
ORPHANS, LONG = 0.02, 0.01
LONG_NS = 31 * SECOND_NS
HISTORY_SECONDS, RUN_SECONDS = 40, 25
FAITHFUL, AT_ONCE, MORE_RUNS = 3, 8, 6
FINISH_SECONDS = 60
RUNS = FAITHFUL + len(FLOWS) // AT_ONCE + MORE_RUNS


class Run(NamedTuple):
    """A finished run: when its last span was sent, and when its last row stood on the flows topic; in ms."""

    sent: int
    out: int


class Sender:
    """Sends traces as a Collector does for each partition, every span after its end."""

    def __init__(self, producer: AIOKafkaProducer, environment: str) -> None:
        self._producer = producer
        self._collectors = [Collector(environment, LIVE_BATCH_NS) for _ in range(PARTITIONS)]

    def add(self, trace: Trace) -> None:
        """Keep a trace until its spans have ended."""
        self._collectors[trace[0][1].trace_id[0] % PARTITIONS].add(trace)

    @property
    def empty(self) -> bool:
        """Whether all is sent."""
        return all(each.empty for each in self._collectors)

    async def send(self, now_ns: int) -> int:
        """Send what has ended; the newest timestamp of it in ms, 0 where there was nothing."""
        sent = [
            await self._producer.send(TOPIC, batch.value, partition=number, timestamp_ms=now_ns // 1_000_000)
            for number, each in enumerate(self._collectors)
            for batch in each.due(now_ns)
        ]
        return max([(await one).timestamp for one in sent], default=0)


def imperfect(trace: Trace, rng: Random) -> Trace:
    """The trace, or without a span in the middle, or with a last span that ends half a minute later."""
    luck = rng.random()
    if luck < ORPHANS:
        return [each for place, each in enumerate(trace) if place != 1]
    if luck < ORPHANS + LONG:
        service, last = trace[-1]
        return [*trace[:-1], (service, last._replace(end=last.end + LONG_NS))]
    return trace


async def customers(sender: Sender, rate: int, clock: SystemClock, stop: asyncio.Event) -> None:
    """Production, as it happens."""
    rng, until = Random("customers"), int(clock.now() * SECOND_NS)
    while not await pause(0.25, stop):
        since, until = until, int(clock.now() * SECOND_NS)
        for _ in range(round((until - since) / SECOND_NS * rate / SPANS)):
            trace = production_trace(rng.choice(FLOWS), rng.randrange(since, until), rng)
            sender.add(imperfect(trace, rng))
        await sender.send(until)


def cases(number: int, now_ns: int, rng: Random) -> Iterator[Trace]:
    """The traces of run `number`, the first of which is 0."""
    drifting = max(0, number - FAITHFUL + 1) * AT_ONCE
    for place, flow in enumerate(FLOWS):
        changes = {Change.MOCKED_AWAY} if place < drifting else set[Change]()
        for case in flow.cases:
            yield case_trace(flow, now_ns, rng, CaseOfRun(f"run-{number}", case), changes)


def finish(daemon: Daemon, run: str, clock: SystemClock) -> None:
    """Finish a run as `flowdrift runs finish` does: it waits until a span of it has arrived."""
    patience = Patience(FINISH_SECONDS, clock, Event().wait, lambda _: None)
    finish_run(Api(f"http://{LOOPBACK}:{daemon.port}"), run, None, patience)


async def suite(sender: Sender, daemon: Daemon, clock: SystemClock, sent: dict[str, int]) -> None:
    """Every run, one after the other; notes when the last span of each was sent."""
    rng, never, finishing = Random("suite"), asyncio.Event(), list[asyncio.Future[None]]()
    await asyncio.sleep(HISTORY_SECONDS)
    for number in range(RUNS):
        due = clock.monotonic() + RUN_SECONDS
        for trace in cases(number, int(clock.now() * SECOND_NS), rng):
            sender.add(trace)
        while not sender.empty:
            await pause(0.1, never)
            last = await sender.send(int(clock.now() * SECOND_NS))
            sent[f"run-{number}"] = last or sent.get(f"run-{number}", 0)
        finishing.append(asyncio.ensure_future(asyncio.to_thread(finish, daemon, f"run-{number}", clock)))
        await asyncio.sleep(due - clock.monotonic())
    await asyncio.gather(*finishing)


async def follow(consumer: AIOKafkaConsumer, out: dict[str, int], alerts: dict[str, int]) -> None:
    """Note when the last row of each run, and the first firing alert of each flow, was appended."""
    async for record in consumer:
        if record.topic == "flowdrift-alerts":
            value: dict[str, Any] = orjson.loads(record.value)
            if value["phase"] == "firing" and "flow" in value["labels"]:
                alerts.setdefault(value["labels"]["flow"], record.timestamp)
        else:
            for run in {flow.run for flow in decode(record.value).flows} - {""}:
                out[run] = record.timestamp


def printed(sent: dict[str, int], out: dict[str, int], alerts: dict[str, int]) -> None:
    """Percentiles of the whole and of each stage."""
    runs = [Run(at, out[run]) for run, at in sent.items() if run in out]
    deciding = [(max(run for run in runs if run.sent < at), at) for at in alerts.values()]
    if not deciding:
        print("no flow drifts: does the daemon keep up?")
        return
    stages = {
        "last span to its row on the flows topic": [run.out - run.sent for run, _ in deciding],
        "that row to the alert": [at - run.out for run, at in deciding],
        "last span to the alert": [at - run.sent for run, at in deciding],
    }
    print(f"{len(deciding)} of {len(FLOWS)} flows drift, decided by {len({run for run, _ in deciding})} runs")
    for name, taken in stages.items():
        seconds = sorted(each / 1000 for each in taken)
        p50, p99 = (seconds[int((len(seconds) - 1) * share)] for share in (0.5, 0.99))
        print(f"{name:42} p50 {p50:5.1f} s   p99 {p99:5.1f} s   most {seconds[-1]:5.1f} s")


async def measure(bootstrap: str, daemon: Daemon, rate: int) -> None:
    """Drive a daemon to its drifts, and print how long each took."""
    clock, stop = SystemClock(), asyncio.Event()
    sent, out, alerts = dict[str, int](), dict[str, int](), dict[str, int]()
    await asyncio.to_thread(daemon.until, lambda: daemon.ask("/readyz")[0] == 200, "it is ready")
    async with AsyncExitStack() as clients:
        producer = await open_client(
            clients, lambda: AIOKafkaProducer(bootstrap_servers=bootstrap, linger_ms=5)
        )
        consumer = await open_client(
            clients,
            lambda: AIOKafkaConsumer("flowdrift-alerts", "flowdrift-flows", bootstrap_servers=bootstrap),
        )
        beside = [
            asyncio.ensure_future(customers(Sender(producer, PRODUCTION), rate, clock, stop)),
            asyncio.ensure_future(follow(consumer, out, alerts)),
        ]
        await suite(Sender(producer, TESTS), daemon, clock, sent)
        stop.set()
        beside[1].cancel()
        done = await asyncio.gather(*beside, return_exceptions=True)
    for error in done:
        if isinstance(error, Exception):
            raise error
    wanted = ("flowdrift_monitor_spans_total ", "flowdrift_monitor_lag_seconds ")
    for line in daemon.ask("/metrics")[1].splitlines():
        if line.startswith(wanted):
            print(line)
    print(f"{cpu_seconds(daemon.pid):.0f} s of CPU in {HISTORY_SECONDS + RUNS * RUN_SECONDS} s")
    printed(sent, out, alerts)


def main() -> None:
    """Measure on a Kafka of its own."""
    rate = int(sys.argv[1]) if len(sys.argv) > 1 else 5_000
    with tempfile.TemporaryDirectory() as folder, ApacheKafka(Path(folder) / "kafka") as kafka:
        asyncio.run(create(kafka.bootstrap, TOPIC, PARTITIONS))
        settings = settings_for(kafka.bootstrap, TOPIC)
        settings["ENVIRONMENTS"] = "{production: {sampling: none}}"
        with Daemon(Path(folder), **settings) as daemon:
            asyncio.run(measure(kafka.bootstrap, daemon, rate))


if __name__ == "__main__":
    main()
