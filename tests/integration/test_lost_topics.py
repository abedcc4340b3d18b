"""Our own topics deleted or emptied under the roles: what was folded goes on, and nothing waits for ever."""

import asyncio
from collections.abc import Sequence

import pytest

from monitor.base.clock import SystemClock
from monitor.base.steps import result_of
from monitor.base.units import LogTime
from monitor.kafka.auditor import faust_app
from monitor.kafka.auditor.checkpoints import entries_of, restoring
from monitor.kafka.auditor.role import AuditorRole
from monitor.kafka.client.commands import CommandLog
from monitor.kafka.client.topics import Names
from monitor.kafka.observer.waiting import wait_for_policy
from monitor.kafka.settings import KafkaSettings
from monitor.pipeline.timeline.commands import Finish
from tests.integration.flow_traffic import append, flows_log, offline, outgoing_of, states
from tests.integration.observing import delete
from tests.integration.running import eventually, running
from tests.integration.shop_traffic import Stored, read_all
from tests.integration.test_auditor_role import at_end, role_of, run, settings_for, with_topics


def joined(logs: Sequence[Sequence[Stored]], partition: int) -> list[Stored]:
    """Several logs of a partition as one, by offsets that count on."""
    records = [record for log in logs for record in log if record.partition == partition]
    return [record._replace(offset=offset) for offset, record in enumerate(records)]


def folded(role: AuditorRole) -> dict[int, int]:
    return dict(role.progress().partitions)


async def goes_on(role: AuditorRole, settings: KafkaSettings, before: Sequence[Stored]) -> bool:
    """Whether it stands at the end of the new log, counted on from the end of the one before."""
    log = [*before, *await flows_log(settings)]
    ends = {p: sum(r.partition == p for r in log) for p in range(settings.flows.partitions)}
    return role.ready and folded(role) == ends


async def is_stored(role: AuditorRole, settings: KafkaSettings) -> bool:
    """Whether it is at the end, and so are the checkpoints of every partition."""
    flows, topic = settings.flows, Names(settings.prefix).checkpoints
    table = [(r.key, r.value) for r in await read_all(settings.brokers[0], topic, flows.partitions)]
    stored = (entries_of(p, flows.shards, table) for p in range(flows.partitions))
    ends = [
        result_of(restoring(p, flows.shards, flows.partitions, e)).next_offset for p, e in enumerate(stored)
    ]
    return await at_end(role, settings) and folded(role) == dict(enumerate(ends))


async def states_are_kept(role: AuditorRole, settings: KafkaSettings, before: Sequence[Stored]) -> None:
    """Each state is the fold of the log before and of the new one."""
    assert role._partitions is not None
    logs = (before, await flows_log(settings))
    for partition, owned in role._partitions.owned.items():
        whole = joined(logs, partition)
        assert states(owned.auditor) == states(offline(settings, whole, partition))


@pytest.mark.fault(33)
@pytest.mark.parametrize("at_work", [True, False])
def test_a_deleted_flows_topic_loses_no_fingerprint(
    kafka: str, monkeypatch: pytest.MonkeyPatch, at_work: bool
) -> None:
    """Made again under the auditor, or while none runs, it is folded into what was known before."""
    monkeypatch.setattr(faust_app, "METADATA_MAX_AGE_MS", 500)
    settings = settings_for(kafka)
    flows = Names(settings.prefix).flows

    async def scenario() -> None:
        await with_topics(settings)
        sent = outgoing_of(200, settings)
        async with running(role := role_of(settings)):
            await append(settings, sent[:60])
            await eventually(lambda: is_stored(role, settings), "the auditor is at the end")
            before = await flows_log(settings)
            if at_work:
                await delete(kafka, flows)
                await with_topics(settings)
                await append(settings, sent[60:])
                await eventually(lambda: goes_on(role, settings, before), "it folds the new log")
                await states_are_kept(role, settings, before)
        if not at_work:
            await delete(kafka, flows)
            await with_topics(settings)
            await append(settings, sent[60:])
        async with running(again := role_of(settings)):
            await eventually(lambda: goes_on(again, settings, before), "another one folds it likewise")
            await states_are_kept(again, settings, before)
        await asyncio.wait_for(wait_for_policy(settings, SystemClock()), 10)

    run(scenario())


@pytest.mark.fault(33)
def test_a_deleted_commands_topic_counts_on(kafka: str) -> None:
    """A command after it reaches every partition, although its number would have been given before."""
    settings = settings_for(kafka)

    async def said(run_id: str) -> None:
        finish = Finish("integration", run_id, LogTime(1))
        async with CommandLog(settings) as commands:
            await commands.append(
                finish.subject,
                b'{"kind": "finish", "environment": "integration", "run": "%s", "at": 1}' % run_id.encode(),
            )

    async def applied(run_id: str) -> bool:
        """Whether the command stands in every partition of the flows topic."""
        log = await flows_log(settings)
        return all(
            any(r.partition == p and f'"{run_id}"'.encode() in r.value for r in log)
            for p in range(settings.flows.partitions)
        )

    async def scenario() -> None:
        await with_topics(settings)
        async with running(role := role_of(settings)):
            await append(settings, outgoing_of(20, settings))
            await eventually(lambda: at_end(role, settings), "the auditor is at the end")
            for number in range(5):
                await said(f"early-{number}")
            await eventually(lambda: applied("early-4"), "the command is forwarded")
            await eventually(lambda: at_end(role, settings), "it is folded")
            await delete(kafka, Names(settings.prefix).commands)
            await with_topics(settings)
        async with running(again := role_of(settings)):
            await eventually(lambda: at_end(again, settings), "another one is at the end")
            await asyncio.sleep(1)
            await said("late")
            await eventually(lambda: applied("late"), "the command is forwarded")

    run(scenario())
