"""Commands on records that could not be read or folded."""

import asyncio
import json
import logging
from base64 import b64decode
from collections.abc import Iterator

import pytest
import structlog
from typer.testing import CliRunner

from monitor.cli import app
from monitor.kafka.client.topics import Names
from monitor.kafka.settings import KafkaSettings
from monitor.pipeline.timeline.log_notes import Skip
from tests.integration.observing import case, committed_at, role_of, run
from tests.integration.running import eventually, running
from tests.integration.shop_traffic import create, read_all
from tests.integration.test_dead_letters import BAD, write


@pytest.fixture
def loud() -> Iterator[None]:
    """The commands silence the logs of their process, which here is that of all tests."""
    handlers = logging.getLogger().handlers[:]
    yield
    logging.getLogger().handlers[:] = handlers
    structlog.reset_defaults()


async def flowdrift(settings: KafkaSettings, *arguments: str) -> tuple[int, str, str]:
    """Exit code, standard output and error of a command."""
    environment = {
        "FLOWDRIFT_KAFKA__BROKERS": settings.brokers[0],
        "FLOWDRIFT_KAFKA__PREFIX": settings.prefix,
    }
    result = await asyncio.to_thread(CliRunner().invoke, app, arguments, env=environment)
    return result.exit_code, result.stdout, result.stderr


def test_a_person_lists_shows_and_resubmits_letters(kafka: str, loud: None) -> None:
    """A record that is sent again is a new one at the end of its partition, the same to the byte."""
    settings, topic = case(kafka)

    async def scenario() -> None:
        await create(kafka, topic, 1)
        assert await flowdrift(settings, "dead-letters", "list") == (0, "", "There is no dead letter.\n")
        await write(kafka, topic, (BAD, [("x", b"y")]), (None, ()))
        async with running(role_of(settings)):
            await eventually(lambda: committed_at(settings, topic, 2), "all is out")
        _, listed, _ = await flowdrift(settings, "dead-letters", "list", "-o", "json")
        assert [(each["number"], each["reason"], each["offset"]) for each in json.loads(listed)] == [
            (0, "malformed", "0"),
            (1, "tombstone", "1"),
        ]
        _, shown, _ = await flowdrift(settings, "dead-letters", "show", "0")
        assert b64decode(json.loads(shown)["value"]) == BAD
        done = await flowdrift(settings, "dead-letters", "resubmit", "0")
        assert done == (0, f"0: {topic}/0/0 -> {topic}/0/2\n", "")
        (again,) = (await read_all(kafka, topic, 1))[2:]
        assert again.value == BAD
        for refused in ("1", "7"):
            code, _, said = await flowdrift(settings, "dead-letters", "resubmit", refused)
            assert code == 2 and f"letter {refused}" in said
        flows = Names(settings.prefix).flows
        assert (await flowdrift(settings, "skip", f"{topic}/0/1"))[0] == 2
        assert (await flowdrift(settings, "skip", f"{flows}/1/7"))[0] == 0
        (command,) = await read_all(kafka, Names(settings.prefix).commands, 1)
        assert json.loads(command.value) == Skip(1, 7).plain()

    run(scenario())
