"""Uvicorn inside the daemon's own event loop: no signal handlers, no log set-up, no exit of its own."""

import asyncio
import contextlib
import socket
from collections.abc import Iterator

import uvicorn
from starlette.types import ASGIApp

from monitor.base.errors import ConfigurationError
from monitor.publish.settings import ApiSettings

CONNECTIONS = 256
"""Above it requests are answered 503 at once."""

HEADER_BYTES = 16 * 1024
"""A request line with its headers; more is answered 400."""


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals belong to the process, not to a part of it."""
        yield


def bind(settings: ApiSettings) -> socket.socket:
    """A listening address, before anything else starts; raises ConfigurationError where it cannot be had."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        return socket.create_server((settings.host, settings.port), family=family, backlog=CONNECTIONS)
    except OSError as error:
        where = f"{settings.host}:{settings.port}"
        raise ConfigurationError(f"api: cannot listen on {where}: {error.strerror}", code="api") from error


async def serve(app: ASGIApp, listener: socket.socket, stop: asyncio.Event) -> None:
    """Answer requests on `listener` until `stop` is set; open requests get 3 seconds to end."""
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        lifespan="off",
        server_header=False,
        proxy_headers=False,
        http="h11",
        ws="none",
        limit_concurrency=CONNECTIONS,
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
