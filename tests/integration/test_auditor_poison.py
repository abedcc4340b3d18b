"""Junk on our own topics, and state that broke: the auditor goes on, or says why it does not."""

from typing import Any

import orjson
import pytest
from aiokafka import AIOKafkaProducer

from monitor.base.clock import SystemClock
from monitor.flows.codec import encode
from monitor.flows.record import FlowRecord
from monitor.kafka.auditor.role import AuditorRole
from monitor.kafka.auditor.verdicts import VerdictsRole
from monitor.kafka.client.topics import Names
from monitor.kafka.settings import KafkaSettings
from monitor.pipeline.audit.auditor import PartitionAuditor
from monitor.pipeline.observe.outbox import Outgoing
from monitor.pipeline.timeline.log_notes import Skip
from monitor.publish.view import View
from tests.integration.flow_traffic import append, flows_log, outgoing_of, states
from tests.integration.running import eventually, running
from tests.integration.test_auditor_role import (
    at_end,
    equals_the_offline_fold,
    has_checkpoints,
    role_of,
    run,
    settings_for,
    with_topics,
    write,
)

JUNK: tuple[tuple[bytes | None, bytes | None], ...] = (
    (None, b"\xff\x00 no JSON"),
    (b"\xff", b"\xff"),
    (b"summary/0", b"[]"),
    (b"summary/0", b'{"offset": 5, "command": 3}'),
    (b"summary/99", b"{}"),
    (b"summary/x", b"{}"),
    (b"run/a/b", b'{"environment": "integration", "run": "r"}'),
    (b"0/0/4/x", b""),
    (b"0/1/4/4", b"torn"),
    (b"k", b'{"v": 2, "header": {"source": 7}, "rows": [[]]}'),
    (b"k", b'{"kind": 5}'),
    (b"k", b'{"kind": "finish"}'),
    (b"k", b"x" * 2_000_000),
    (b"tombstone", None),
)


async def litter(settings: KafkaSettings) -> None:
    """Write junk to every partition of our own topics, some of it with headers."""
    names = Names(settings.prefix)
    producer = AIOKafkaProducer(bootstrap_servers=list(settings.brokers), max_request_size=4_000_000)
    await producer.start()
    try:
        for topic in (names.flows, names.checkpoints, names.verdicts, names.commands):
            for partition in await producer.partitions_for(topic):
                for key, value in JUNK:
                    await producer.send_and_wait(
                        topic,
                        value,
                        key=key if key is not None or topic == names.flows else b"none",
                        partition=partition,
                        headers=[("any", b"\xff")],
                    )
    finally:
        await producer.stop()


@pytest.mark.fault(33)
def test_junk_on_every_own_topic_is_passed(kafka: str) -> None:
    """Before and while an auditor works: it is ready, and its state is the fold of what is ours."""
    settings = settings_for(kafka)

    async def scenario() -> None:
        await with_topics(settings)
        await litter(settings)
        await append(settings, outgoing_of(60, settings))
        view = VerdictsRole(settings, View(), SystemClock())
        async with running(role := role_of(settings)), running(view):
            await eventually(lambda: at_end(role, settings), "the auditor is at the end")
            await litter(settings)
            await append(settings, outgoing_of(60, settings))
            await eventually(lambda: at_end(role, settings), "the auditor is at the end again")
            await equals_the_offline_fold(role, settings)
            assert view.ready and view.unreadable

    run(scenario())


def corrupt(role: AuditorRole, partition: int) -> PartitionAuditor:
    """Break the state of a partition in memory, so that its next record fails."""
    assert role._partitions is not None
    auditor = role._partitions.owned[partition].auditor
    broken: Any = auditor.timeline
    broken.sources = None
    return auditor


def test_a_partition_whose_state_broke_is_built_again(kafka: str) -> None:
    """Nothing of the half-changed state is used: it is restored from its checkpoints and the log."""
    settings = settings_for(kafka)

    async def scenario() -> None:
        await with_topics(settings)
        sent = outgoing_of(200, settings)
        await append(settings, sent[:60])
        async with running(role := role_of(settings)):
            await eventually(lambda: at_end(role, settings), "the auditor is at the end")
            await eventually(lambda: has_checkpoints(settings), "every shard is written")
            broken = [corrupt(role, partition) for partition in (0, 1)]
            await append(settings, sent[60:])
            await eventually(lambda: at_end(role, settings), "the auditor is at the end again")
            assert role._partitions is not None
            assert role._partitions.owned[1].auditor is not broken[1]
            await equals_the_offline_fold(role, settings)

    run(scenario())


@pytest.mark.fault(33)
def test_a_partition_that_cannot_be_folded_names_its_remedy(kafka: str) -> None:
    """After three rebuilds it stays as it is, not ready, and says which command passes the record."""
    settings = settings_for(kafka)
    names = Names(settings.prefix)
    rebuilt: set[int] = set()

    async def is_stopped(role: AuditorRole) -> bool:
        """Whether it has stopped for good; breaks every state that it is given."""
        if role._partitions is None or not role.progress().partitions:
            return False
        owned = role._partitions.owned.get(1)
        if owned is not None and id(owned) not in rebuilt and len(rebuilt) < 4:
            rebuilt.add(id(owned))
            corrupt(role, 1)
            await append(settings, [Outgoing(1, encode(FlowRecord(None)))])
        return len(rebuilt) == 4 and 1 in role.progress().stopped

    async def scenario() -> None:
        await with_topics(settings)
        await append(settings, outgoing_of(60, settings))
        async with running(role := role_of(settings)):
            await eventually(lambda: is_stopped(role), "the partition has stopped")
            reason = role.progress().stopped[1]
            assert f"'flowdrift skip {names.flows}/1/" in reason and not role.ready
            assert 0 not in role.progress().stopped

    run(scenario())


def test_a_record_that_is_to_be_skipped_is_passed_by_everybody(kafka: str) -> None:
    """The command holds for whoever folds the record later, and is not forwarded to the flows topic."""
    settings = settings_for(kafka)

    async def scenario() -> None:
        await with_topics(settings)
        await append(settings, outgoing_of(60, settings))
        skip = Skip(1, 2)
        key, commands = skip.subject.encode(), Names(settings.prefix).commands
        await write(settings, commands, 0, orjson.dumps(skip.plain()), key=key)
        for _ in range(2):
            async with running(role := role_of(settings)):
                await eventually(lambda: at_end(role, settings), "the auditor is at the end")
                assert role._partitions is not None
                folded = role._partitions.owned[1].auditor
                auditor = PartitionAuditor(1, settings.flows.shards, settings.flows.partitions, {})
                auditor.skips.add(2)
                for record in await flows_log(settings):
                    if record.partition == 1:
                        auditor.apply(record.offset, record.timestamp, record.value)
                assert states(folded) == states(auditor)
                assert (2, "passed by command") in auditor.refused

    run(scenario())
