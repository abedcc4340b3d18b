"""Attributes of which only is kept that they are there: credentials, and sizes of what was sent."""

from monitor.wire import credentials

SIZE = "payload.size"
"""Kept where a span states the size of a request, an answer or a message."""

SIZES = (
    "http.request.body.size",
    "http.response.body.size",
    "http.request_content_length",
    "http.response_content_length",
    "http.request.size",
    "http.response.size",
    "messaging.message.body.size",
    "messaging.message_payload_size_bytes",
    "messaging.message.payload_size_bytes",
    "rpc.message.uncompressed_size",
)
"""Names of sizes in conventions old and new (opentelemetry.io/docs/specs/semconv, attribute registry)."""

PRESENCE = credentials.PRESENCE | {SIZE}
