"""A real Kafka that asks who we are, and permits no more than the documentation lists."""

import asyncio
import gc
import json
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from structlog.testing import capture_logs

from monitor.base.errors import ConfigurationError, UnreachableError
from monitor.base.permission import Grant
from monitor.kafka.client.acls import check, needed, of_own_topics, of_sources, of_topics
from monitor.kafka.client.clients import admin, start_once, stop_client
from monitor.kafka.client.member_id import check_membership
from monitor.kafka.client.topics import Names, ensure_topics, partition_counts, topic_config
from monitor.kafka.observer.offsets import committed
from monitor.kafka.settings import KafkaSettings
from tests.integration.acls import grant
from tests.integration.conftest import started
from tests.integration.daemon import LOOPBACK, Daemon
from tests.integration.kafka_client import create_topic, write
from tests.integration.secured_kafka import PASSWORD, STRANGER, USER, SecuredKafka, token
from tests.token_endpoint import TokenEndpoint
from tests.unit.wire.requests import request, sent

SPANS = "spans"
ANSWER_SECONDS = 20
"""Within which a broker accepts or refuses us."""


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecuredKafka]:
    """A Kafka in which `USER` is permitted what the documentation lists, and `STRANGER` nothing."""
    server = started(SecuredKafka(tmp_path_factory.mktemp("secured") / "kafka"))
    try:
        asyncio.run(create_topic(server.bootstrap, SPANS))
        listed = needed(KafkaSettings(traces={"topics": [SPANS]}))
        asyncio.run(grant(server.bootstrap, USER, *listed))
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """The URL of an endpoint that gives tokens which this Kafka believes."""
    with TokenEndpoint(USER, PASSWORD, token()) as given:
        yield given.url


@pytest.fixture
def ways(secured: SecuredKafka, endpoint: str, tmp_path: Path) -> dict[str, dict[str, Any]]:
    """How to connect, by name: what stands below `kafka` in the settings."""
    (tmp_path / "token").write_text(token())
    at = secured.certificates
    tls = {"enabled": True, "ca_file": str(at / "ca.pem")}
    certificate = {"cert_file": str(at / f"{USER}.pem"), "key_file": str(at / f"{USER}.key")}
    known = {"username": USER, "password": PASSWORD}
    asked = {"token_url": endpoint, "client_id": USER, "client_secret": PASSWORD}

    def sasl(**more: Any) -> dict[str, Any]:
        return {"brokers": [secured.sasl], "tls": tls, "auth": {"sasl": more}}

    return {
        "scram-256": sasl(mechanism="SCRAM-SHA-256", **known),
        "scram-512": sasl(mechanism="SCRAM-SHA-512", **known),
        "plain": sasl(mechanism="PLAIN", **known),
        "token in a file": sasl(mechanism="OAUTHBEARER", oauth={"token_file": str(tmp_path / "token")}),
        "granted token": sasl(mechanism="OAUTHBEARER", oauth=asked),
        "certificate": {"brokers": [secured.mtls], "tls": {**tls, **certificate}},
        "stranger": sasl(username=STRANGER, password=PASSWORD),
        "wrong password": sasl(username=USER, password="wrong"),
        "wrong token": sasl(mechanism="OAUTHBEARER", oauth={**asked, "client_secret": "wrong"}),
        "wrong host": {**sasl(**known), "brokers": [secured.sasl.replace("localhost", LOOPBACK)]},
        "wrong authority": {**sasl(**known), "tls": {"enabled": True, "ca_file": str(at / "other-ca.pem")}},
        "no certificate": {"brokers": [secured.mtls], "tls": tls},
    }


def kafka(way: dict[str, Any]) -> KafkaSettings:
    return KafkaSettings.model_validate({**way, "traces": {"topics": [SPANS]}})


def refusal(way: dict[str, Any]) -> Exception | None:
    """What a client that connects in this way is refused with.

    A connection that aiokafka closes after a refusal may still be closing when the event loop ends, and it is
    held by the error's traceback.
    """
    refused = None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        try:
            asyncio.run(start_once(lambda: admin(kafka(way)), ANSWER_SECONDS))
        except (ConfigurationError, UnreachableError) as error:
            refused = error.with_traceback(None)
        gc.collect()
    return refused


@pytest.mark.fault("kafka")
@pytest.mark.kafka
@pytest.mark.parametrize(
    "way", ["scram-256", "scram-512", "plain", "token in a file", "granted token", "certificate"]
)
def test_each_way_to_say_who_we_are_is_known_to_kafka(way: str, ways: dict[str, dict[str, Any]]) -> None:
    """A password in three ways, a token in two, a certificate: each is the user who may see the topic."""

    async def seen() -> dict[str, int]:
        client = await start_once(lambda: admin(kafka(ways[way])), ANSWER_SECONDS)
        try:
            return await partition_counts(client, [SPANS])
        finally:
            await stop_client(client)

    assert asyncio.run(seen()) == {SPANS: 1}


@pytest.mark.fault(4, "kafka")
@pytest.mark.kafka
@pytest.mark.parametrize(
    ("way", "said"),
    [
        ("wrong password", "Authentication failed"),
        ("wrong token", "refuses client flowdrift: invalid_client"),
        ("wrong host", "certificate is not valid for '127.0.0.1'"),
        ("wrong authority", "certificate verify failed"),
    ],
)
def test_what_is_wrong_is_said(way: str, said: str, ways: dict[str, dict[str, Any]]) -> None:
    """A refusal is an error of the settings, which ends the daemon with 78, and says what was refused."""
    error = refusal(ways[way])
    assert isinstance(error, ConfigurationError)
    assert said in str(error)


@pytest.mark.kafka
def test_a_certificate_that_is_missing_is_said(ways: dict[str, dict[str, Any]]) -> None:
    """A broker that wants one only closes the connection, as it does for other reasons: all are named."""
    error = refusal(ways["no certificate"])
    assert isinstance(error, UnreachableError)
    assert "a certificate of ours (kafka.tls.cert_file, key_file)" in str(error)


@pytest.mark.fault("kafka")
@pytest.mark.kafka
def test_a_missing_permission_is_said_with_the_command_that_grants_it(
    ways: dict[str, dict[str, Any]],
) -> None:
    """Whoever may do nothing learns of each step which operation on what is missing."""
    settings = kafka(ways["stranger"])

    async def said() -> list[str]:
        client = await start_once(lambda: admin(settings), ANSWER_SECONDS)
        steps = (
            lambda: check(client, of_sources(settings)),
            lambda: check(client, of_own_topics(settings)),
            lambda: ensure_topics(client, settings),
            lambda: committed(client, Names(settings.prefix).observer, [TopicPartition(SPANS, 0)]),
        )
        errors = []
        for step in steps:
            with pytest.raises(ConfigurationError) as error:
                await step()
            errors.append(str(error.value))
        await stop_client(client)
        return errors

    source, _, own, group = asyncio.run(said())
    grants = "kafka-acls.sh --bootstrap-server BROKER --add --allow-principal User:USER"
    assert source == f"not permitted: Read on topic spans; grant it: {grants} --operation Read --topic spans"
    assert own.startswith("not permitted: Create on topic flowdrift-")
    assert group.endswith(f"{grants} --operation Read --group flowdrift-observer")


@pytest.mark.fault("kafka")
@pytest.mark.kafka
@pytest.mark.parametrize("way", ["scram-512", "granted token"])
def test_the_documented_permissions_are_enough(
    way: str, ways: dict[str, dict[str, Any]], secured: SecuredKafka, tmp_path: Path
) -> None:
    """With them, and no others, the whole daemon creates its topics, reads, publishes and is ready."""
    spans = request([sent(1)], {"service.name": "shop", "deployment.environment.name": "prod"})
    asyncio.run(write(secured.bootstrap, SPANS, spans.SerializeToString()))
    settings = {f"KAFKA__{name.upper()}": json.dumps(value) for name, value in ways[way].items()}
    settings["KAFKA__TRACES__TOPICS"] = json.dumps([SPANS])
    with Daemon(tmp_path, **settings, KAFKA__FLOWS__PARTITIONS="2") as daemon:
        daemon.until(lambda: daemon.ask("/readyz")[0] == 200, "it is ready")
        nothing = "flowdrift_monitor_records_total 0.0"
        daemon.until(lambda: nothing not in daemon.ask("/metrics")[1], "it has read the topic")
        assert daemon.terminate()[0] == 0
        assert "not permitted" not in daemon.log


@pytest.mark.fault(4, "secrets")
@pytest.mark.kafka
def test_a_wrong_password_ends_the_daemon(ways: dict[str, dict[str, Any]], tmp_path: Path) -> None:
    """With exit code 78, and no secret in its log."""
    settings = {f"KAFKA__{name.upper()}": json.dumps(value) for name, value in ways["wrong password"].items()}
    with Daemon(tmp_path, **settings) as daemon:
        assert daemon.wait() == 78
        assert "the broker refuses us" in daemon.log and PASSWORD not in daemon.log


async def lacks(client: AIOKafkaAdminClient, settings: KafkaSettings) -> list[str]:
    """What a daemon with these settings warns of while it prepares for its work, and what ends it."""
    names, place, refused = Names(settings.prefix), TopicPartition(SPANS, 0), []
    with capture_logs() as logged:
        try:
            await check(client, of_topics(settings))
            for topic in (SPANS, names.rekeyed):
                await topic_config(client, topic)
            for group in (names.observer, names.rekey):
                await committed(client, group, [place])
            await check_membership(client, names.auditor)
        except ConfigurationError as error:
            refused.append(str(error).partition(";")[0])
    unknown = [each["topic"] for each in logged if each["event"] == "topic_config_unknown"]
    return [*refused, *(f"not permitted: DescribeConfigs on topic {topic}" for topic in unknown)]


@pytest.mark.kafka
@pytest.mark.fault("kafka")
def test_each_documented_permission_is_needed(
    ways: dict[str, dict[str, Any]], secured: SecuredKafka, tmp_path: Path
) -> None:
    """Whoever lacks one of them is refused that, or warned of it, by its name, and of nothing else."""
    read = {"topics": [SPANS], "rekey": True}
    settings = KafkaSettings.model_validate({"traces": read, "prefix": "least", "brokers": [secured.sasl]})
    every = [(each, one) for each in needed(settings) for one in each.operations]

    def of(user: str) -> KafkaSettings:
        (tmp_path / user).write_text(token(user))
        sasl = {"mechanism": "OAUTHBEARER", "oauth": {"token_file": str(tmp_path / user)}}
        way = {**ways["token in a file"], "auth": {"sasl": sasl}, "prefix": "least", "traces": read}
        return KafkaSettings.model_validate(way)

    async def without(number: int) -> list[str]:
        lacking, operation = every[number]
        client = await start_once(lambda: admin(of(f"user-{number}")), ANSWER_SECONDS)
        try:
            if operation != "Create":
                return await lacks(client, settings)
            with pytest.raises(ConfigurationError) as error:
                await ensure_topics(client, settings, [lacking.name])
            return [str(error.value).partition(";")[0]]
        finally:
            await stop_client(client)

    async def said() -> list[list[str]]:
        for number in range(len(every)):
            others = (Grant(*each[:2], (one,)) for each, one in every if (each, one) != every[number])
            await grant(secured.bootstrap, f"user-{number}", *others)
        creating = [number for number, (_, operation) in enumerate(every) if operation == "Create"]
        found = {number: await without(number) for number in creating}
        anybody = settings.model_copy(update={"brokers": (secured.bootstrap,)})
        client = await start_once(lambda: admin(anybody), ANSWER_SECONDS)
        await ensure_topics(client, settings)
        await stop_client(client)
        found |= {number: await without(number) for number in range(len(every)) if number not in creating}
        return [found[number] for number in range(len(every))]

    refused = [[f"not permitted: {one} on {each.kind} {each.name}"] for each, one in every]
    assert asyncio.run(said()) == refused
