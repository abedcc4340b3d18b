"""What a service states of itself: (aspect, value) pairs, worked out once per `Facts`; never a free value.

| aspect | from |
| --- | --- |
| version | service.version |
| runtime | telemetry.sdk.language, else process.runtime.name; process.runtime.version |
| sdk | telemetry.sdk.name, telemetry.sdk.version |
| platform, region, zone, architecture | cloud.platform, cloud.region, cloud.availability_zone, host.arch |
| image | container.image.name without its registry, container.image.tag |
| cpu limit, memory limit | k8s.container.cpu.limit, k8s.container.memory.limit, faas.max_memory |
| database, broker | db.system.name, messaging.system of its calls |
| flag KEY | the variant that it evaluated |

A value is one short word as people choose them, without ids; only a version may be an id.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from monitor.wire.flags import FLAGS, evaluated
from monitor.wire.free_text import without_tokens
from monitor.wire.span import Facts

VERSION, RUNTIME, SDK, FLAG = "version", "runtime", "sdk", "flag "
MOST_SERVICES = 256
"""Of one flow at most this many services say something, the first by name."""

Said = tuple[tuple[str, str], ...]
"""Pairs of aspect and value, sorted."""

_RESOURCE = {
    "platform": ("cloud.platform",),
    "region": ("cloud.region",),
    "zone": ("cloud.availability_zone",),
    "architecture": ("host.arch",),
    "cpu limit": ("k8s.container.cpu.limit",),
    "memory limit": ("k8s.container.memory.limit", "faas.max_memory"),
}
_SPAN = {"database": "db.system.name", "broker": "messaging.system"}
_WORD = re.compile(r"[A-Za-z0-9][\w.+:/-]{0,63}")


class Profile(NamedTuple):
    """What one service says of itself."""

    service: str
    said: Said


Stated = tuple[Profile, ...]
"""What the services of a flow say of themselves, by name; those that say nothing are left out."""


def said(facts: Facts) -> Said:
    """What a span and its resource say of the service."""
    return tuple(sorted({*_of_resource(facts.resource), *_of_span(facts.attributes)}))


def _of_resource(resource: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    if _WORD.fullmatch(version := resource.get("service.version", "")):
        yield VERSION, version
    for aspect, names in _RESOURCE.items():
        yield from _pair(aspect, next((resource[name] for name in names if name in resource), ""))
    language = resource.get("telemetry.sdk.language") or resource.get("process.runtime.name", "")
    yield from _pair(RUNTIME, language, resource.get("process.runtime.version", ""))
    sdk = resource.get("telemetry.sdk.name", "opentelemetry")
    yield from _pair(SDK, sdk, resource.get("telemetry.sdk.version", ""))
    image = resource.get("container.image.name", "").rpartition("/")[2]
    tag = resource.get("container.image.tag", "")
    yield from _pair("image", f"{image}:{tag}" if tag else image)


def _of_span(attributes: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for aspect, name in _SPAN.items():
        yield from _pair(aspect, attributes.get(name, ""))
    for key, variant in evaluated(attributes.get(FLAGS, "")).items():
        yield f"{FLAG}{key}", variant


def _pair(aspect: str, *parts: str) -> Iterator[tuple[str, str]]:
    """An aspect with its value, where each part of that is a word."""
    if all(_WORD.fullmatch(part) and without_tokens(part) == part for part in parts):
        yield aspect, " ".join(parts)


def together(profiles: Iterable[Profile]) -> Stated:
    """What the services of a flow say in all their spans."""
    services: dict[str, set[tuple[str, str]]] = {}
    for service, pairs in profiles:
        if pairs:
            services.setdefault(service, set()).update(pairs)
    return tuple([Profile(name, tuple(sorted(services[name]))) for name in sorted(services)[:MOST_SERVICES]])
