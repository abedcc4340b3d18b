"""INTERNAL spans that one agent makes and another, or a newer one, does not."""

from random import Random

from monitor.wire.span import Kind
from tests.metamorphic.systems.model import GraphQl
from tests.metamorphic.telemetry.spans import Span
from tests.metamorphic.transformations.transformation import (
    Transformation,
    each_span,
    each_span_of,
    has,
    new_id,
)

ENTRIES = (Kind.SERVER, Kind.CONSUMER)


def _inside(span: Span, name: str, scope: str, rng: Random) -> Span:
    """An INTERNAL span around everything below `span`."""
    first, last = span.children[0].start, max(child.end for child in span.children)
    inner = Span(
        new_id(rng), span.service, Kind.INTERNAL, name, {}, first, last - first, span.children, scope=scope
    )
    return span._replace(children=(inner,))


def _around(span: Span, name: str, scope: str, rng: Random) -> Span:
    """An INTERNAL span around `span`."""
    return Span(
        new_id(rng), span.service, Kind.INTERNAL, name, {}, span.start, span.duration, (span,), scope=scope
    )


def _controllers(rng: Random, span: Span) -> Span:
    """Everything that an entry calls is called by its controller."""
    if span.kind not in ENTRIES or not span.children:
        return span
    return _inside(span, f"{span.service.capitalize()}Controller.handle", "webmvc", rng)


def _repositories(rng: Random, span: Span) -> Span:
    """Every database call is made by a repository."""
    if "db.system.name" not in span.attributes and "db.system" not in span.attributes:
        return span
    return _around(span, f"{span.service.capitalize()}Repository.{span.name.split()[0].lower()}", "data", rng)


def _leaves(rng: Random, span: Span) -> Span:
    """Every entry renders something at its end."""
    if span.kind not in ENTRIES:
        return span
    leaf = Span(
        new_id(rng), span.service, Kind.INTERNAL, "render", {}, span.end - 100_000, 90_000, scope="views"
    )
    return span._replace(children=(*span.children, leaf))


def _graphql_above(span: Span) -> Span:
    """The span of a GraphQL request says which operation it is, and no other span does."""
    inner = span.children[0] if len(span.children) == 1 else None
    if inner is None or inner.service != span.service or "graphql.operation.name" not in inner.attributes:
        return span
    return span._replace(attributes={**span.attributes, **inner.attributes}, children=inner.children)


ALL = (
    Transformation(
        "controllers",
        "The agent makes an INTERNAL span of every controller, around all that it calls.",
        each_span_of(lambda rng: lambda span: _controllers(rng, span)),
    ),
    Transformation(
        "repositories",
        "The agent makes an INTERNAL span of every repository, around each database call.",
        each_span_of(lambda rng: lambda span: _repositories(rng, span)),
    ),
    Transformation(
        "views",
        "The agent makes an INTERNAL span of every view that is rendered.",
        each_span_of(lambda rng: lambda span: _leaves(rng, span)),
    ),
    Transformation(
        "graphql on the request",
        "The SERVER span states the GraphQL operation, which has no span of its own.",
        each_span(_graphql_above),
        needs=has(GraphQl),
    ),
)
