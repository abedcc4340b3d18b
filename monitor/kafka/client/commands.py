"""Appends commands, which are all that changes verdict state besides flows."""

from types import TracebackType
from typing import Self

from aiokafka import AIOKafkaProducer

from monitor.base.errors import UnreachableError
from monitor.kafka.client.clients import producer, start_client, stop_client
from monitor.kafka.client.topics import Names
from monitor.kafka.settings import KafkaSettings


class CommandLog:
    """Writes to the commands topic: `async with CommandLog(settings) as commands`."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        self._producer: AIOKafkaProducer | None = None

    async def append(self, subject: str, value: bytes) -> int:
        """Append a command, wait for its acknowledgement, and return its number, which is its offset.

        Raises:
            UnreachableError: it is not connected yet.
        """
        if self._producer is None:
            raise UnreachableError("not connected to Kafka yet", code="not_connected")
        topic = Names(self._settings.prefix).commands
        written = await self._producer.send_and_wait(topic, value, key=subject.encode(), partition=0)
        return int(written.offset)

    async def __aenter__(self) -> Self:
        self._producer = await start_client(lambda: producer(self._settings))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        sender, self._producer = self._producer, None
        if sender is not None:
            await stop_client(sender)
