"""The HTTP servers against clients that are slow, silent or many, over real sockets."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import ClassVar

import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from monitor.publish.connections import Connection, Waits
from monitor.publish.server import bind, serve
from tests.unit.publish.bench import Bench

LARGE = b"x" * (16 << 20)
"""More than the buffers of two sockets on loopback hold."""

Client = tuple[asyncio.StreamReader, asyncio.StreamWriter]


def impatient(waits: Waits) -> type[Connection]:
    """Connections that wait for this only a moment."""

    class Impatient(Connection):
        seconds: ClassVar[Mapping[Waits, float]] = {**Connection.seconds, waits: 0.1}

    return Impatient


@asynccontextmanager
async def served(app: ASGIApp, connection: type[Connection] = Connection) -> AsyncIterator[int]:
    """The port of a running server."""
    stop, listener = asyncio.Event(), bind("api", "127.0.0.1", 0)
    port = listener.getsockname()[1]
    server = asyncio.create_task(serve(app, listener, stop, connection))
    yield port
    stop.set()
    await server


async def sent(port: int, request: bytes) -> Client:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    await writer.drain()
    return reader, writer


async def status(client: Client) -> int:
    """Status of the answer; 0 where the connection ends without one."""
    line = await client[0].readline()
    return int(line.split()[1]) if line else 0


def slow(begun: asyncio.Event, done: asyncio.Event) -> ASGIApp:
    """Says when it has a request, and answers when it may."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        begun.set()
        await done.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    return answer


def request(path: str, *headers: str) -> bytes:
    return "\r\n".join([f"GET {path} HTTP/1.1", "Host: x", *headers, "", ""]).encode()


@pytest.mark.fault(34, "http abuse")
def test_half_sent_requests_keep_nobody_out() -> None:
    """With 300 of them held open, and 300 requests that have all but their bodies, the probes answer."""

    async def attack() -> list[int]:
        async with served(Bench(api=False).app) as port:
            half = request("/livez")[:-2]
            headers = request("/livez", "Content-Length: 10")
            clients = [await sent(port, start) for start in (half, headers) for _ in range(300)]
            clients += [await sent(port, request(path)) for path in ("/livez", "/metrics")]
            answers = [await status(client) for client in clients[-2:]]
            for _, writer in clients:
                writer.close()
            return answers

    assert asyncio.run(attack()) == [200, 200]


@pytest.mark.fault("http abuse")
@pytest.mark.parametrize(
    "start",
    [b"", b"GET /livez HTTP/1.1\r\nHost: x\r\n", request("/livez", "Content-Length: 10") + b"12345"],
    ids=["nothing", "headers", "body"],
)
def test_a_request_has_its_time_to_arrive(start: bytes) -> None:
    """A connection whose request does not come, or not whole, is closed; more bytes win no time."""

    async def wait() -> bool:
        async with served(Bench().app, impatient(Waits.REQUEST)) as port:
            reader, writer = await sent(port, start)
            rest = asyncio.create_task(reader.read())
            while not rest.done():
                writer.write(b"x" if start else b"")
                await asyncio.wait({rest}, timeout=0.02)
            writer.close()
            return True

    assert asyncio.run(asyncio.wait_for(wait(), 10))


@pytest.mark.fault("http abuse")
def test_an_answer_has_its_time_to_be_taken() -> None:
    """A client that asks and does not read is closed, and what it has not read is dropped."""
    lost = asyncio.Event()

    async def large(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": LARGE})

    class Watched(impatient(Waits.ANSWER)):  # type: ignore[misc] # a class that a function makes
        def connection_lost(self, exc: Exception | None) -> None:
            super().connection_lost(exc)
            lost.set()

    async def read_nothing() -> None:
        async with served(large, Watched) as port:
            reader, writer = await sent(port, request("/"))
            await lost.wait()
            with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
                await reader.readexactly(len(LARGE))
            writer.close()

    asyncio.run(asyncio.wait_for(read_nothing(), 10))


def test_a_large_answer_is_taken_by_whoever_reads() -> None:
    """And the connection serves the next request."""

    async def large(scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(b"content-length", b"%d" % len(LARGE))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": LARGE})

    async def read() -> list[bytes]:
        async with served(large) as port:
            reader, writer = await sent(port, request("/") * 2)
            bodies = []
            for _ in range(2):
                await reader.readuntil(b"\r\n\r\n")
                bodies.append(await reader.readexactly(len(LARGE)))
            writer.close()
            return bodies

    assert asyncio.run(read()) == [LARGE, LARGE]


def test_an_idle_connection_is_closed() -> None:
    """Some time after its last answer."""

    async def ask() -> bytes:
        async with served(Bench().app, impatient(Waits.NOTHING)) as port:
            reader, writer = await sent(port, request("/livez"))
            everything = await reader.read()
            writer.close()
            return everything

    assert asyncio.run(asyncio.wait_for(ask(), 10)).endswith(b"ok\n")


def test_the_oldest_that_wait_make_room() -> None:
    """One with an answer to come stays while others only wait."""
    begun, done = asyncio.Event(), asyncio.Event()

    class Few(Connection):
        most: ClassVar[int] = 2

    async def crowd() -> list[int]:
        async with served(slow(begun, done), Few) as port:
            working = await sent(port, request("/"))
            await begun.wait()
            idle, newer = await sent(port, b""), await sent(port, b"")
            statuses = [await status(idle)]
            done.set()
            statuses += [await status(working)]
            for client in (working, idle, newer):
                client[1].close()
            return statuses

    assert asyncio.run(crowd()) == [0, 200]


def test_the_oldest_at_work_makes_room_where_none_waits() -> None:
    """Clients that ask and do not read the answer keep nobody out, either."""
    begun, done = asyncio.Event(), asyncio.Event()

    class One(Connection):
        most: ClassVar[int] = 1

    async def crowd() -> list[int]:
        async with served(slow(begun, done), One) as port:
            older = await sent(port, request("/"))
            await begun.wait()
            newer = await sent(port, request("/"))
            statuses = [await status(older)]
            done.set()
            statuses += [await status(newer)]
            for client in (older, newer):
                client[1].close()
            return statuses

    assert asyncio.run(crowd()) == [0, 200]


@pytest.mark.fault("http abuse")
def test_headers_have_their_limit() -> None:
    """What has no end of its headers within 16 KiB, or within what is read at once, is answered 400."""

    async def ask() -> int:
        async with served(Bench().app) as port:
            client = await sent(port, request("/livez", f"X: {'x' * 300_000}"))
            answer = await status(client)
            client[1].close()
            return answer

    assert asyncio.run(ask()) == 400
