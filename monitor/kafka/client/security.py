"""TLS and SASL as aiokafka takes them."""

import asyncio
import json
import ssl
from base64 import b64encode
from functools import lru_cache
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from threading import Lock
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from aiokafka.abc import AbstractTokenProvider

from monitor.base.clock import Clock, SystemClock
from monitor.base.errors import ConfigurationError
from monitor.kafka.security import OauthSettings, secret_of
from monitor.kafka.settings import KafkaSettings

_ASK_SECONDS = 10
_EARLY_SECONDS = 30
"""A token is asked for anew this long before it expires."""
_LARGEST_ANSWER = 1 << 20
_REFUSALS = (400, 401, 403)
"""What a client that is asked again will get again (RFC 6749, section 5.2); 408 and 429 pass."""


def security(settings: KafkaSettings) -> dict[str, Any]:
    """The arguments for TLS and SASL, the same for every client."""
    sasl, context = settings.auth.sasl, tls_context(settings)
    protocol = ("SASL_" if sasl else "") + ("SSL" if context else "PLAINTEXT")
    arguments: dict[str, Any] = {"security_protocol": protocol, "ssl_context": context}
    if (tokens := token_provider(settings)) is not None:
        arguments |= {"sasl_mechanism": "OAUTHBEARER", "sasl_oauth_token_provider": tokens}
    elif sasl:
        arguments |= {
            "sasl_mechanism": sasl.mechanism,
            "sasl_plain_username": sasl.username,
            "sasl_plain_password": sasl.secret(),
        }
    return arguments


def tls_context(settings: KafkaSettings) -> ssl.SSLContext | None:
    """A verifying TLS context, or None where TLS is off."""
    tls = settings.tls
    if not tls.enabled:
        return None
    try:
        context = ssl.create_default_context(cafile=tls.ca_file)
        if tls.cert_file:
            context.load_cert_chain(tls.cert_file, tls.key_file)
    except OSError as error:
        raise ConfigurationError(f"kafka.tls: {error.strerror or error}", code="tls") from error
    return context


def token_provider(settings: KafkaSettings) -> AbstractTokenProvider | None:
    """Where the tokens of these settings come from; None where the broker wants none."""
    sasl = settings.auth.sasl
    if sasl is None or sasl.oauth is None:
        return None
    return _granted(sasl.oauth) if sasl.oauth.token_url else TokenInFile(sasl.oauth)


@lru_cache(maxsize=64)
def _granted(settings: OauthSettings) -> "GrantedToken":
    """One for all clients of a process: a token is good for each of them."""
    return GrantedToken(settings, SystemClock())


class TokenInFile(AbstractTokenProvider):  # type: ignore[misc]  # aiokafka has no type information
    """The token in a file, which somebody else renews."""

    def __init__(self, settings: OauthSettings) -> None:
        self._settings, self._given = settings, False

    async def token(self) -> str:
        """The token.

        Raises ConfigurationError where its file cannot be read; OSError where it could be before, since
        aiokafka's connections try again after that alone.
        """
        try:
            said = secret_of(None, self._settings.token_file, "kafka.auth.sasl.oauth.token_file")
        except ConfigurationError as error:
            if self._given:
                raise OSError(str(error)) from error
            raise
        self._given = True
        return said


class GrantedToken(AbstractTokenProvider):  # type: ignore[misc]
    """The token that an endpoint gives for client credentials (RFC 6749, section 4.4), until it expires.

    Faust asks from an event loop of its own, in another thread.
    """

    def __init__(self, settings: OauthSettings, clock: Clock) -> None:
        self._settings, self._clock = settings, clock
        self._asking = Lock()
        self._token, self._until = "", 0.0

    async def token(self) -> str:
        """A token that is not about to expire.

        Raises OSError where the endpoint does not answer, ConfigurationError where it refuses us from the
        first time on; later that, too, is an OSError, since aiokafka's connections try again after it alone.
        """
        try:
            return await asyncio.to_thread(self._present)
        except ConfigurationError as error:
            if self._token:
                raise OSError(str(error)) from error
            raise

    def _present(self) -> str:
        with self._asking:
            if not self._token or self._clock.monotonic() >= self._until:
                self._token, seconds = _grant(self._settings)
                self._until = self._clock.monotonic() + max(0.0, seconds - _EARLY_SECONDS)
            return self._token


def _grant(settings: OauthSettings) -> tuple[str, float]:
    """A token and how many seconds it is good for."""
    status, answer = _posted(settings)
    given = _object(answer)
    if status in _REFUSALS:
        why = given.get("error") or f"HTTP {status}"
        said = f"{settings.token_url} refuses client {settings.client_id}: {why}"
        raise ConfigurationError(f"kafka.auth.sasl.oauth: {said}", code="oauth_refused")
    if status != 200 or not isinstance(given.get("access_token"), str):
        raise OSError(f"{settings.token_url} gave no token: HTTP {status}")
    seconds = given.get("expires_in")
    return given["access_token"], float(seconds) if isinstance(seconds, int | float) else _EARLY_SECONDS


def _object(answer: bytes) -> dict[str, Any]:
    """A JSON object; an empty one for anything else."""
    try:
        given = json.loads(answer)
    except ValueError:
        return {}
    return given if isinstance(given, dict) else {}


def _posted(settings: OauthSettings) -> tuple[int, bytes]:
    """Status and body of the endpoint's answer; OSError where there is none."""
    url = urlsplit(settings.token_url or "")
    named = f"{quote(settings.client_id, safe='')}:{quote(settings.secret(), safe='')}"
    asked = {"grant_type": "client_credentials", **({"scope": settings.scope} if settings.scope else {})}
    headers = {
        "Authorization": f"Basic {b64encode(named.encode()).decode()}",
        "Content-Type": "application/x-www-form-urlencoded",
        "Accept": "application/json",
    }
    connection = _connection(settings, url.scheme, url.netloc)
    try:
        path = (url.path or "/") + (f"?{url.query}" if url.query else "")
        connection.request("POST", path, urlencode(asked), headers)
        response = connection.getresponse()
        return response.status, response.read(_LARGEST_ANSWER)
    except (HTTPException, OSError) as error:
        raise OSError(f"{settings.token_url} does not answer: {str(error) or type(error).__name__}") from None
    finally:
        connection.close()


def _connection(settings: OauthSettings, scheme: str, place: str) -> HTTPConnection:
    if scheme == "http":
        return HTTPConnection(place, timeout=_ASK_SECONDS)
    try:
        context = ssl.create_default_context(cafile=settings.ca_file)
    except OSError as error:
        said = f"kafka.auth.sasl.oauth.ca_file: {settings.ca_file}: {error.strerror or error}"
        raise ConfigurationError(said, code="tls") from None
    return HTTPSConnection(place, timeout=_ASK_SECONDS, context=context)
