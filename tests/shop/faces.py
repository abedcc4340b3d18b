"""What spans of a shop say beside their operation, by OpenTelemetry's semantic conventions.

Credentials are redacted, as whoever captures headers configures it; their presence is what remains. Of every
request some headers are recorded, and whether it came over TLS.
"""

import orjson

from tests.metamorphic.telemetry.spans import NONE, Attributes, Value
from tests.shop.model import Operation, Service

CARRIED = {
    "bearer": {"http.request.header.authorization": "Bearer REDACTED"},
    "basic": {"http.request.header.authorization": "Basic REDACTED"},
    "cookie": {"http.request.header.cookie": "REDACTED"},
    "mtls": {"tls.client.subject": "REDACTED", "tls.established": "true"},
}
RECORDED: Attributes = {"http.request.header.accept": "application/json", "tls.established": "false"}
VALUES: dict[str, Value | list[int] | None] = {
    "string": "x",
    "number": 12,
    "array": [1],
    "boolean": 1,
    "null": None,
}


def identity(mechanism: str, *, verified: bool = False) -> Attributes:
    """Presence of credentials, and on the side that checked them of whose they are."""
    if not mechanism:
        return RECORDED
    return {**RECORDED, **CARRIED[mechanism], **({"user.id": "REDACTED"} if verified else {})}


def answer(operation: Operation, status: int) -> Attributes:
    """The body of an answer, where it is captured."""
    if not operation.fields or status != 200:
        return NONE
    body = {name: VALUES[type_] for name, type_ in operation.fields}
    return {"http.response.body.content": orjson.dumps(body).decode(), "http.response.body.size": 96}


def process(service: Service, replica: int) -> Attributes:
    """What a process says of itself."""
    return {
        "service.version": service.version,
        "service.instance.id": f"{service.name}-{replica}",
        "telemetry.sdk.language": service.language,
        "telemetry.sdk.version": "1.42.0",
        "process.runtime.version": service.runtime,
        "cloud.region": service.region,
    }
