"""How to authenticate to Kafka, and TLS: settings that a cluster has each of its own."""

from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from monitor.base.errors import ConfigurationError

_LOOPBACK = ("localhost", "127.0.0.1", "::1")


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


def secret_of(given: SecretStr | None, file: Path | None, setting: str) -> str:
    """A secret, from its file where there is one, read anew each time.

    ConfigurationError, which names the `setting`, where that cannot be read.
    """
    if file is None:
        return given.get_secret_value() if given is not None else ""
    try:
        return file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        said = getattr(error, "strerror", None) or "not a text in UTF-8"
        raise ConfigurationError(f"{setting}: {file}: {said}", code=setting.rpartition(".")[2]) from None


class OauthSettings(_Section):
    """Where the token for OAUTHBEARER comes from: `token_file`, read at each connection, or `token_url`.

    That is an endpoint that gives tokens for client credentials (RFC 6749, section 4.4), over https; scope:
    what is asked for there. ca_file: whom its certificate is from; None: those that the system trusts.
    """

    token_file: Path | None = None
    token_url: str | None = Field(default=None, pattern=r"^https?://[^\s@]+$")
    client_id: str = ""
    client_secret: SecretStr | None = None
    client_secret_file: Path | None = None
    scope: str = ""
    ca_file: Path | None = None

    @model_validator(mode="after")
    def _is_one_source(self) -> Self:
        if (self.token_file is None) == (self.token_url is None):
            raise ValueError("set token_file, or token_url with client_id and client_secret_file")
        if self.token_url is not None:
            if not self.client_id or (self.client_secret is None and self.client_secret_file is None):
                raise ValueError("token_url needs client_id and client_secret_file")
            url = urlsplit(self.token_url)
            if url.scheme != "https" and url.hostname not in _LOOPBACK:
                raise ValueError("token_url: must begin with https://, as a secret is sent there")
        return self

    def secret(self) -> str:
        """The client's secret; ConfigurationError where its file cannot be read."""
        return secret_of(
            self.client_secret, self.client_secret_file, "kafka.auth.sasl.oauth.client_secret_file"
        )


class SaslSettings(_Section):
    """What the broker shall know us by: user name and password, or a token (`oauth`) with OAUTHBEARER.

    The password comes from the environment or from a file.
    """

    mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"] = "SCRAM-SHA-512"
    username: str = ""
    password: SecretStr | None = None
    password_file: Path | None = None
    oauth: OauthSettings | None = None

    @model_validator(mode="after")
    def _fits_the_mechanism(self) -> Self:
        if self.mechanism == "OAUTHBEARER" and self.oauth is None:
            raise ValueError("oauth: OAUTHBEARER needs a token: set oauth.token_file or oauth.token_url")
        if self.mechanism != "OAUTHBEARER" and self.oauth is not None:
            raise ValueError(f"oauth: {self.mechanism} takes no token; set mechanism: OAUTHBEARER")
        if self.mechanism != "OAUTHBEARER" and not self.username:
            raise ValueError(f"username: {self.mechanism} needs one")
        return self

    def secret(self) -> str:
        """The password; from `password_file` where set. ConfigurationError where that cannot be read."""
        return secret_of(self.password, self.password_file, "kafka.auth.sasl.password_file")


class AuthSettings(_Section):
    """How to authenticate; not at all by default."""

    sasl: SaslSettings | None = None


class TlsSettings(_Section):
    """TLS, off by default; without `ca_file` the certificates of the system are trusted.

    cert_file, key_file: our own certificate, where the broker asks for one (mutual TLS).
    """

    enabled: bool = False
    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None


class ConnectionSettings(_Section):
    """How to connect to a cluster, whatever is done there.

    What is sent as it is (a password of PLAIN, a token) needs TLS.
    """

    auth: AuthSettings = AuthSettings()
    tls: TlsSettings = TlsSettings()

    @model_validator(mode="after")
    def _secrets_are_covered(self) -> Self:
        sasl = self.auth.sasl
        if sasl is not None and not self.tls.enabled and sasl.mechanism in ("PLAIN", "OAUTHBEARER"):
            raise ValueError(
                f"auth.sasl.mechanism: {sasl.mechanism} sends its secret as it is, for everybody on the way "
                "to read: set tls.enabled: true, or mechanism: SCRAM-SHA-512"
            )
        return self
