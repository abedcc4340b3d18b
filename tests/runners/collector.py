"""A collector of one page: it answers OTLP over HTTP and keeps what it was sent."""

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.runners.serving import serving


class Collector(NamedTuple):
    """url: what OTEL_EXPORTER_OTLP_ENDPOINT is to say. bodies: requests, as protobuf, in order."""

    url: str
    bodies: list[bytes]


@contextmanager
def collecting() -> Iterator[Collector]:
    """A collector that serves until the block ends."""
    bodies: list[bytes] = []

    async def keep(request: Request) -> Response:
        body = await request.body()
        zipped = request.headers.get("content-encoding") == "gzip"
        bodies.append(gzip.decompress(body) if zipped else body)
        return Response(media_type="application/x-protobuf")

    with serving(Starlette(routes=[Route("/v1/traces", keep, methods=["POST"])])) as url:
        yield Collector(url, bodies)
