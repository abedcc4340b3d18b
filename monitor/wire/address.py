"""What an address says of whom it is of: the service in it, where it is, and whether it is a stub's.

The service, where that is a name inside of a network: `payments.shop.svc.cluster.local`.

    payments, payments.shop.svc, payments.lan, payments.service.consul   -> payments
    10.0.0.7, localhost, ip-10-0-0-7.ec2.internal, web-0, api.example.com -> nothing

Hosts of the world outside are left out: who sends webhooks asks thousands of them, and names are bounded.

| place | addresses |
| --- | --- |
| loopback | `localhost`, `*.localhost`, 127.0.0.0/8, ::1, 0.0.0.0 |
| container host | what Docker, Podman and Testcontainers call the machine around a container |
| private | private ranges (RFC 1918, 4193, 3927), names of one label, in `svc`, `local`, `internal`, ... |
| public | other names of three labels or more, or of two that end in a domain for everybody; other IPs |

A name of two labels is mostly a service and its namespace. Nothing follows from a private place.
"""

import re
from functools import lru_cache
from ipaddress import ip_address
from typing import NamedTuple

from monitor.wire.free_text import without_tokens
from monitor.wire.stubs import program_in, stub_in

LOOPBACK, CONTAINER_HOST, PRIVATE, PUBLIC = "loopback", "container host", "private", "public"

_INSIDE = re.compile(
    r"([a-z](?:[a-z_-]|\d(?!\d))*)(?:(?:\.[\w-]+)?\.svc(?:\.[\w.-]+)?|(?:\.[\w-]+)*\.(?:local|internal|lan|consul))?\.?"
)
_OF_NO_SERVICE = re.compile(r"localhost|host|.*-\d")
_PORT = re.compile(r"(?<=[^:]):\d+$|(?<=\]):\d+$")
_LOOPBACK = re.compile(r"(?:.+\.)?localhost(?:\.localdomain)?|ip6-localhost|ip6-loopback")
_CONTAINER_HOST = re.compile(
    r"(?:host|gateway)\.docker\.internal|host\.testcontainers\.internal|host\.containers\.internal"
    r"|docker\.for\.(?:mac|win)\.(?:localhost|host\.internal)|172\.17\.0\.1"
)
_PRIVATE_NAME = re.compile(
    r".*\.(?:svc|local|internal|lan|consul|cluster|home|corp|intra|intranet|private|test|invalid|home\.arpa)"
    r"|.*\.svc\..*"
)
_FOR_EVERYBODY = re.compile(r".*\.(?:com|net|org|io|co|ai|cloud)")
_HOST = re.compile(r"[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?")


class Address(NamedTuple):
    """What is kept of an address; '' for what it does not say. stub: as in `wire.stubs`."""

    service: str = ""
    place: str = ""
    stub: str = ""

    def __str__(self) -> str:
        """As the value of an attribute: a few words that hold no address."""
        return "@".join(self)

    @classmethod
    def read(cls, text: str) -> "Address":
        """The address that `str` wrote; of a release before there is the service alone."""
        return cls(*text.split("@", 2))


@lru_cache(maxsize=4096)
def reduced(address: str) -> str:
    """What is kept of an address, as one text; '' of nothing."""
    host = _PORT.sub("", address.strip().lower()).strip("[]").rstrip(".")
    place = _place(host)
    if not place:
        return ""
    service = service_at(host) if place == PRIVATE else ""
    # A name that a person may have given another one (`services.aliases`) is asked later.
    stub = program_in(host.partition(".")[2]) if service else stub_in(host)
    return str(Address(service, place, stub))


def service_at(address: str) -> str:
    """The name of the service at an address; '' where it has none."""
    found = _INSIDE.fullmatch(address.strip().lower().rsplit(":", 1)[0])
    name = found[1] if found else ""
    return "" if _OF_NO_SERVICE.fullmatch(name) or without_tokens(name) != name else name


def _place(host: str) -> str:
    """Where a host is, in lower case and without its port; '' for what is none."""
    if _CONTAINER_HOST.fullmatch(host):
        return CONTAINER_HOST
    if _LOOPBACK.fullmatch(host):
        return LOOPBACK
    try:
        ip = ip_address(host)
    except ValueError:
        return _place_of_name(host) if _HOST.fullmatch(host) else ""
    if ip.is_loopback or ip.is_unspecified:
        return LOOPBACK
    return PUBLIC if ip.is_global else PRIVATE


def _place_of_name(host: str) -> str:
    labels = host.count(".") + 1
    if labels == 1 or _PRIVATE_NAME.fullmatch(host):
        return PRIVATE
    return PUBLIC if labels > 2 or _FOR_EVERYBODY.fullmatch(host) else PRIVATE
