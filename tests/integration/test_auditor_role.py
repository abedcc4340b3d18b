"""The auditor's role behind Faust: its state is the offline fold of the flows topic, whatever happens."""

import asyncio
import uuid
from collections.abc import Coroutine
from typing import Any

import orjson
import pytest
from aiokafka import TopicPartition

from monitor.base.clock import SystemClock
from monitor.base.errors import ConfigurationError
from monitor.base.units import LogTime
from monitor.kafka.auditing import AuditorRole
from monitor.kafka.client import admin, producer, started, stopped
from monitor.kafka.commands import CommandLog
from monitor.kafka.folding import OwnedPartition
from monitor.kafka.reader import LogReader
from monitor.kafka.settings import KafkaSettings
from monitor.kafka.topics import Names, ensure_topics, partition_counts
from monitor.kafka.verdicts import VerdictsRole
from monitor.pipeline.auditor import PartitionAuditor
from monitor.pipeline.commands import Finish
from tests.integration.flow_traffic import STANDING, append, flows_log, offline, outgoing_of, states
from tests.integration.running import eventually, running
from tests.integration.shop_traffic import kafka_settings, read_all


def run(scenario: Coroutine[Any, Any, None]) -> None:
    """Run one scenario with a limit."""
    asyncio.run(asyncio.wait_for(scenario, 90))


def settings_for(broker: str) -> KafkaSettings:
    return kafka_settings(broker, f"t{uuid.uuid4().hex[:12]}", "unused")


async def with_topics(settings: KafkaSettings) -> None:
    client = await started(lambda: admin(settings))
    await ensure_topics(client, settings)
    await stopped(client)


def role_of(settings: KafkaSettings) -> AuditorRole:
    return AuditorRole(settings, SystemClock(), standing=STANDING, checkpoint_every=2)


async def at_end(role: AuditorRole, settings: KafkaSettings) -> bool:
    """Whether the role is ready and stands at the end of every partition, commands included."""
    log = await flows_log(settings)
    ends = {p: sum(r.partition == p for r in log) for p in range(settings.flows.partitions)}
    commanded = all(any(r.partition == p and b'"command"' in r.value for r in log) for p in ends)
    return role.ready and commanded and dict(role.progress().partitions) == ends


async def equals_the_offline_fold(role: AuditorRole, settings: KafkaSettings) -> None:
    assert role._auditing is not None
    log = await flows_log(settings)
    for partition, owned in role._auditing.owned.items():
        assert states(owned.auditor) == states(offline(settings, log, partition))


def test_the_state_is_the_offline_fold(broker: str) -> None:
    """What the auditor holds equals one fold of the flows topic, byte for byte, commands included."""
    settings = settings_for(broker)

    async def scenario() -> None:
        await with_topics(settings)
        await append(settings, outgoing_of(100, settings))
        async with running(role := role_of(settings)):
            await eventually(lambda: at_end(role, settings), "the auditor is at the end")
            await equals_the_offline_fold(role, settings)

    run(scenario())


def test_restarts_change_nothing(kafka: str) -> None:
    """After two crashes in the middle of the log the state is still that of an uninterrupted fold."""
    settings = settings_for(kafka)
    sent = outgoing_of(300, settings)

    async def scenario() -> None:
        await with_topics(settings)
        for part in range(2):
            await append(settings, sent[part * 50 : part * 50 + 50])
            async with running(role := role_of(settings), orderly=False):
                await eventually(lambda: at_end(role, settings), "the auditor is at the end")
                await eventually(lambda: has_checkpoints(settings), "every shard is written")
        await append(settings, sent[100:])
        async with running(last := role_of(settings)):
            await eventually(lambda: at_end(last, settings), "the auditor is at the end")
            await equals_the_offline_fold(last, settings)

    run(scenario())


async def has_checkpoints(settings: KafkaSettings) -> bool:
    flows = settings.flows
    stored = await read_all(settings.brokers[0], Names(settings.prefix).checkpoints, flows.partitions)
    return len({record.key for record in stored}) == flows.partitions * flows.shards


def test_a_gap_is_read_from_the_log(kafka: str) -> None:
    """A record that comes too early is applied after what lies before it, one that comes again is not."""
    settings = settings_for(kafka)

    async def scenario() -> None:
        await with_topics(settings)
        await append(settings, outgoing_of(60, settings))
        log = [record for record in await flows_log(settings) if record.partition == 1]
        reader = LogReader(settings, SystemClock())
        auditor = PartitionAuditor(1, settings.flows.shards, settings.flows.partitions, {})
        owned = OwnedPartition(TopicPartition(Names(settings.prefix).flows, 1), auditor, reader)
        await owned.hear(log[4])
        assert auditor.next_offset == 5
        await owned.hear(log[2])
        await owned.hear(log[-1])
        assert states(auditor) == states(offline(settings, log, 1))
        await reader.stop()

    run(scenario())


class Heard:
    """A view that keeps the newest value of each key."""

    def __init__(self) -> None:
        self.values: dict[str, bytes | None] = {}

    def hear(self, key: str, value: bytes | None) -> None:
        """Keep it."""
        self.values[key] = value


def test_verdicts_and_commands_go_round(broker: str) -> None:
    """The owner's word appears on the verdicts topic, and a command reaches every partition."""
    settings, heard = settings_for(broker), Heard()

    async def has(*keys: str) -> bool:
        return all(key in heard.values for key in keys)

    async def applied(number: int) -> bool:
        summaries = [orjson.loads(heard.values[f"summary/{p}"] or b"{}") for p in range(3)]
        return all(summary["command"] == number for summary in summaries)

    async def scenario() -> None:
        await with_topics(settings)
        await append(settings, outgoing_of(60, settings))
        view = VerdictsRole(settings, heard, SystemClock())
        async with running(role_of(settings)), running(view):
            await eventually(
                lambda: has("summary/0", "summary/1", "summary/2", "comparison/shop"), "verdicts"
            )
            async with CommandLog(settings) as commands:
                command = Finish("integration", "ci-1", LogTime(1))
                number = await commands.append(command.subject, orjson.dumps(command.plain()))
            await eventually(lambda: applied(number), "the command is applied everywhere")
            assert view.ready

    run(scenario())


def test_what_is_read_first_is_made_by_us(broker: str) -> None:
    """The verdicts topic exists with our settings before anybody reads it."""
    settings = settings_for(broker)
    verdicts = Names(settings.prefix).verdicts

    async def scenario() -> None:
        view = VerdictsRole(settings, Heard(), SystemClock())

        async def caught_up() -> bool:
            return view.ready

        async with running(view):
            await eventually(caught_up, "the view has caught up")
        client = await started(lambda: admin(settings))
        assert await partition_counts(client, Names(settings.prefix).own()) == {verdicts: 1}
        await stopped(client)

    run(scenario())


def test_a_newer_state_is_never_overwritten(kafka: str) -> None:
    """Checkpoints of a newer format end the role with what to do."""
    settings = settings_for(kafka)

    async def scenario() -> None:
        await with_topics(settings)
        sender = await started(lambda: producer(settings))
        await sender.send_and_wait(Names(settings.prefix).checkpoints, b"x", key=b"0/0/4/99", partition=0)
        await stopped(sender)
        with pytest.raises(ConfigurationError, match="newer"):
            await role_of(settings).run(asyncio.Event())

    run(scenario())
