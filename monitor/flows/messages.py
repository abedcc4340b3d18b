"""What is done to which destination of messages: `send orders`, `process orders`, `receive {temporary}`.

| part | the first that is there |
| --- | --- |
| verb | messaging.operation.type; the span's name; a client's rpc.method; by kind: `send`, `process` |
| destination | messaging.destination.template, .name; the routing key, as below; the span's name |

The span's name says both in either order (`orders send`, `send orders`, `orders publish`), where
messaging.system or the kind says that it is about messages. Destinations that are temporary or anonymous, or
have nothing but free parts, have one name. RabbitMQ's default exchange passes on to the queue that the
routing key names.
"""

import re
from collections.abc import Mapping

from monitor.wire.destination import TEMPORARY, bare_destination
from monitor.wire.free_text import template
from monitor.wire.span import Facts, Kind
from monitor.wire.url_path import FREE
from monitor.wire.values import RENAMED

_BY_KIND = {Kind.PRODUCER: "send", Kind.CONSUMER: "process"}
_RENAMED = RENAMED["messaging.operation"]
_VERB = "|".join(("send", "process", "receive", "create", "settle", *_RENAMED))
_SPOKEN = re.compile(
    rf"(?P<before>{_VERB})(?: (?P<after>.+))?|(?P<first>.+?) (?P<last>{_VERB})", re.IGNORECASE
)
_SEGMENTS = re.compile(r"\w[/.:_-]+\w")
_SENDS = re.compile("Send|Publish|Put")
_ROUTING = "messaging.rabbitmq.destination.routing_key"
_DEFAULT_EXCHANGES = frozenset(("", "amq.default", "<default>", "(default)"))


def message(facts: Facts) -> str:
    """Verb and destination of a span that is about messages; '' for any other."""
    attributes = facts.attributes
    verb, named = spoken(facts)
    destination = _destination(attributes) or template(bare_destination(named))
    verb = attributes.get("messaging.operation.type") or verb
    if destination and not verb:
        verb = _asked_of_sdk(facts)
    if not (destination or verb or "job.name" in attributes):
        return ""
    destination = TEMPORARY if destination == FREE else destination
    return " ".join(filter(None, (verb or _BY_KIND.get(facts.kind, ""), destination)))


def _asked_of_sdk(facts: Facts) -> str:
    """What a client asks of a broker's API: `DeleteMessage`; '' where that is no client's span."""
    asked = facts.attributes.get("rpc.method", "") if facts.kind is Kind.CLIENT else ""
    method = asked.rpartition("/")[2]
    return "send" if _SENDS.match(method) else template(method)


def kind_of(facts: Facts, name: str) -> Kind:
    """The kind of a span with this name: who sends a message is its producer, also where that is a client."""
    sends = facts.kind is Kind.CLIENT and name.startswith("send ") and message(facts).startswith("send ")
    return Kind.PRODUCER if sends else facts.kind


def spoken(facts: Facts) -> tuple[str, str]:
    """Verb and destination as the name of a span says them; '' where it is about no message."""
    if not ("messaging.system" in facts.attributes or facts.kind in _BY_KIND):
        return "", ""
    found = _SPOKEN.fullmatch(facts.name)
    if found is None:
        return "", ""
    verb = (found["before"] or found["last"]).lower()
    return _RENAMED.get(verb, verb), found["after"] or found["first"] or ""


def is_undeclared(facts: Facts) -> bool:
    """Whether a destination that has several segments is stated, and no template for it."""
    destination = _destination(facts.attributes)
    stated = destination and "messaging.destination.template" not in facts.attributes
    return bool(stated) and destination != TEMPORARY and _SEGMENTS.search(destination) is not None


def _destination(attributes: Mapping[str, str]) -> str:
    """The destination that attributes say, templated; '' where they say none."""
    if "true" in (
        attributes.get("messaging.destination.temporary"),
        attributes.get("messaging.destination.anonymous"),
    ):
        return TEMPORARY
    if declared := attributes.get("messaging.destination.template"):
        return template(declared)
    return template(_without_routing(attributes.get("messaging.destination.name", ""), attributes))


def _without_routing(name: str, attributes: Mapping[str, str]) -> str:
    """RabbitMQ's destination, without the routing key that newer conventions put into it.

    The routing key names what is sent (`flows.carried`), but at the default exchange it names the queue.
    """
    key = attributes.get(_ROUTING, "")
    if not key or name == key:
        return name
    if name in _DEFAULT_EXCHANGES:
        return bare_destination(key)
    return name.replace(f":{key}:", ":").removesuffix(f":{key}").removesuffix(f".{key}")
