"""Two small services, instrumented as their owners would: `shop` answers POST /pay and calls `payments`.

Each exports its own spans, as OTLP over HTTP, to a collector; what runs in one process here are two
services with a tracer provider each.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx
from fastapi import FastAPI
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

from tests.runners.serving import serving

Prepare = Callable[[TracerProvider], None]
"""What a service adds to its tracing."""


def nothing_more(_: TracerProvider) -> None:
    """Adds nothing."""


def provider(service: str, collector: str, prepare: Prepare) -> TracerProvider:
    """A tracer provider that exports to `collector` what `service` does."""
    made = TracerProvider(resource=Resource.create({"service.name": service}))
    prepare(made)
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


@contextmanager
def open_shop(collector: str, prepare: Prepare = nothing_more) -> Iterator[str]:
    """The address of `shop`, with `payments` behind it."""
    charged = provider("payments", collector, prepare)
    paid = provider("shop", collector, prepare)
    try:
        with serving(payments(charged)) as behind, serving(shop(paid, behind)) as address:
            yield address
    finally:
        charged.shutdown()
        paid.shutdown()
