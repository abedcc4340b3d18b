"""Runs the owner of partition 0: reads verdicts and commands, decides, and forwards commands."""

import asyncio
from collections.abc import Mapping
from typing import Any

import structlog
from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from monitor.base.clock import Clock
from monitor.base.errors import NewerFormatError
from monitor.kafka.auditor.delivery import REWRITE_SECONDS
from monitor.kafka.auditor.log_renewal import LogRenewal
from monitor.kafka.auditor.owned_partition import stopped_at
from monitor.kafka.client.clients import STOP_SECONDS
from monitor.kafka.client.feed import Feed
from monitor.kafka.client.retry import retry
from monitor.kafka.client.tasks import run_until
from monitor.kafka.client.topics import Names
from monitor.kafka.client.writing import Writer
from monitor.kafka.settings import KafkaSettings
from monitor.pipeline.fleet.owner import Owner

DECIDE_SECONDS = 0.5
REPEAT_SECONDS = 10.0
"""The record of a comparison is written again after this time, changed or not."""
FORWARD_SECONDS = 15.0
"""A command is forwarded to a partition again only after this time: its summary shows what was applied."""
FILLED, MOST_FILLED = "number", 100_000
"""Key of records that only take up a number; who lacks more has a number of no command of ours."""
_log = structlog.get_logger()


class OwnerLoop:
    """Runs an `Owner` while this process owns partition 0.

    standing: commands by subject, such as the settings, that must be the newest of their subject; appended
    where the log has another one. stopped: why nothing is decided any more: a newer release appended a
    command that this one does not know, and later commands must not reach a partition before it; ''
    otherwise.
    """

    def __init__(
        self,
        owner: Owner,
        writer: Writer,
        settings: KafkaSettings,
        clock: Clock,
        standing: Mapping[str, bytes],
        logs: LogRenewal,
    ) -> None:
        self._owner, self._writer, self._clock, self._logs = owner, writer, clock, logs
        self._partitions, self._names = settings.flows.partitions, Names(settings.prefix)
        self._verdicts = Feed(settings, self._names.verdicts, self._receive, clock)
        self._commands = Feed(settings, self._names.commands, self._receive_command, clock)
        self._standing = standing
        self._newest: dict[str, bytes] = {}
        self._published: dict[str, tuple[bytes | None, float]] = {}
        self._forwarded: dict[tuple[int, bytes], float] = {}
        self._appended = -1
        self._news = True
        self._repeat_due = clock.monotonic()
        self.stopped = ""

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set."""
        work = (self._verdicts.run(), self._commands.run(), self._decide())
        await run_until(stop, *work, patience=2 * STOP_SECONDS)

    def _receive(self, record: Any) -> None:
        self._news = True
        if record.key is not None:
            self._owner.receive(record.key.decode(), record.value)

    def _receive_command(self, record: Any) -> None:
        self._news = True
        if record.key is not None and record.value is not None:
            self._take_command(record)

    def _take_command(self, record: Any) -> None:
        if self.stopped:
            return
        try:
            self._owner.receive_command(record.offset, record.value)
        except NewerFormatError as newer:
            commands = TopicPartition(self._names.commands, 0)
            self.stopped = stopped_at(commands, f"{newer.found} at offset {record.offset}", newer)
        self._newest[record.key.decode()] = record.value

    async def _decide(self) -> None:
        while True:
            await asyncio.sleep(DECIDE_SECONDS)
            await retry(self._decide_once, KafkaError, "owner_tries_again")

    async def _decide_once(self) -> None:
        await self._count_on()
        await self._logs.check({n: each.offset for n, each in self._owner.summaries.items()})
        if self._may_decide() and (self._news or self._clock.monotonic() >= self._repeat_due):
            self._news, self._repeat_due = False, self._clock.monotonic() + REPEAT_SECONDS
            try:
                await self._step()
            except KafkaError:
                self._news = True
                raise

    async def _count_on(self) -> None:
        """Fill a commands topic that was made again: a command whose number was applied before is dropped."""
        missing = self._owner.applied + 1 - self._commands.position
        if self._commands.caught_up and 0 < missing <= MOST_FILLED:
            _log.error("commands_topic_began_anew", topic=self._names.commands, counts_on=missing)
            self._newest.clear()
            self._appended = -1
            await self._writer.append_all(self._names.commands, [(FILLED, None)] * missing, 0)

    def _may_decide(self) -> bool:
        """Only when both topics are read to their end, including the commands that it appended itself."""
        caught_up = self._verdicts.caught_up and self._commands.caught_up
        return caught_up and not self.stopped and self._commands.position > self._appended

    async def _step(self) -> None:
        decisions = self._owner.decide()
        await self._publish(decisions.records | dict.fromkeys(decisions.gone))
        standing = [(s, value) for s, value in self._standing.items() if self._newest.get(s) != value]
        for subject, value in [*standing, *decisions.commands]:
            written = await self._writer.send_and_wait(
                self._names.commands, value, key=subject.encode(), partition=0
            )
            self._appended = written.offset
        for partition in range(self._partitions):
            await self._forward(partition)

    async def _publish(self, records: Mapping[str, bytes | None]) -> None:
        now = self._clock.monotonic()
        due = {key: value for key, value in records.items() if self._is_due(key, value, now)}
        await self._writer.append_all(self._names.verdicts, due.items(), 0)
        self._published |= {key: (value, now) for key, value in due.items()}

    def _is_due(self, key: str, value: bytes | None, now: float) -> bool:
        if key not in self._published:
            return True
        published, at = self._published[key]
        seconds = REPEAT_SECONDS if key.startswith("comparison/") else REWRITE_SECONDS
        return published != value or now - at >= seconds

    async def _forward(self, partition: int) -> None:
        """Send commands in order, each when the one before is acknowledged: none overtakes another."""
        now = self._clock.monotonic()
        for value in self._owner.to_forward(partition):
            if now - self._forwarded.get((partition, value), -FORWARD_SECONDS) >= FORWARD_SECONDS:
                await self._writer.send_and_wait(self._names.flows, value, partition=partition)
                self._forwarded[partition, value] = now
