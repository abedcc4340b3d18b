"""One seed: topics of its own, traffic and a storm at once, then calm until all is out, then the proofs."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from itertools import count
from pathlib import Path
from signal import SIGKILL, SIGTERM
from typing import NamedTuple
from urllib.request import urlopen

import orjson
from aiokafka import AIOKafkaProducer
from prometheus_client.parser import text_string_to_metric_families

from monitor.base.units import LogTime
from monitor.demo.process import free_port
from monitor.kafka.client.commands import CommandLog
from monitor.kafka.client.tasks import cancel_all
from monitor.pipeline.timeline.commands import Finish
from monitor.settings import load
from tests.chaos.life import Life
from tests.chaos.points import Strike
from tests.chaos.proof import Findings, Produced, examine
from tests.chaos.storm import Storm, Tally
from tests.chaos.topics import Topics
from tests.chaos.traffic import RUN_SECONDS, Traffic, run_id, trace_id
from tests.integration.running import eventually
from tests.integration.shop_traffic import create

PARTITIONS = 2
SECOND = 0.25
"""Seconds of the machine per second of log time."""
HOURS_BACK = 12
"""Log time begins so long before now: it goes faster, and Kafka refuses what is an hour ahead."""
SESSION_SECONDS = 3.0
FROZEN_SECONDS = SESSION_SECONDS + 2.0
FIRST_COMMIT_SECONDS = 7.0
"""After its start, on a machine with two idle cores."""
LEAST_OUT = 0.3
"""Of a storm in which nobody comes to work nothing follows."""
CALM_SECONDS, DRAIN_SECONDS = 600.0, 30.0
SETTINGS = """
kafka:
  brokers: [{broker}]
  prefix: {prefix}
  traces: {{topics: [{prefix}-spans]}}
  initial_offset: earliest
  flows: {{partitions: 3, shards: 4}}
  session_timeout: {session}s
assembly: {{quiet_gap: 10s, orphan_wait: 20s, remote_wait: 15s, max_age: 30s, memory: 10s}}
comparisons: [{{name: shop, reference: production, candidate: integration}}]
"""


class Outcome(NamedTuple):
    """What a seed gave.

    seconds: of its storm. pace: how slow the machine is (`Storm`). out: the share of the source topic whose
    flows were out when the storm ended.
    """

    seed: int
    tally: Tally
    findings: Findings
    seconds: float
    pace: float
    out: float

    @property
    def holds(self) -> bool:
        """Whether all is exact, no process ended by itself, and they worked on while they were killed."""
        return self.findings.hold and not self.tally.unexpected and self.out >= LEAST_OUT


class Season:
    """folder: for settings and logs. control: how the protocol is broken, if it is."""

    def __init__(self, broker: str, folder: Path, seed: int, control: str | None = None) -> None:
        self._broker, self._folder, self._seed, self._control = broker, folder, seed, control
        self._config = folder / "flowdrift.yaml"
        prefix = f"chaos{seed}"
        self._topic = f"{prefix}-spans"
        self._config.write_text(SETTINGS.format(broker=broker, prefix=prefix, session=SESSION_SECONDS))
        self._settings = load(self._config)
        self._topics = Topics(self._settings.kafka, PARTITIONS)
        self._calm, self._lives = asyncio.Event(), 0
        begin_ms = int((time.time() - HOURS_BACK * 3600) * 1000)
        self._traffic, self._begin_ms = Traffic(seed, PARTITIONS, begin_ms), begin_ms

    async def run(self, kills: int, watch: Callable[[Tally], Awaitable[None]]) -> Outcome:
        """All of it. watch: runs beside the storm, to say how far it is."""
        await create(self._broker, self._topic, PARTITIONS, retention_ms="-1")
        sending = asyncio.ensure_future(self._send())
        pace = await self._pace()
        storm, began = Storm(self._seed, self._begin, FROZEN_SECONDS, pace), time.monotonic()
        beside = [asyncio.ensure_future(each) for each in (self._finish_runs(), watch(storm.tally))]
        await storm.run(kills)
        seconds, out = time.monotonic() - began, await self._topics.share_out()
        self._calm.set()
        await sending
        await cancel_all(*beside)
        try:
            counted = await self._finish()
        except AssertionError as error:
            counted = 0
            storm.tally.unexpected.append(f"in the calm after the storm: {error}")
        logs = await self._topics.logs()
        await self._topics.stop()
        produced = Produced(frozenset(self._traces()), self._traffic.junk)
        found = await asyncio.to_thread(examine, self._settings, produced, counted, logs)
        return Outcome(self._seed, storm.tally, found, seconds, pace, out)

    async def _pace(self) -> float:
        """How much longer a process takes to its first commit than on an idle machine; it is killed then."""
        began, first = time.monotonic(), self._begin("", None)

        async def has_committed() -> bool:
            return await self._topics.share_out() > 0

        await eventually(has_committed, "a first commit", CALM_SECONDS)
        first.send(SIGKILL)
        return max(1.0, (time.monotonic() - began) / FIRST_COMMIT_SECONDS)

    def _begin(self, member: str, strike: Strike | None, **settings: str) -> Life:
        self._lives += 1
        log = self._folder / f"{self._lives:04}.log"
        return Life(self._config, log, member, strike, self._control, **settings)

    def _traces(self) -> list[bytes]:
        return [trace_id(self._seed, number) for number in range(1, self._traffic.traces + 1)]

    async def _send(self) -> None:
        """Send traffic until it is calm, and then what is left of it."""
        producer = AIOKafkaProducer(
            bootstrap_servers=self._broker, acks="all", linger_ms=20, max_batch_size=1 << 20
        )
        await producer.start()
        try:
            while not (self._calm.is_set() and self._traffic.is_over):
                await self._send_second(producer)
                await asyncio.sleep(SECOND)
        finally:
            await producer.stop()

    async def _finish_runs(self) -> None:
        """Say of each run that it is over, until cancelled; beside the traffic, which waits for nobody."""
        async with CommandLog(self._settings.kafka) as commands:
            for end in count(RUN_SECONDS, RUN_SECONDS):
                await asyncio.sleep(RUN_SECONDS * SECOND)
                command = Finish("integration", run_id(end - 1), LogTime(self._begin_ms + end * 1000))
                await commands.append(command.subject, orjson.dumps(command.plain()))

    async def _send_second(self, producer: AIOKafkaProducer) -> None:
        records = self._traffic.second(more=not self._calm.is_set())
        waiting = [
            await producer.send(self._topic, r.value, partition=r.partition, timestamp_ms=r.timestamp)
            for r in records
        ]
        await asyncio.gather(*waiting)

    async def _finish(self) -> int:
        """Let one daemon do what is left, and end in order; how many flows it has counted."""
        port = free_port()
        life = self._begin("", None, API__PORT=str(port))
        await eventually(self._topics.is_all_out, "all flows are out", CALM_SECONDS)
        since = await self._topics.ends()
        await eventually(
            lambda: self._topics.is_all_checkpointed(since), "all state is written", CALM_SECONDS
        )
        counted = await asyncio.to_thread(_counted, port)
        life.send(SIGTERM)

        async def has_ended() -> bool:
            return life.exit_code is not None

        await eventually(has_ended, "the last one has drained", DRAIN_SECONDS)
        assert life.exit_code == 0, f"the last one ended with {life.exit_code}: {life.log}"
        return counted


def _counted(port: int) -> int:
    """Flows in all environments, as the daemon's metric says."""
    with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        families = text_string_to_metric_families(answer.read().decode())
    name = "flowdrift_monitor_flows"
    return int(sum(s.value for family in families if family.name == name for s in family.samples))
