"""The auditor's role behind Faust: its state is the offline fold of the flows topic, whatever happens."""

import asyncio
import uuid
from collections.abc import Coroutine
from typing import Any

import orjson
import pytest
from aiokafka import TopicPartition

from monitor.base.clock import SystemClock
from monitor.base.units import LogTime
from monitor.drift.records.flow import FlowVerdicts
from monitor.kafka.auditor.log_notes import PartitionNotes
from monitor.kafka.auditor.owned_partition import OwnedPartition
from monitor.kafka.auditor.role import AuditorRole
from monitor.kafka.auditor.verdicts import VerdictsRole
from monitor.kafka.client.clients import admin, producer, start_client, stop_client
from monitor.kafka.client.commands import CommandLog
from monitor.kafka.client.reader import LogReader
from monitor.kafka.client.topics import Names, ensure_topics, partition_counts
from monitor.kafka.settings import KafkaSettings
from monitor.pipeline.audit.auditor import PartitionAuditor
from monitor.pipeline.timeline.commands import Finish
from monitor.publish.view import View
from tests.integration.flow_traffic import STANDING, append, flows_log, offline, outgoing_of, states
from tests.integration.running import eventually, running
from tests.integration.shop_traffic import kafka_settings, read_all


def run(scenario: Coroutine[Any, Any, None]) -> None:
    """Run one scenario with a limit."""
    asyncio.run(asyncio.wait_for(scenario, 90))


def settings_for(broker: str) -> KafkaSettings:
    return kafka_settings(broker, f"t{uuid.uuid4().hex[:12]}", "unused")


async def with_topics(settings: KafkaSettings) -> None:
    client = await start_client(lambda: admin(settings))
    await ensure_topics(client, settings)
    await stop_client(client)


def role_of(settings: KafkaSettings) -> AuditorRole:
    return AuditorRole(settings, SystemClock(), standing=STANDING, checkpoint_every=2)


async def at_end(role: AuditorRole, settings: KafkaSettings) -> bool:
    """Whether the role is ready and stands at the end of every partition, commands included."""
    log = await flows_log(settings)
    ends = {p: sum(r.partition == p for r in log) for p in range(settings.flows.partitions)}
    commanded = all(any(r.partition == p and b'"command"' in r.value for r in log) for p in ends)
    return role.ready and commanded and dict(role.progress().partitions) == ends


async def equals_the_offline_fold(role: AuditorRole, settings: KafkaSettings) -> None:
    assert role._partitions is not None
    log = await flows_log(settings)
    for partition, owned in role._partitions.owned.items():
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


@pytest.mark.fault(1)
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
        sent = outgoing_of(60, settings)
        await append(settings, sent[:4])
        reader = LogReader(settings, SystemClock())
        auditor = PartitionAuditor(1, settings.flows.shards, settings.flows.partitions, {})
        place = TopicPartition(Names(settings.prefix).flows, 1)
        owned = OwnedPartition(place, auditor, reader, PartitionNotes())
        await owned.follow((await reader.ends([place]))[place])
        begun = auditor.next_offset
        await append(settings, sent[4:])
        log = [record for record in await flows_log(settings) if record.partition == 1]
        await owned.receive(log[begun + 2])
        assert auditor.next_offset == begun + 3
        await owned.receive(log[2])
        await owned.receive(log[-1])
        assert states(auditor) == states(offline(settings, log, 1))
        await reader.stop()

    run(scenario())


class LatestHeader:
    """A view that keeps the newest value of each key."""

    def __init__(self) -> None:
        self.values: dict[str, bytes | None] = {}

    def receive(self, key: str, value: bytes | None) -> None:
        """Keep it."""
        self.values[key] = value


def test_verdicts_and_commands_go_round(broker: str) -> None:
    """The owner's word appears on the verdicts topic, and a command reaches every partition."""
    settings, heard = settings_for(broker), LatestHeader()

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


def test_a_view_leaves_out_what_it_cannot_read(broker: str) -> None:
    """Records of the verdicts topic that a view refuses are counted, and the others are read."""
    settings, view = settings_for(broker), View()
    verdicts = Names(settings.prefix).verdicts

    async def scenario() -> None:
        await with_topics(settings)
        await write(settings, verdicts, 0, b"no JSON", b"flow/shop/a")
        await write(settings, verdicts, 0, b"[]", b"flow/shop/a")
        whole = b'{"partition": 0, "offset": 1, "comparison": "shop", "flow": "a"}'
        await write(settings, verdicts, 0, whole, b"flow/shop/a")
        await write(settings, verdicts, 0, b'{"partition": 0, "offset": 2, "flow": "a"}', b"flow/shop/a")
        await write(settings, verdicts, 0, b'{"soon": 1}', b"flow/shop/a")
        role = VerdictsRole(settings, view, SystemClock())

        async def caught_up() -> bool:
            return role.ready

        async with running(role):
            await eventually(caught_up, "the view has caught up")
        assert role.unreadable == 4
        assert [flow.flow for flow in view.every(FlowVerdicts)] == ["a"]

    run(scenario())


def test_what_is_read_first_is_made_by_us(broker: str) -> None:
    """The verdicts topic exists with our settings before anybody reads it."""
    settings = settings_for(broker)
    verdicts = Names(settings.prefix).verdicts

    async def scenario() -> None:
        view = VerdictsRole(settings, LatestHeader(), SystemClock())

        async def caught_up() -> bool:
            return view.ready

        async with running(view):
            await eventually(caught_up, "the view has caught up")
        client = await start_client(lambda: admin(settings))
        assert await partition_counts(client, Names(settings.prefix).own()) == {verdicts: 1}
        await stop_client(client)

    run(scenario())


async def write(settings: KafkaSettings, topic: str, partition: int, value: bytes, key: bytes = b"") -> None:
    sender = await start_client(lambda: producer(settings))
    await sender.send_and_wait(topic, value, key=key or None, partition=partition)
    await stop_client(sender)


async def stops(role: AuditorRole, settings: KafkaSettings, partition: int, reason: str) -> bool:
    """Whether the role names one stopped partition, is not ready, and is at the end of the others."""
    told = dict(role.progress().stopped)
    assert set(told) <= {partition}
    log = await flows_log(settings)
    others = {p: sum(r.partition == p for r in log) for p in range(settings.flows.partitions)}
    del others[partition]
    at_ends = {n: at for n, at in role.progress().partitions.items() if n != partition} == others
    return bool(told) and reason in told[partition] and not role.ready and at_ends


def test_a_newer_record_stops_its_partition_alone(kafka: str) -> None:
    """It is named with its offset and is not skipped; the state before it stays, other partitions go on."""
    settings = settings_for(kafka)
    flows = Names(settings.prefix).flows

    async def scenario() -> None:
        await with_topics(settings)
        sent = outgoing_of(200, settings)
        await append(settings, sent[:60])
        async with running(role := role_of(settings)):
            await eventually(lambda: at_end(role, settings), "the auditor is at the end")
            log = await flows_log(settings)
            at = sum(record.partition == 1 for record in log)
            await write(settings, flows, 1, b'{"v": 99, "rows": []}')
            await append(settings, sent[60:])
            reason = f"partition 1 of {flows}: record format 99 at offset {at}, this release reads"
            await eventually(lambda: stops(role, settings, 1, reason), "partition 1 has stopped")
            assert role._partitions is not None
            before = [record for record in log if record.offset < at]
            assert states(role._partitions.owned[1].auditor) == states(offline(settings, before, 1))

    run(scenario())


@pytest.mark.fault(19)
def test_a_newer_state_is_never_overwritten(kafka: str) -> None:
    """A partition with a checkpoint of a newer format is not folded; other partitions go on."""
    settings = settings_for(kafka)
    checkpoints = Names(settings.prefix).checkpoints

    async def scenario() -> None:
        await with_topics(settings)
        await write(settings, checkpoints, 2, b"x", key=b"2/0/4/99")
        await append(settings, outgoing_of(60, settings))
        async with running(role := role_of(settings)):
            reason = f"partition 2 of {checkpoints}: state format 99 in the checkpoint of shard 0"
            await eventually(lambda: stops(role, settings, 2, reason), "partition 2 has stopped")
            stored = await read_all(settings.brokers[0], checkpoints, settings.flows.partitions)
            assert [record.value for record in stored if record.partition == 2] == [b"x"]

    run(scenario())


def test_a_newer_command_is_not_overtaken(broker: str) -> None:
    """The owner forwards nothing any more once a command stands there that it does not know, and says so."""
    settings = settings_for(broker)
    commands = Names(settings.prefix).commands

    async def is_stopped(role: AuditorRole) -> bool:
        reason = f"partition 0 of {commands}: command kind 'mute' at offset 1, this release reads"
        return reason in role.progress().stopped.get(0, "") and not role.ready

    async def scenario() -> None:
        await with_topics(settings)
        async with running(role := role_of(settings)):
            await eventually(lambda: at_end(role, settings), "the auditor is at the end")
            await write(settings, commands, 0, b'{"kind": "mute"}', b"mute")
            await eventually(lambda: is_stopped(role), "the owner has stopped")
            log = await flows_log(settings)
            async with CommandLog(settings) as writing:
                command = Finish("integration", "ci-1", LogTime(1))
                await writing.append(command.subject, orjson.dumps(command.plain()))
            await asyncio.sleep(2)
            assert await flows_log(settings) == log

    run(scenario())
