"""What a span does, named the same way wherever it runs and whoever instrumented it.

| the span is about | name | rules |
| --- | --- | --- |
| a database | `postgresql SELECT orders` | `queries` |
| messages | `send orders` | `messages` |
| RPC | `grpc shop.Cart/Get` | rpc.system.name, rpc.method |
| HTTP with a route | `GET /cart/{id}` | method; http.route, url.template, the span's name if it has places |
| the same, not SERVER | `GET /cart/{}` | as a call without a template, of older conventions, is named |
| HTTP without a route | `GET /cart/{}` | method; templated path (`wire.url_path`), or `flows.templates` |
| the same, SERVER, answered 404 | `GET {unmatched}` | |
| a function | `timer clean-up` | faas.trigger, faas.name |
| anything else | the span's name | templated: `free_text` |

For a server the request that it answers comes first; for all others the database or the broker that they
talk to, often over HTTP or RPC. What a carrier carries follows (`carried`): `POST /graphql query Cart`,
`process default RefundJob`. Hosts, peers and answers never name a call, with the one exception above: one
side alone may state them.
"""

import re
from typing import NamedTuple

from monitor.flows.carried import carried
from monitor.flows.flow import Operation
from monitor.flows.messages import kind_of, message
from monitor.flows.queries import query
from monitor.flows.routes import Route, routes
from monitor.wire.free_text import template, without_tokens
from monitor.wire.open_route import is_catch_all, is_open
from monitor.wire.span import Facts, Kind
from monitor.wire.url_path import FREE, templated_path

NAMES = 2
"""The version of the rules of naming; 1: release 0.1.

It must rise with every change, here or in what these rules rest on (`wire`), that renames any span.
Records carry it, so that flows and calls under older names are neither missing nor compared with newer ones.
"""

MAX_NAME = 200
"""Characters of an operation's name."""

UNMATCHED = "{unmatched}"
"""Stands for the path of a request that the server has no route for."""

_PEERED = (Kind.CLIENT, Kind.PRODUCER)
_ASKED = (Kind.SERVER, Kind.CLIENT, Kind.UNSPECIFIED)
_SPOKEN = re.compile(
    r"(?:HTTP[ :]*)?(?:(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|TRACE|CONNECT|QUERY)(?![\w-])[ :]*)?(/\S*|https?://\S+)?",
    re.IGNORECASE,
)
_PLACES = re.compile(r"/(?:\{[^{}/]+\}|:[A-Za-z]\w*|<[^<>/]+>|\[[^\[\]/]+\]|\*{1,2})(?=[/.]|$)")
"""A place in a route: `{id}`, `:id`, `<int:id>`, `[id]`, `*`."""

_GRAPHQL = re.compile(r"([A-Z]+ /\S*) (?:query|mutation|subscription)\b.*")
_ORIGIN = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/]*")
_ANCHOR = re.compile(r"(?:^|(?<=/))\^|\$$")
"""Where the regular expressions of Django's routes begin and end: `api/^orders/$`."""

_NO_ROUTES = routes(())


def operation(facts: Facts, route: Route = _NO_ROUTES) -> Operation:
    """The operation of a span with these facts; `route`: patterns for paths without a route."""
    words = carried(facts)
    name = _base(facts, route) or template(facts.name).removesuffix(f"/{words}")
    if facts.kind is Kind.CLIENT:  # it may state the template of its URL or not: places have no names
        name = _PLACES.sub(f"/{FREE}", name)
    return Operation(facts.service, kind_of(facts, name), with_carried(name, words)[:MAX_NAME])


def peer(facts: Facts) -> str:
    """The service that a caller says it asks; '' where it does not say."""
    stated = facts.attributes.get("service.peer.name", "") if facts.kind in _PEERED else ""
    return template(stated)[:MAX_NAME]


def as_called(server: Operation, service: str) -> Operation:
    """What a service would call its request for what this server does.

    It knows no names of places, nor which operation of GraphQL it asks for by that name.
    """
    name = _GRAPHQL.sub(r"\1", _PLACES.sub(f"/{FREE}", server.name))
    return Operation(service, Kind.CLIENT, name)


def with_carried(name: str, words: str) -> str:
    """A name with what is carried, unless it is that or ends with it: `RunActivity:charge`."""
    if not words or name == words or name.endswith((f" {words}", f":{words}", f"/{words}")):
        return name
    return f"{name} {words}".strip()[:MAX_NAME]


def is_unrouted(facts: Facts, route: Route = _NO_ROUTES) -> bool:
    """Whether a span is named by the path of a request, so that there may be any number of such names.

    Of a service over its limit, further ones are `METHOD {other}`.
    """
    request = _request(facts, route)
    return (
        request is not None
        and not request.route
        and bool(request.path)
        and _base(facts, route) == str(request)
    )


class _Request(NamedTuple):
    """An HTTP request; what nothing says is ''."""

    method: str
    route: str
    path: str
    answered_404: bool

    def __str__(self) -> str:
        path = self.route or (UNMATCHED if self.answered_404 else self.path)
        return f"{self.method} {path}".strip()


def _base(facts: Facts, route: Route) -> str:
    """The name without what is carried; '' where attributes and conventions for names of spans say none."""
    if facts.kind is Kind.SERVER:
        return _call(facts, route) or message(facts) or query(facts) or _function(facts)
    return query(facts) or message(facts) or _call(facts, route) or _function(facts)


def _call(facts: Facts, route: Route) -> str:
    """A request over RPC or HTTP. A method of RPC that names its service says all, another one is carried."""
    request = _request(facts, route)
    method = facts.attributes.get("rpc.method", "")
    system = facts.attributes.get("rpc.system.name", "")
    if not method:
        return str(request or "")
    if request is None or "/" in method:
        return f"{system} {template(method)}".strip()
    return f"{request} {template(method)}"


def _request(facts: Facts, route: Route) -> _Request | None:
    """The HTTP request that a span is about, None where it is about none or says no more than its method."""
    attributes = facts.attributes
    spoken = _SPOKEN.fullmatch(facts.name) if facts.kind in _ASKED else None
    method = attributes.get("http.request.method") or (spoken[1] or "" if spoken else "")
    named = (spoken[2] or "") if spoken else ""
    path = attributes.get("url.path") or templated_path(named)
    stated = attributes.get("http.route") or attributes.get("url.template") or ""
    missed = facts.kind is Kind.SERVER and attributes.get("http.response.status_code") == "404"
    if spoken and not spoken[1] and _goes_on(named, stated or path):
        stated, path = "", templated_path(named)
    if not stated or (path and _leaves_open(stated, missed)):
        stated = named.partition("?")[0] if _has_places(named) else route(path)
    if facts.kind is not Kind.SERVER:
        stated = _PLACES.sub(f"/{FREE}", stated)
    if not (named or (method and (stated or path or spoken))):
        return None
    return _Request(method.upper(), _rooted(stated), path, missed)


def _leaves_open(route: str, missed: bool) -> bool:
    """Whether a route leaves to the path what is asked; what part of an application misses is still its."""
    return is_catch_all(route) or (is_open(route) and not missed)


def _has_places(route: str) -> bool:
    return _PLACES.search(route) is not None and not is_open(route)


def _goes_on(name: str, path: str) -> bool:
    """Whether a name is a path that goes on where this one ends: of SOAP, by the operation that is asked."""
    base = path.rstrip("/*")
    return bool(base) and name.startswith(f"{base}/") and not is_open(name)


def _rooted(route: str) -> str:
    """A route as a path: without an origin or anchors, and with the slash that some frameworks leave out."""
    route = without_tokens(_ANCHOR.sub("", _ORIGIN.sub("", route)))
    return f"/{route}" if route[:1].isalnum() or route.startswith(("{", "<", ":")) else route


def _function(facts: Facts) -> str:
    """What triggered which function; '' for a span that is no invocation of one."""
    trigger = facts.attributes.get("faas.trigger", "")
    name = facts.attributes.get("faas.name") or facts.resource.get("faas.name") or facts.name
    return template(f"{trigger} {name}") if trigger else ""
