"""One seed: topics of its own, traffic and a storm at once, then calm until all is out, then the proofs."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from itertools import count
from pathlib import Path
from signal import SIGTERM
from typing import NamedTuple
from urllib.request import urlopen

import orjson
from aiokafka import AIOKafkaProducer
from prometheus_client.parser import text_string_to_metric_families

from monitor.base.units import LogTime
from monitor.demo.process import free_port
from monitor.kafka.client.commands import CommandLog
from monitor.kafka.client.tasks import cancel_all
from monitor.kafka.client.topics import Names
from monitor.pipeline.timeline.commands import Finish
from monitor.settings import load
from tests.chaos.claims import offset_of
from tests.chaos.life import Life
from tests.chaos.points import Strike
from tests.chaos.proof import Findings, Logs, Produced, examine
from tests.chaos.storm import Storm, Tally
from tests.chaos.traffic import RUN_SECONDS, Traffic, run_id, trace_id
from tests.integration.observing import commits_of
from tests.integration.running import eventually
from tests.integration.shop_traffic import create, read_all

PARTITIONS = 2
SECOND = 0.25
"""Seconds of the machine per second of log time."""
HOURS_BACK = 12
"""Log time begins so long before now: it goes faster, and Kafka refuses what is an hour ahead."""
SESSION_SECONDS = 3.0
FROZEN_SECONDS = SESSION_SECONDS + 2.0
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
    """What a seed gave; seconds: of its storm."""

    seed: int
    tally: Tally
    findings: Findings
    seconds: float

    @property
    def holds(self) -> bool:
        """Whether all is exact, and no process ended by itself."""
        return self.findings.hold and not self.tally.unexpected


class Season:
    """folder: for settings and logs. control: how the protocol is broken, if it is."""

    def __init__(self, broker: str, folder: Path, seed: int, control: str | None = None) -> None:
        self._broker, self._folder, self._seed, self._control = broker, folder, seed, control
        self._config = folder / "flowdrift.yaml"
        prefix = f"chaos{seed}"
        self._topic, self._names = f"{prefix}-spans", Names(prefix)
        self._config.write_text(SETTINGS.format(broker=broker, prefix=prefix, session=SESSION_SECONDS))
        self._settings = load(self._config)
        self._calm, self._lives = asyncio.Event(), 0
        begin_ms = int((time.time() - HOURS_BACK * 3600) * 1000)
        self._traffic, self._begin_ms = Traffic(seed, PARTITIONS, begin_ms), begin_ms

    async def run(self, kills: int, watch: Callable[[Tally], Awaitable[None]]) -> Outcome:
        """All of it. watch: runs beside the storm, to say how far it is."""
        await create(self._broker, self._topic, PARTITIONS, retention_ms="-1")
        storm, began = Storm(self._seed, self._begin, FROZEN_SECONDS), time.monotonic()
        sending = asyncio.ensure_future(self._send())
        beside = [asyncio.ensure_future(each) for each in (self._finish_runs(), watch(storm.tally))]
        await storm.run(kills)
        seconds = time.monotonic() - began
        self._calm.set()
        await sending
        await cancel_all(*beside)
        try:
            counted = await self._finish()
        except AssertionError as error:
            counted = 0
            storm.tally.unexpected.append(f"in the calm after the storm: {error}")
        logs = await self._logs()
        produced = Produced(frozenset(self._traces()), self._traffic.junk)
        found = await asyncio.to_thread(examine, self._settings, produced, counted, logs)
        return Outcome(self._seed, storm.tally, found, seconds)

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
        await eventually(self._is_all_out, "all flows are out", CALM_SECONDS)
        ends = await self._ends()
        await eventually(lambda: self._is_all_checkpointed(ends), "state is written", CALM_SECONDS)
        counted = await asyncio.to_thread(_counted, port)
        life.send(SIGTERM)

        async def has_ended() -> bool:
            return life.exit_code is not None

        await eventually(has_ended, "the last one has drained", DRAIN_SECONDS)
        assert life.exit_code == 0, f"the last one ended with {life.exit_code}: {life.log}"
        return counted

    async def _is_all_out(self) -> bool:
        commits = await commits_of(self._settings.kafka, self._topic, PARTITIONS)
        stored = await read_all(self._broker, self._topic, PARTITIONS)
        ends = [sum(record.partition == number for record in stored) for number in range(PARTITIONS)]
        return [commit.offset if commit else None for commit in commits] == ends

    async def _ends(self) -> dict[int, int]:
        """The last offset of each partition of the flows topic."""
        stored = await read_all(self._broker, self._names.flows, self._settings.kafka.flows.partitions)
        return {record.partition: record.offset for record in stored}

    async def _is_all_checkpointed(self, ends: dict[int, int]) -> bool:
        """Whether every shard's newest checkpoint holds what stood in the flows topic at `ends`."""
        flows = self._settings.kafka.flows
        stored = await read_all(self._broker, self._names.checkpoints, flows.partitions)
        held = {entry.key: offset_of(entry.value) >= ends[entry.partition] for entry in stored}
        return len(held) == flows.partitions * flows.shards and all(held.values())

    async def _logs(self) -> Logs:
        partitions = self._settings.kafka.flows.partitions
        return Logs(
            await read_all(self._broker, self._topic, PARTITIONS),
            await read_all(self._broker, self._names.flows, partitions),
            await read_all(self._broker, self._names.checkpoints, partitions),
            await read_all(self._broker, self._names.verdicts, 1),
            await read_all(self._broker, self._names.dead_letters, 1),
        )


def _counted(port: int) -> int:
    """Flows in all environments, as the daemon's metric says."""
    with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        families = text_string_to_metric_families(answer.read().decode())
    name = "flowdrift_monitor_flows"
    return int(sum(s.value for family in families if family.name == name for s in family.samples))
