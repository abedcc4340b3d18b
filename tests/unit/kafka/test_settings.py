"""Settings of Kafka: what they accept, and that secrets stay secret."""

from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from monitor.kafka.settings import FlowsTopicSettings, KafkaSettings, SaslSettings, back_ms


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
