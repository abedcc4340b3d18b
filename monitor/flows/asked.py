"""What a span asks for, or answers: as far as it shows whether two spans are about one request.

Two libraries that instrument one request say the same of it in words of their own: `GET /orders/{id}`,
`http get /orders/:id`, or a method and no route. What is not said contradicts nothing.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from monitor.flows.messages import spoken
from monitor.wire.open_route import is_catch_all, is_open
from monitor.wire.span import Facts, Kind

Path = tuple[str, ...]
"""Segments, without what is empty; a place in a route stands for any one segment."""

_SPOKEN = re.compile(
    r"(?:HTTP[ :]*)?(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|TRACE|CONNECT|QUERY)(?:[ :]+(/\S*))?",
    re.IGNORECASE,
)
_PLACE = re.compile(r"[{<:\[*].*|.*[}>\]]")
_ANY = ("*", "**")
_RECEIVES = ("", "receive")


class Asked(NamedTuple):
    """A request; '' and () where nothing is said.

    layer: `call` (HTTP, RPC), `data`, `message`. method: of HTTP, or what is done to data or messages. path:
    of HTTP, or service and method of RPC, or where the data or messages are. named: how well a name could
    be made of it, more being better.
    """

    layer: str
    method: str
    path: Path
    named: int


def asked(facts: Facts) -> Asked:
    """What a span with these facts says of its request."""
    attributes = facts.attributes
    system = attributes.get("db.system.name", "")
    if system:
        return _data(system, attributes)
    destination = attributes.get("messaging.destination.template") or attributes.get(
        "messaging.destination.name", ""
    )
    if destination:
        done = attributes.get("messaging.operation.type", "") or spoken(facts)[0]
        if facts.kind is Kind.CONSUMER:  # it receives a message and processes that
            return Asked("message", "", (destination,), 1 if done in _RECEIVES else 2)
        return Asked("message", done, (destination,), 1)
    return _call(facts)


def _data(system: str, attributes: Mapping[str, str]) -> Asked:
    verb, collection = attributes.get("db.operation.name", ""), attributes.get("db.collection.name", "")
    summary = attributes.get("db.query.summary", "").split(" ", 1)
    verb, collection = verb or summary[0], collection or "".join(summary[1:])
    return Asked("data", verb.upper(), (system, collection), bool(verb) + bool(collection))


def _call(facts: Facts) -> Asked:
    attributes = facts.attributes
    said = _SPOKEN.fullmatch(facts.name)
    method = attributes.get("http.request.method") or (said[1].upper() if said else "")
    route = attributes.get("http.route") or attributes.get("url.template", "")
    if "rpc.method" in attributes:
        return Asked("call", "", _segments(attributes["rpc.method"]), 3)
    at = attributes.get("url.path", "")
    if at and is_open(route) and not is_catch_all(route):
        route = ""
    path = _segments(route or at or (said[2] or "" if said else ""))
    if not (method or path):
        return Asked("", "", (), 0)
    says = bool(path) and path[-1] not in _ANY
    return Asked("call", method, path, (3 if route else 2) if says else 1)


@lru_cache(maxsize=65_536)
def _segments(path: str) -> Path:
    return tuple([segment for segment in path.split("/") if segment])


def contradicts(one: Asked, other: Asked) -> bool:
    """Whether both say something that is not the same, so that they cannot be about one request."""
    if one.layer and other.layer and one.layer != other.layer:
        return True
    if one.method and other.method and one.method != other.method:
        return True
    return bool(one.path and other.path) and not _match(one, other)


def agrees(one: Asked, other: Asked) -> bool:
    """Whether both say the same of something, and nothing else that differs."""
    if not one.layer or one.layer != other.layer or contradicts(one, other):
        return False
    return bool(one.path and other.path) or bool(one.method and one.method == other.method)


def goes_over(upper: Asked, lower: Asked) -> bool:
    """Whether `lower`, right below, is the request over HTTP by which a call of an SDK or an RPC goes out."""
    over_http = lower.layer == "call" and bool(lower.method)
    return over_http and (upper.layer in ("data", "message") or (bool(upper.path) and not upper.method))


def answers(entry: Asked, server: Asked) -> bool:
    """Whether a server below an entry answers what that was asked for: the same method and path."""
    paths = (entry.path, server.path)
    stated = (entry.method or entry.layer == "call") and all(path and path[-1] not in _ANY for path in paths)
    return bool(stated) and agrees(entry, server)


def _match(one: Asked, other: Asked) -> bool:
    """Whether two paths may be of one request; data and messages are where they are."""
    if one.layer == "call":
        return matches(one.path, other.path)
    return all(not a or not b or a == b for a, b in zip(one.path, other.path, strict=True))


def matches(one: Path, other: Path) -> bool:
    """Whether two paths or routes may be of one request.

    A shorter one may be the end of the longer, as the route of a part that is mounted somewhere is, and what
    a gateway leaves of a path; then they have more in common than places.
    """
    if one[-1] in _ANY or other[-1] in _ANY:
        return True
    width = min(len(one), len(other))
    pairs = list(zip(one[-width:], other[-width:], strict=True))
    alike = all(a == b or _PLACE.fullmatch(a) or _PLACE.fullmatch(b) for a, b in pairs)
    return alike and (len(one) == len(other) or any(a == b for a, b in pairs))
