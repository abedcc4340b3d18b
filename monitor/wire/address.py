"""The service in an address, where that is a name inside of a network: `payments.shop.svc.cluster.local`.

    payments, payments.shop.svc, payments.lan, payments.service.consul   -> payments
    10.0.0.7, localhost, ip-10-0-0-7.ec2.internal, web-0, api.example.com -> nothing

Hosts of the world outside are left out: who sends webhooks asks thousands of them, and names are bounded.
"""

import re

from monitor.wire.free_text import without_tokens

_INSIDE = re.compile(
    r"([a-z](?:[a-z_-]|\d(?!\d))*)(?:(?:\.[\w-]+)?\.svc(?:\.[\w.-]+)?|(?:\.[\w-]+)*\.(?:local|internal|lan|consul))?\.?"
)
_OF_NO_SERVICE = re.compile(r"localhost|host|.*-\d")


def service_at(address: str) -> str:
    """The name of the service at an address; '' where it has none."""
    found = _INSIDE.fullmatch(address.strip().lower().rsplit(":", 1)[0])
    name = found[1] if found else ""
    return "" if _OF_NO_SERVICE.fullmatch(name) or without_tokens(name) != name else name
