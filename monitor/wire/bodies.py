"""Which attributes hold bodies of requests and responses, where the settings ask for them.

Nothing reads a body that is not asked for. Sources of the names: the Collector's and Hypertrace's agents
(http.request.body, rpc.request.body, ...), the proposal for semantic conventions (http.request.body.content),
and what people write by hand.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from fnmatch import translate
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

REQUEST, RESPONSE = "http.request.body.content", "http.response.body.content"
"""Names under which fields are kept."""
BODIES = frozenset((REQUEST, RESPONSE))

_HTTP = ("http.{}.body", "http.{}.body.text", "http.{}.body.json", "http.{}_body", "http.{}.payload")
_OTHERS = ("rpc.{}.body", "rpc.grpc.{}.body", "grpc.{}.body", "{}.body", "{}.payload")
_MESSAGES = ("messaging.message.body", "messaging.message.payload", "messaging.message.body.content")

Attribute = Annotated[str, Field(max_length=120, pattern=r"^[!-~]+$")]


class PayloadSettings(BaseModel):
    """Whether fields of recorded bodies are compared; only paths and types of them are kept.

    bodies: read them at all. request, response: attributes that hold one, beside those that are known.
    services: globs on the services of which they are read.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    bodies: bool = False
    request: tuple[Attribute, ...] = ()
    response: tuple[Attribute, ...] = ()
    services: tuple[str, ...] = ("*",)


def body_attributes(settings: PayloadSettings) -> dict[str, str]:
    """Attribute -> the name under which the fields of the body in it are kept; nothing where none is read."""
    if not settings.bodies:
        return {}
    requests = (*_named("request"), *_MESSAGES, *settings.request)
    return {
        **dict.fromkeys(requests, REQUEST),
        **dict.fromkeys((*_named("response"), *settings.response), RESPONSE),
    }


def _named(side: str) -> Iterable[str]:
    return (form.format(side) for form in ("http.{}.body.content", *_HTTP, *_OTHERS))


def of_service(settings: PayloadSettings) -> Callable[[str], bool]:
    """Whether bodies of a service are read."""
    match = re.compile("|".join(map(translate, settings.services)) or r"(?!)").match
    return lambda service: match(service) is not None


def without_bodies(known: Mapping[str, str]) -> dict[str, str]:
    """Attributes without fields of bodies."""
    return {name: value for name, value in known.items() if name not in BODIES}
