"""Tokens for OAUTHBEARER: from a file, and from an endpoint."""

import asyncio
from pathlib import Path

import pytest
from faust.auth import OAuthCredentials

from monitor.base.clock import ManualClock
from monitor.base.errors import ConfigurationError
from monitor.demo.process import free_port
from monitor.kafka.auditor.faust_app import credentials
from monitor.kafka.client.security import GrantedToken, TokenInFile, security, token_provider
from monitor.kafka.security import OauthSettings
from monitor.kafka.settings import KafkaSettings
from tests.token_endpoint import TokenEndpoint


def granted(url: str, said: str = "s3cret") -> OauthSettings:
    return OauthSettings.model_validate({"token_url": url, "client_id": "me", "client_secret": said})


def test_a_token_in_a_file_is_read_each_time(tmp_path: Path) -> None:
    """Somebody else renews it; where it is missing the error names the setting and the file."""
    file = tmp_path / "token"
    tokens = TokenInFile(OauthSettings(token_file=file))
    with pytest.raises(ConfigurationError, match=r"oauth.token_file: .*token: No such file"):
        asyncio.run(tokens.token())
    for text in ("one", "two"):
        file.write_text(f"{text}\n")
        assert asyncio.run(tokens.token()) == text


def test_a_token_is_kept_until_it_is_about_to_expire() -> None:
    """The endpoint is asked once for many connections, and again half a minute before the token expires."""
    clock = ManualClock()
    with TokenEndpoint("me", "s3cret", "given", seconds=100) as endpoint:
        tokens = GrantedToken(granted(endpoint.url), clock)

        async def ask() -> None:
            assert set(await asyncio.gather(*(tokens.token() for _ in range(3)))) == {"given"}

        asyncio.run(ask())
        clock.advance(69)
        asyncio.run(ask())
        assert endpoint.asked == 1
        clock.advance(2)
        asyncio.run(ask())
        assert endpoint.asked == 2


def test_an_endpoint_that_refuses_us_is_an_error_of_the_settings() -> None:
    """It says who was refused by whom, and never with which secret."""
    with TokenEndpoint("me", "s3cret", "given") as endpoint:
        tokens = GrantedToken(granted(endpoint.url, "canary"), ManualClock())
        with pytest.raises(ConfigurationError, match="refuses client me: invalid_client") as error:
            asyncio.run(tokens.token())
    assert "canary" not in str(error.value)


def test_an_endpoint_that_does_not_answer_is_asked_again() -> None:
    """No answer is no refusal: an error that is tried again."""
    tokens = GrantedToken(granted(f"http://127.0.0.1:{free_port()}/token"), ManualClock())
    with pytest.raises(OSError, match="does not answer"):
        asyncio.run(tokens.token())


def test_a_refusal_after_a_token_was_given_is_tried_again(tmp_path: Path) -> None:
    """aiokafka's connections end for good at anything but an OSError; the endpoint may only be confused."""
    clock, secret, file = ManualClock(), tmp_path / "secret", tmp_path / "token"
    secret.write_text("s3cret", encoding="utf-8")
    with TokenEndpoint("me", "s3cret", "given", seconds=100) as endpoint:
        asked = OauthSettings(token_url=endpoint.url, client_id="me", client_secret_file=secret)
        tokens = GrantedToken(asked, clock)
        asyncio.run(tokens.token())
        secret.write_text("another", encoding="utf-8")
        clock.advance(80)
        with pytest.raises(OSError, match="refuses client me"):
            asyncio.run(tokens.token())
    file.write_text("given", encoding="utf-8")
    from_file = TokenInFile(OauthSettings(token_file=file))
    asyncio.run(from_file.token())
    file.unlink()
    with pytest.raises(OSError, match="token_file"):
        asyncio.run(from_file.token())


def test_tokens_go_to_both_clients(tmp_path: Path) -> None:
    """aiokafka and Faust take the token from the same place, over TLS."""
    sasl = {"mechanism": "OAUTHBEARER", "oauth": {"token_file": str(tmp_path / "token")}}
    settings = KafkaSettings.model_validate({"tls": {"enabled": True}, "auth": {"sasl": sasl}})
    arguments = security(settings)
    assert (arguments["security_protocol"], arguments["sasl_mechanism"]) == ("SASL_SSL", "OAUTHBEARER")
    assert isinstance(arguments["sasl_oauth_token_provider"], TokenInFile)
    given = credentials(settings)
    assert isinstance(given, OAuthCredentials) and isinstance(given.oauth_cb, TokenInFile)
    assert token_provider(KafkaSettings()) is None
