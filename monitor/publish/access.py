"""Who may change anything over HTTP: whoever has the token; where none is set, this machine's programs."""

from collections.abc import Mapping
from hmac import compare_digest
from ipaddress import ip_address
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from monitor.base.errors import ConfigurationError, FlowdriftError, UnreachableError

_TOKEN_BYTES = 4096
_HOW = "the commands take --token-file FILE or FLOWDRIFT_TOKEN_FILE"
_NONE_SET = (
    "other machines can reach this listener, and no token is set: set api.token_file "
    "(FLOWDRIFT_API__TOKEN_FILE) to a file that holds one, or api.host (FLOWDRIFT_API__HOST) to 127.0.0.1"
)
_NOT_FROM_HERE = (
    "without a token only programs of this machine are served, and no page of a browser: use the address "
    "127.0.0.1, or set api.token_file (FLOWDRIFT_API__TOKEN_FILE) to a file that holds a token"
)
_NONE_SENT = f"this needs the API's token, as `Authorization: Bearer TOKEN`; {_HOW}"
_ANOTHER_SENT = f"this is not the token in the daemon's api.token_file; {_HOW}"
_NONE_FOUND = "the daemon cannot read a token from its api.token_file: until it can, nothing is changed"


class NoTokenError(FlowdriftError):
    """The request has not the token that it needs."""


class ForbiddenError(FlowdriftError):
    """Where the request comes from, nothing may be changed without a token, and none is set."""


def read_token(path: Path, setting: str) -> str:
    """The token in a file, without white space around it; setting: what names the file.

    Raises ConfigurationError with what is wrong, never with what the file holds.
    """
    try:
        with path.open("rb") as file:
            token = file.read(_TOKEN_BYTES).strip().decode("ascii", "replace")
    except OSError as error:
        raise ConfigurationError(f"{setting}: {path}: {error.strerror}", code="token_file") from None
    if not token.isascii() or not token.isprintable() or not token or " " in token:
        said = "must hold one token: printable ASCII characters, no white space between them"
        raise ConfigurationError(f"{setting}: {path}: {said}", code="token_file")
    return token


class Access(NamedTuple):
    """Of a listener bound to the IP address `host`; token_file: as `api.token_file`."""

    host: str
    token_file: Path | None = None

    def require_token(self) -> None:
        """ConfigurationError where a token is set and cannot be read."""
        if self.token_file is not None:
            read_token(self.token_file, "api.token_file")

    def check(self, token: str | None, headers: Mapping[str, str]) -> None:
        """Return if a request with this bearer token and these headers (by lower-case name) may change state.

        Raises NoTokenError, ForbiddenError; UnreachableError while the file cannot be read.
        """
        if self.token_file is not None:
            self._check_token(token)
        elif not ip_address(self.host).is_loopback:
            raise ForbiddenError(_NONE_SET, code="no_token_set")
        elif "origin" in headers or not _names_this_machine(headers.get("host", "")):
            raise ForbiddenError(_NOT_FROM_HERE, code="not_from_here")

    def _check_token(self, token: str | None) -> None:
        """The file is read each time, since a Secret changes under a running process."""
        try:
            expected = read_token(self.token_file or Path(), "api.token_file")
        except ConfigurationError as error:
            raise UnreachableError(_NONE_FOUND, code="token_file") from error
        if not token:
            raise NoTokenError(_NONE_SENT, code="no_token")
        if not compare_digest(token.encode(), expected.encode()):
            raise NoTokenError(_ANOTHER_SENT, code="another_token")


def _names_this_machine(host: str) -> bool:
    """Whether a Host header names a loopback address: a name that a foreign page resolves to one does not."""
    try:
        name = urlsplit(f"//{host}").hostname or ""
        return name == "localhost" or ip_address(name).is_loopback
    except ValueError:
        return False
