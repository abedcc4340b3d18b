"""What a span does, named the same way wherever it runs (telemetry rules 7 and 8).

The first that its attributes give:

| attributes | name |
| --- | --- |
| http.request.method, http.route | `GET /cart/{id}` |
| http.request.method, url.template | `GET /cart/{id}` |
| rpc.method (rpc.system.name) | `grpc shop.Cart/Get` |
| messaging.operation.type, messaging.destination.template or .name | `send orders` |
| db.system.name, db.operation.name, db.collection.name (or db.query.summary) | `postgresql SELECT orders` |
| none of these | the span's name |

Free-form parts (span name, destination, collection) are templated by fixed rules; nothing is learned, or
two replicas would name one flow differently. What a client or producer does ends with the declared
logical peer: `POST /charge @payments`.
"""

import re
from collections.abc import Mapping

from monitor.flows.flow import Operation
from monitor.wire.span import Facts, Kind

NAMES = 1
"""Version of these rules: it rises when flows or calls get other names, since what was learned under the old
ones is then no reference for what comes."""
MAX_NAME = 200
"""Characters of an operation's name."""

_FREE = re.compile(
    r"""
      [^\s/@:]+@[^\s/@]+\.[A-Za-z]+                                             # e-mail
    | [0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}                      # UUID
    | (?<![0-9A-Za-z])(?:0x)?(?=[0-9a-fA-F]*[0-9])[0-9a-fA-F]{8,}(?![0-9A-Za-z])  # hex
    | (?<![0-9A-Za-z_-])(?=(?:[A-Za-z_-]*[0-9]){2})[0-9A-Za-z_-]{24,}           # long token
    | (?<![0-9A-Za-z])[0-9]+(?:\.[0-9]+)*(?![0-9A-Za-z])                        # number
    """,
    re.VERBOSE,
)
_PEERED = (Kind.CLIENT, Kind.PRODUCER)


def operation(facts: Facts) -> Operation:
    """The operation of a span with these facts."""
    name = _http(facts.attributes) or _rpc(facts.attributes)
    name = name or _messaging(facts.attributes) or _database(facts.attributes) or template(facts.name)
    peer = facts.attributes.get("service.peer.name", "") if facts.kind in _PEERED else ""
    suffix = f" @{peer}"[:MAX_NAME] if peer else ""
    return Operation(facts.service, facts.kind, name[: MAX_NAME - len(suffix)] + suffix)


def template(text: str) -> str:
    """Free-form text with e-mail addresses, UUIDs, hex, long tokens and numbers replaced by `{}`."""
    return _FREE.sub("{}", text)


def _http(attributes: Mapping[str, str]) -> str:
    method = attributes.get("http.request.method")
    route = attributes.get("http.route") or attributes.get("url.template")
    return f"{method} {route}" if method and route else ""


def _rpc(attributes: Mapping[str, str]) -> str:
    method = attributes.get("rpc.method")
    return _words(attributes.get("rpc.system.name"), method) if method else ""


def _messaging(attributes: Mapping[str, str]) -> str:
    destination = attributes.get("messaging.destination.template")
    destination = destination or template(attributes.get("messaging.destination.name", ""))
    return _words(attributes.get("messaging.operation.type"), destination) if destination else ""


def _database(attributes: Mapping[str, str]) -> str:
    system = attributes.get("db.system.name")
    verb = attributes.get("db.operation.name")
    collection = template(attributes.get("db.collection.name", ""))
    if not (system and (verb or collection)):
        summary = attributes.get("db.query.summary")
        return _words(system, summary) if summary else ""
    return _words(system, verb, collection)


def _words(*words: str | None) -> str:
    return " ".join(word for word in words if word)
