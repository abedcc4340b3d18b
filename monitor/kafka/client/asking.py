"""A connection for questions that are asked again and again."""

from types import TracebackType
from typing import Self

from aiokafka.admin import AIOKafkaAdminClient

from monitor.kafka.client.clients import admin, start_once, stop_client
from monitor.kafka.settings import KafkaSettings

CONNECT_SECONDS = 8.0


class Asking:
    """An admin client that stays connected between questions, until `close` or the end of `async with`."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        self._client: AIOKafkaAdminClient | None = None

    async def client(self) -> AIOKafkaAdminClient:
        """The client, connected where it was not; errors are those of `start_once`."""
        if self._client is None:
            self._client = await start_once(lambda: admin(self._settings), CONNECT_SECONDS)
        return self._client

    async def close(self) -> None:
        """Disconnect: the next question connects anew."""
        client, self._client = self._client, None
        if client is not None:
            await stop_client(client)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
