"""Settings of Kafka: what they accept, and that secrets stay secret."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from monitor.kafka.security import SaslSettings
from monitor.kafka.settings import FlowsTopicSettings, KafkaSettings, back_ms

SECRET = {"client_secret": "canary"}


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [
        ("-24h", 86_400_000),
        ("-90s", 90_000),
        ("-7d", 604_800_000),
        ("-5m", 300_000),
        ("-1ms", 1),
        ("latest", None),
    ],
)
def test_initial_offset_reaches_back(text: str, milliseconds: int | None) -> None:
    """A time back from now is read in every unit; words are no time."""
    assert back_ms(text) == milliseconds
    assert KafkaSettings(initial_offset=text).initial_offset == text


@pytest.mark.parametrize("text", ["", "24h", "-24", "-1w", "begin"])
def test_a_wrong_initial_offset_is_refused(text: str) -> None:
    """What is neither a word nor a time back says what it must be."""
    with pytest.raises(ValidationError, match="'-24h'"):
        KafkaSettings(initial_offset=text)


def test_shards_are_a_power_of_two() -> None:
    """Shards can be doubled only from a power of two."""
    with pytest.raises(ValidationError, match="power of two"):
        FlowsTopicSettings(shards=48)


def test_the_password_comes_from_its_file(tmp_path: Path) -> None:
    """A password in a file is read at each use; one in the settings is never printed."""
    secret = tmp_path / "password"
    secret.write_text("canary\n", encoding="utf-8")
    assert SaslSettings(username="me", password_file=secret).secret() == "canary"
    given = SaslSettings(username="me", password=SecretStr("canary"))
    assert given.secret() == "canary"
    assert "canary" not in repr(given)
    assert SaslSettings(username="me").secret() == ""


@pytest.mark.fault("kafka")
@pytest.mark.parametrize(
    ("sasl", "said"),
    [
        ({"mechanism": "PLAIN", "username": "me"}, "PLAIN sends its secret as it is.*tls.enabled: true"),
        ({"mechanism": "OAUTHBEARER", "oauth": {"token_file": "t"}}, "OAUTHBEARER sends its secret as it is"),
    ],
)
def test_a_secret_that_is_sent_as_it_is_needs_tls(sasl: dict[str, Any], said: str) -> None:
    """Without TLS such settings are refused, of every cluster; with it they are taken."""
    given = {"auth": {"sasl": sasl}}
    cluster = {"brokers": ["a:9092"], **given}
    for settings in (given, {"clusters": {"tests": cluster}}):
        with pytest.raises(ValidationError, match=said):
            KafkaSettings.model_validate(settings)
    assert KafkaSettings.model_validate(given | {"tls": {"enabled": True}}).auth.sasl is not None


@pytest.mark.parametrize(
    ("sasl", "said"),
    [
        ({}, "username: SCRAM-SHA-512 needs one"),
        ({"mechanism": "OAUTHBEARER"}, "OAUTHBEARER needs a token"),
        ({"username": "me", "oauth": {"token_file": "t"}}, "SCRAM-SHA-512 takes no token"),
        ({"mechanism": "OAUTHBEARER", "oauth": {}}, "set token_file, or token_url"),
        ({"mechanism": "OAUTHBEARER", "oauth": {"token_url": "https://a/t"}}, "needs client_id"),
        (
            {"mechanism": "OAUTHBEARER", "oauth": {"token_url": "http://a/t", "client_id": "me"} | SECRET},
            "must begin with https://",
        ),
    ],
)
def test_what_a_mechanism_needs_is_said(sasl: dict[str, Any], said: str) -> None:
    """Each mechanism has what it needs, and nothing that it does not take; a secret goes over TLS alone."""
    with pytest.raises(ValidationError, match=said) as error:
        SaslSettings.model_validate(sasl)
    assert "canary" not in str(error.value)
