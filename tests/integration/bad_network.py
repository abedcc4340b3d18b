"""A Kafka behind a network that is slow, stands still, and cuts connections."""

import asyncio
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from monitor.demo.process import free_port
from tests.integration.apache_kafka import ApacheKafka

_LISTENERS = """
listeners=BROKER://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller},FAR://127.0.0.1:{behind}
advertised.listeners=BROKER://127.0.0.1:{port},FAR://127.0.0.1:{before}
listener.security.protocol.map=BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT,FAR:PLAINTEXT
"""


class FarKafka(ApacheKafka):
    """A Kafka with a second listener, `behind`, whose clients are sent to the port `before`."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        self.before, self.behind = free_port(), free_port()

    def _format(self, classpath: str, *arguments: str) -> None:
        super()._format(classpath, *arguments)
        written = self._config.read_text()
        controller = written.partition("controller.quorum.voters=1@127.0.0.1:")[2].split()[0]
        ports = {"port": self._port, "before": self.before, "behind": self.behind}
        self._config.write_text(written + _LISTENERS.format(controller=controller, **ports))


class BadNetwork:
    """Hands on bytes from one port of loopback to another, each `delay` seconds late; none while `still`."""

    def __init__(self, before: int, behind: int, delay: float) -> None:
        self._before, self._behind, self._delay = before, behind, delay
        self._open: set[asyncio.StreamWriter] = set()
        self._moves = asyncio.Event()
        self._moves.set()

    def stand_still(self) -> None:
        """Hand on nothing: connections are half open."""
        self._moves.clear()

    def cut(self) -> None:
        """End every connection; those to come are handed on."""
        for writer in self._open:
            writer.transport.abort()
        self._moves.set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self._before)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()
        self.cut()
        await asyncio.sleep(0.1)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answers, there = await asyncio.open_connection("127.0.0.1", self._behind)
        self._open |= {writer, there}
        await asyncio.gather(self._hand_on(reader, there), self._hand_on(answers, writer))
        self._open -= {writer, there}

    async def _hand_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(65_536):
                await asyncio.sleep(self._delay)
                await self._moves.wait()
                writer.write(data)
                await writer.drain()
        writer.transport.abort()
