"""Uvicorn inside the daemon's own event loop: no signal handlers, no log set-up, no exit of its own."""

import asyncio
import contextlib
import socket
from collections.abc import Iterator

import uvicorn
from starlette.types import ASGIApp

from monitor.base.errors import ConfigurationError
from monitor.publish.connections import Connection

ANSWERS = 2 * Connection.most
"""Requests at work, those included that nobody waits for any more; above it they are answered 503 at once."""

HEADER_BYTES = 16 * 1024
"""A request line with its headers; more is answered 400."""


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals belong to the process, not to a part of it."""
        yield


def bind(section: str, host: str, port: int) -> socket.socket:
    """A listening address, before anything else starts; port 0 takes a free one.

    Raises ConfigurationError, which names the section of the settings, where it cannot be had.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=Connection.most)
    except OSError as error:
        said = f"{section}: cannot listen on {host}:{port}: {error.strerror}. Set {section}.port"
        raise ConfigurationError(said, code=section) from error


async def serve(
    app: ASGIApp, listener: socket.socket, stop: asyncio.Event, connection: type[Connection] = Connection
) -> None:
    """Answer requests on `listener` until `stop` is set; open requests get 3 seconds to end."""
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        lifespan="off",
        server_header=False,
        proxy_headers=False,
        http=connection,
        ws="none",
        backlog=Connection.most,
        limit_concurrency=ANSWERS,
        h11_max_incomplete_event_size=HEADER_BYTES,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=3,
    )
    server = _Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]), name="http")
    stopping = asyncio.create_task(stop.wait(), name="http-stop")
    await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
    server.should_exit = True
    stopping.cancel()
    await serving
