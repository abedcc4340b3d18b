"""Three times what a daemon manages, for minutes, under a memory limit: is everything counted in the end?

    make overload [MINUTES=5]

A real Apache Kafka with four partitions, and one daemon with all roles at default settings under 1 GiB. First
it gets more than it can count for 20 seconds; three times what it counted goes on for MINUTES; then it
catches up, which takes about twice as long. Every ten seconds a line says what was sent and counted, the lag,
and the peak of memory.

Each trace is a flow of its own. In the end as many spans and flows are counted as were sent, nothing was late
or lost, lag grew and went, and memory stayed under 85 % of the limit; else the exit code is 1.
"""

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Iterator
from contextlib import AsyncExitStack
from itertools import count
from pathlib import Path
from random import Random
from typing import NamedTuple

from aiokafka import AIOKafkaProducer
from prometheus_client.parser import text_string_to_metric_families

from monitor.base.clock import SystemClock
from monitor.kafka.client.clients import open_client
from monitor.wire.encode import export_request
from tests.benchmarks.bench_observer import SERVICES, VARIANTS, Exported, one_trace
from tests.integration.apache_kafka import ApacheKafka
from tests.integration.daemon import Daemon
from tests.integration.shop_traffic import create
from tests.limits.alone import settings_for
from tests.limits.memory_limit import MemoryLimit

TOPIC, PARTITIONS = "overload-spans", 4
LIMIT_BYTES, MOST_SHARE = 1024**3, 0.85
TIMES, FIRST_SECONDS, LOOK_SECONDS = 3, 20.0, 10.0
FIRST_RATE = 100_000
"""Spans a second, more than one process counts."""
TRACES, TEMPLATES = 20, 8
MARK = b"\xf1\x0d\x81\xf7"
"""Begins the ids of a template; a number stands there in each record."""
CATCH_UP_SECONDS = 3600.0
_SELF = "flowdrift_monitor_"


class Template(NamedTuple):
    """The value of a record but for its number, and its spans."""

    value: bytes
    spans: int

    def numbered(self, number: int) -> bytes:
        """The value with traces of its own."""
        return self.value.replace(MARK, number.to_bytes(4, "big"))


def templates() -> list[Template]:
    """Records of twenty whole traces each."""
    return [_template(Random(seed)) for seed in range(1, TEMPLATES + 1)]


def _template(rng: Random) -> Template:
    exported: list[Exported] = []
    for number in range(TRACES):
        trace_id, trace = MARK + number.to_bytes(12, "big"), one_trace(rng, rng.randrange(VARIANTS))
        ids = {
            span.span_id: MARK + n.to_bytes(4, "big") for n, (_, span) in enumerate(trace, len(exported) + 1)
        }
        for service, span in trace:
            own, parent = ids[span.span_id], ids.get(span.parent_id, b"")
            exported.append((service, span._replace(trace_id=trace_id, span_id=own, parent_id=parent)))
    of = [[span for owner, span in exported if owner == service] for service in range(SERVICES)]
    production = {"deployment.environment.name": "production"}
    value = b"".join(
        export_request({"service.name": f"service-{service}", **production}, "http", spans)
        for service, spans in enumerate(of)
        if spans
    )
    return Template(value, len(exported))


class Source:
    """Sends at a rate, and counts what was acknowledged."""

    def __init__(self, producer: AIOKafkaProducer, clock: SystemClock) -> None:
        self._producer, self._clock = producer, clock
        self._records = self._numbered()
        self.spans = self.traces = 0

    async def send(self, rate: float, seconds: float) -> None:
        """Send `rate` spans a second for so long; what the broker does not take in time is not caught up."""
        until = self._clock.monotonic() + seconds
        while (begin := self._clock.monotonic()) < until:
            due, waiting = rate / 10, []
            for number, template in self._records:
                value, now = template.numbered(number), int(self._clock.now() * 1000)
                partition = number % PARTITIONS
                waiting.append(await self._producer.send(TOPIC, value, partition=partition, timestamp_ms=now))
                self.spans, self.traces, due = (
                    self.spans + template.spans,
                    self.traces + TRACES,
                    due - template.spans,
                )
                if due <= 0:
                    break
            await asyncio.gather(*waiting)
            await asyncio.sleep(max(0.0, begin + 0.1 - self._clock.monotonic()))

    @staticmethod
    def _numbered() -> Iterator[tuple[int, Template]]:
        every = templates()
        return ((number, every[number % TEMPLATES]) for number in count(1))


class Seen(NamedTuple):
    """What the daemon says of itself."""

    spans: float
    flows: float
    lag: float
    lost: float


def seen(daemon: Daemon) -> Seen:
    """Read its metrics."""
    families = text_string_to_metric_families(daemon.ask("/metrics", port=daemon.probes)[1])
    samples = [sample for family in families for sample in family.samples]

    def total(*names: str) -> float:
        wanted = {f"{_SELF}{name}" for name in names}
        return sum(sample.value for sample in samples if sample.name in wanted)

    wrong = ("records_lost_total", "late_spans_total", "cut_fragments_total", "rejected_total")
    return Seen(total("spans_total"), total("flows_total"), total("lag_seconds"), total(*wrong))


class Watch:
    """Prints a line now and then, and keeps the largest lag."""

    def __init__(self, source: Source, daemon: Daemon, limit: MemoryLimit, clock: SystemClock) -> None:
        self._source, self._daemon, self._limit, self._clock = source, daemon, limit, clock
        self.lag = 0.0

    async def run(self) -> None:
        """Look until cancelled."""
        begin = self._clock.monotonic()
        print("seconds    spans sent     counted   lag s   peak MB")
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            now, self.lag = await asyncio.to_thread(seen, self._daemon), self.lag
            self.lag = max(self.lag, now.lag)
            self._limit.look()
            print(
                f"{self._clock.monotonic() - begin:7.0f} {self._source.spans:13,} {now.spans:11,.0f} "
                f"{now.lag:7.1f} {self._limit.peak / 1e6:9.0f}",
                flush=True,
            )


async def overload(bootstrap: str, daemon: Daemon, limit: MemoryLimit, minutes: float) -> bool:
    """Whether everything was counted under the limit."""
    clock = SystemClock()
    await asyncio.to_thread(daemon.until, lambda: daemon.ask("/readyz")[0] == 200, "it is ready")
    async with AsyncExitStack() as clients:
        producer = await open_client(
            clients,
            lambda: AIOKafkaProducer(
                bootstrap_servers=bootstrap, acks="all", compression_type="lz4", max_batch_size=1_000_000
            ),
        )
        source = Source(producer, clock)
        watch = Watch(source, daemon, limit, clock)
        watching = asyncio.ensure_future(watch.run())
        await source.send(FIRST_RATE, FIRST_SECONDS)
        manages = (await asyncio.to_thread(seen, daemon)).spans / FIRST_SECONDS
        print(f"it counts {manages:,.0f} spans/s; {TIMES} times as many for {minutes:g} minutes")
        await source.send(TIMES * manages, minutes * 60)
        print("now it catches up")
        await _caught_up(source, daemon, clock)
        watching.cancel()
    return _judged(source, seen(daemon), watch.lag, limit)


async def _caught_up(source: Source, daemon: Daemon, clock: SystemClock) -> None:
    """Wait until all is counted; groups of spans end ten seconds after the last."""
    give_up = clock.monotonic() + CATCH_UP_SECONDS
    while clock.monotonic() < give_up:
        now = await asyncio.to_thread(seen, daemon)
        if now.spans >= source.spans and now.flows >= source.traces:
            return
        await asyncio.sleep(1)


def _judged(source: Source, now: Seen, most_lag: float, limit: MemoryLimit) -> bool:
    share = limit.look()
    print(f"sent    {source.spans:,} spans, {source.traces:,} traces")
    print(f"counted {now.spans:,.0f} spans, {now.flows:,.0f} flows")
    print(
        f"late, lost, cut off or rejected: {now.lost:.0f}; lag at most {most_lag:.0f} s, {now.lag:.0f} s now"
    )
    print(f"peak {limit.peak / 1e6:.0f} MB, {share:.0%} of the limit, by {limit.kind}")
    exact = (now.spans, now.flows, now.lost) == (source.spans, source.traces, 0)
    return exact and now.lag < 1 < most_lag and share < MOST_SHARE


def main() -> int:
    """Overload a daemon on a Kafka of its own."""
    parser = argparse.ArgumentParser(prog="make overload", description=main.__doc__)
    parser.add_argument("minutes", type=float, nargs="?", default=5.0)
    minutes = parser.parse_args().minutes
    with tempfile.TemporaryDirectory() as folder, ApacheKafka(Path(folder) / "kafka") as kafka:
        asyncio.run(create(kafka.bootstrap, TOPIC, PARTITIONS))
        settings = settings_for(kafka.bootstrap, TOPIC)
        memory = MemoryLimit(LIMIT_BYTES, f"flowdrift-{Path(folder).name}")
        with memory as limit, Daemon(Path(folder), **settings) as daemon:
            limit.hold(daemon.pid)
            fits = asyncio.run(overload(kafka.bootstrap, daemon, limit, minutes))
    return 0 if fits else 1


if __name__ == "__main__":
    sys.exit(main())
