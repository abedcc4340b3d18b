"""Two instrumentations of one request in one process: its span comes twice, one inside the other."""

from random import Random

from monitor.wire.span import Kind
from tests.metamorphic.telemetry.spans import Span
from tests.metamorphic.transformations.transformation import (
    Transformation,
    each_span_of,
    has_requests,
    new_id,
)

MARGIN = 50_000
"""ns by which the outer span is longer at either end."""


def _doubled(span: Span, name: str, rng: Random) -> Span:
    """A span around its twin, as the library that was asked first makes it."""
    outer = span._replace(id=new_id(rng), name=name, scope="outer", children=(span,), links=())
    return outer._replace(start=span.start - MARGIN, duration=span.duration + 2 * MARGIN)


def _is_http(span: Span) -> bool:
    return "http.request.method" in span.attributes or "http.method" in span.attributes


def _servers(rng: Random, span: Span) -> Span:
    """The web server and the framework both make a span of a request; only the framework names the route."""
    if span.kind is not Kind.SERVER or not _is_http(span):
        return span
    return _doubled(span, span.name.lower().replace(" ", " http ", 1), rng)


def _clients(rng: Random, span: Span) -> Span:
    """The client library and the transport below it both make a span of a request."""
    is_request = span.kind is Kind.CLIENT and (_is_http(span) or "rpc.method" in span.attributes)
    return _doubled(span, span.name, rng) if is_request else span


def _queries(rng: Random, span: Span) -> Span:
    """The mapper and the driver both make a span of a database call."""
    is_query = span.kind is Kind.CLIENT and {"db.system.name", "db.system"} & span.attributes.keys()
    return _doubled(span, span.name, rng) if is_query else span


ALL = (
    Transformation(
        "servers twice",
        "Two agents make a SERVER span of each HTTP request, one inside the other.",
        each_span_of(lambda rng: lambda span: _servers(rng, span)),
    ),
    Transformation(
        "clients twice",
        "Two agents make a CLIENT span of each request, one inside the other.",
        each_span_of(lambda rng: lambda span: _clients(rng, span)),
        needs=has_requests,
    ),
    Transformation(
        "queries twice",
        "Two agents make a CLIENT span of each database call, one inside the other.",
        each_span_of(lambda rng: lambda span: _queries(rng, span)),
    ),
)
