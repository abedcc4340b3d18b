"""The owner of partition 0 at work: it hears verdicts and commands, decides, and forwards commands."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from monitor.base.clock import Clock
from monitor.base.errors import UndecodableError
from monitor.kafka.auditor.delivering import REWRITE_SECONDS, append_all
from monitor.kafka.client.clients import STOP_SECONDS
from monitor.kafka.client.feed import Feed
from monitor.kafka.client.tasks import until
from monitor.kafka.client.topics import Names
from monitor.kafka.settings import KafkaSettings
from monitor.pipeline.fleet.owner import Owner

DECIDE_SECONDS = 0.5
WORD_SECONDS = 10.0
"""The owner's word on a comparison is written again after this time, changed or not."""
FORWARD_SECONDS = 15.0
"""A command that was forwarded is not sent to that partition again for so long: its summary will tell."""
_log = structlog.get_logger()


class OwnerAtWork:
    """Runs an `Owner` while partition 0 is ours.

    standing: commands by subject that must be the newest of their subject, such as the settings; appended
    where the log says something else.
    """

    def __init__(
        self,
        owner: Owner,
        producer: AIOKafkaProducer,
        settings: KafkaSettings,
        clock: Clock,
        standing: Mapping[str, bytes],
    ) -> None:
        self._owner, self._producer, self._clock = owner, producer, clock
        self._partitions, self._names = settings.flows.partitions, Names(settings.prefix)
        self._verdicts = Feed(settings, self._names.verdicts, self._hear, clock)
        self._commands = Feed(settings, self._names.commands, self._hear_command, clock)
        self._standing = standing
        self._newest: dict[str, bytes] = {}
        self._said: dict[str, tuple[bytes, float]] = {}
        self._forwarded: dict[tuple[int, bytes], float] = {}
        self._appended = -1
        self._news = True
        self._word_due = clock.monotonic()

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set."""
        work = (self._verdicts.run(), self._commands.run(), self._decide())
        await until(stop, *work, patience=2 * STOP_SECONDS)

    def _hear(self, record: Any) -> None:
        self._news = True
        if record.key is not None:
            with _foreign_records_skipped(record):
                self._owner.hear(record.key.decode(), record.value)

    def _hear_command(self, record: Any) -> None:
        self._news = True
        if record.key is not None and record.value is not None:
            with _foreign_records_skipped(record):
                self._owner.hear_command(record.offset, record.value)
                self._newest[record.key.decode()] = record.value

    async def _decide(self) -> None:
        while True:
            await asyncio.sleep(DECIDE_SECONDS)
            if self._may_decide() and (self._news or self._clock.monotonic() >= self._word_due):
                self._news, self._word_due = False, self._clock.monotonic() + WORD_SECONDS
                try:
                    await self._step()
                except KafkaError as error:
                    self._news = True
                    _log.warning("owner_tries_again", error=str(error) or type(error).__name__)

    def _may_decide(self) -> bool:
        """Both topics are read to their end before anything is decided; own commands are heard first."""
        caught_up = self._verdicts.caught_up and self._commands.caught_up
        return caught_up and self._commands.position > self._appended

    async def _step(self) -> None:
        decisions = self._owner.decide()
        await self._say(decisions.records)
        standing = [(s, value) for s, value in self._standing.items() if self._newest.get(s) != value]
        for subject, value in [*standing, *decisions.commands]:
            written = await self._producer.send_and_wait(
                self._names.commands, value, key=subject.encode(), partition=0
            )
            self._appended = written.offset
        for partition in range(self._partitions):
            await self._forward(partition)

    async def _say(self, records: Mapping[str, bytes]) -> None:
        now = self._clock.monotonic()
        due = {key: value for key, value in records.items() if self._is_due(key, value, now)}
        await append_all(self._producer, self._names.verdicts, due.items(), 0)
        self._said |= {key: (value, now) for key, value in due.items()}

    def _is_due(self, key: str, value: bytes, now: float) -> bool:
        said, at = self._said.get(key, (None, 0.0))
        return said != value or now - at >= (
            WORD_SECONDS if key.startswith("comparison/") else REWRITE_SECONDS
        )

    async def _forward(self, partition: int) -> None:
        """In order, each acknowledged before the next: what a partition has, it has without a gap."""
        now = self._clock.monotonic()
        for value in self._owner.to_forward(partition):
            if now - self._forwarded.get((partition, value), -FORWARD_SECONDS) >= FORWARD_SECONDS:
                await self._producer.send_and_wait(self._names.flows, value, partition=partition)
                self._forwarded[partition, value] = now


@contextmanager
def _foreign_records_skipped(record: Any) -> Iterator[None]:
    """A record that is none of ours is told and skipped: it must not stop the owner for ever."""
    try:
        yield
    except (UndecodableError, ValueError, KeyError, TypeError) as error:
        _log.error("record_skipped", topic=record.topic, offset=record.offset, error=repr(error))
