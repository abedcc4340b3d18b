"""What the caller's side of a request says: more than its URL, or nothing at all."""

from monitor.wire.span import Kind
from tests.metamorphic.systems.model import Http
from tests.metamorphic.telemetry.spans import Span
from tests.metamorphic.transformations.transformation import Transformation, each_span, has, has_requests

URLS = ("url.full", "http.url")


def _answer(span: Span) -> Span | None:
    """The SERVER span right below a CLIENT span."""
    servers = (child for child in span.children if child.kind is Kind.SERVER)
    return next(servers, None) if span.kind is Kind.CLIENT else None


def _with_template(span: Span) -> Span:
    answer = _answer(span)
    route = answer and answer.attributes.get("http.route")
    if not route or not any(name in span.attributes for name in URLS):
        return span
    return span._replace(attributes={**span.attributes, "url.template": route})


def _with_peer(span: Span) -> Span:
    answer = _answer(span)
    if answer is None:
        return span
    return span._replace(attributes={**span.attributes, "service.peer.name": answer.service})


def _without_clients(span: Span) -> Span:
    """The children of a span with its CLIENT spans of requests replaced by what answers them."""
    children = (each.children if _answer(each) else (each,) for each in span.children)
    return span._replace(children=tuple(child for some in children for child in some))


ALL = (
    Transformation(
        "templates stated",
        "HTTP clients state the template of the path beside the URL.",
        each_span(_with_template),
        needs=has(Http),
    ),
    Transformation(
        "peers stated",
        "Clients state the name of the service that they call.",
        each_span(_with_peer),
        needs=has_requests,
    ),
    Transformation(
        "clients without telemetry",
        "No CLIENT span stands between a caller and the SERVER span that answers it.",
        each_span(_without_clients),
        needs=has_requests,
    ),
)
