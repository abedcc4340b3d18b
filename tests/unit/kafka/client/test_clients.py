"""Arguments of Kafka clients: what the settings say of TLS and SASL."""

import asyncio
import logging
from pathlib import Path

import pytest
from aiokafka.errors import KafkaConnectionError
from pydantic import SecretStr

from monitor.base.errors import ConfigurationError
from monitor.kafka.client.clients import start_client
from monitor.kafka.client.security import security
from monitor.kafka.security import AuthSettings, SaslSettings, TlsSettings
from monitor.kafka.settings import KafkaSettings

SASL = AuthSettings(sasl=SaslSettings(username="me", password=SecretStr("canary")))


@pytest.mark.fault("kafka")
@pytest.mark.parametrize(
    ("auth", "tls", "protocol"),
    [
        (AuthSettings(), TlsSettings(), "PLAINTEXT"),
        (SASL, TlsSettings(), "SASL_PLAINTEXT"),
        (AuthSettings(), TlsSettings(enabled=True), "SSL"),
        (SASL, TlsSettings(enabled=True), "SASL_SSL"),
    ],
)
def test_the_protocol_follows_from_the_settings(auth: AuthSettings, tls: TlsSettings, protocol: str) -> None:
    """TLS and SASL are switched on by their own sections, and TLS always verifies."""
    arguments = security(KafkaSettings(auth=auth, tls=tls))
    assert arguments["security_protocol"] == protocol
    assert (arguments["ssl_context"] is not None) == tls.enabled
    assert arguments.get("sasl_plain_password") == ("canary" if auth.sasl else None)
    if tls.enabled:
        assert arguments["ssl_context"].check_hostname


def test_a_missing_certificate_is_a_wrong_setting(tmp_path: Path) -> None:
    """A certificate that is not there ends with the section to mend."""
    with pytest.raises(ConfigurationError, match=r"kafka\.tls"):
        security(KafkaSettings(tls=TlsSettings(enabled=True, ca_file=tmp_path / "none.pem")))


class Refused:
    """A client whose broker refuses it: aiokafka tells why in its log alone."""

    async def start(self) -> None:
        """Fail as aiokafka does."""
        logging.getLogger("aiokafka.client").error(
            "Unable connect: SaslAuthenticationFailed: invalid password"
        )
        raise KafkaConnectionError("Unable to bootstrap from [('localhost', 9092)]")

    async def stop(self) -> None:
        """Nothing was opened."""


def test_refusal_ends_with_its_cause() -> None:
    """Wrong credentials are no outage: they end at once, and the cause comes from aiokafka's log."""
    with pytest.raises(ConfigurationError, match="invalid password"):
        asyncio.run(start_client(Refused))
