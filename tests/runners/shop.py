"""Two small services, instrumented as their owners would: `shop` answers POST /pay and calls `payments`.

Each exports its own spans, as OTLP over HTTP, to a collector; what runs in one process here are two
services with a tracer provider each.
"""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread

import httpx
import uvicorn
from fastapi import FastAPI
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

Processors = Callable[[], SpanProcessor]


def provider(service: str, collector: str, *processors: Processors) -> TracerProvider:
    """A tracer provider that exports to `collector` what `service` does."""
    made = TracerProvider(resource=Resource.create({"service.name": service}))
    for processor in processors:
        made.add_span_processor(processor())
    made.add_span_processor(SimpleSpanProcessor(OTLPSpanExporter(endpoint=f"{collector}/v1/traces")))
    return made


def payments(tracing: TracerProvider) -> FastAPI:
    """The service that takes the money."""
    app = FastAPI()

    @app.post("/charges")
    def charge() -> dict[str, str]:
        return {"state": "paid"}

    FastAPIInstrumentor.instrument_app(app, tracer_provider=tracing, exclude_spans=["send", "receive"])
    return app


def shop(tracing: TracerProvider, payments_url: str) -> FastAPI:
    """The service that people, and tests, talk to."""
    app = FastAPI()
    client = httpx.Client(base_url=payments_url)
    HTTPXClientInstrumentor.instrument_client(client, tracer_provider=tracing)

    @app.post("/pay")
    def pay() -> dict[str, str]:
        state: dict[str, str] = client.post("/charges").json()
        return state

    FastAPIInstrumentor.instrument_app(app, tracer_provider=tracing, exclude_spans=["send", "receive"])
    return app


class _Server(uvicorn.Server):
    """Tells when it is up."""

    def __init__(self, app: FastAPI) -> None:
        super().__init__(uvicorn.Config(app, log_config=None, lifespan="off"))
        self.up = Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.up.set()


@contextmanager
def serving(app: FastAPI) -> Iterator[str]:
    """The app's address on a free port of 127.0.0.1, until the block ends."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = _Server(app)
        thread = Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            assert server.up.wait(10)
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


@contextmanager
def open_shop(collector: str, *processors: Processors) -> Iterator[str]:
    """The address of `shop`, with `payments` behind it."""
    charged = provider("payments", collector, *processors)
    paid = provider("shop", collector, *processors)
    try:
        with serving(payments(charged)) as behind, serving(shop(paid, behind)) as address:
            yield address
    finally:
        charged.shutdown()
        paid.shutdown()
