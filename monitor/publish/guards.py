"""What every answer of the HTTP API carries, and what no request may exceed (ASGI, no framework needed)."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BODY_BYTES = 64 * 1024
"""No route reads more than a few bytes."""

_POLICY = (
    b"default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "
    b"frame-ancestors 'none'"
)
HEADERS = (
    (b"content-security-policy", _POLICY),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-store"),
)
"""Names in telemetry are foreign text: a browser shall run nothing that they say."""


class SecurityHeaders:
    """Adds `HEADERS` to every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one ASGI connection."""

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *HEADERS]
            await send(message)

        await self._app(scope, receive, guarded)


class BodyLimit:
    """Answers 413 to a request that announces a body above `MAX_BODY_BYTES`, or none of a known length."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one ASGI connection."""
        if scope["type"] == "http" and _too_large(dict(scope["headers"])):
            headers = [(b"content-type", b"application/json"), (b"connection", b"close")]
            await send({"type": "http.response.start", "status": 413, "headers": headers})
            await send({"type": "http.response.body", "body": b'{"detail":"the body is too large"}'})
        else:
            await self._app(scope, receive, send)


def _too_large(headers: dict[bytes, bytes]) -> bool:
    """Uvicorn has checked that a length is a number; a chunked body has no length and is not needed here."""
    return b"transfer-encoding" in headers or int(headers.get(b"content-length", b"0")) > MAX_BODY_BYTES
