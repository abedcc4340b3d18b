"""An endpoint that gives tokens for client credentials (RFC 6749, section 4.4), on loopback."""

import json
import threading
from base64 import b64encode
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self


class TokenEndpoint:
    """Gives `token` to one client; `asked` counts how often."""

    def __init__(self, client: str, secret: str, token: str, seconds: int = 3600) -> None:
        self.asked = 0
        named = b64encode(f"{client}:{secret}".encode()).decode()
        given = {"access_token": token, "token_type": "Bearer", "expires_in": seconds}
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                """Answer as section 5 says."""
                outer.asked += 1
                body = self.rfile.read(int(self.headers["Content-Length"]))
                right = self.headers["Authorization"] == f"Basic {named}" and b"client_credentials" in body
                self.send_response(200 if right else 401)
                self.end_headers()
                self.wfile.write(json.dumps(given if right else {"error": "invalid_client"}).encode())

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self._server.server_port}/token"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
