"""The observer's role on a real Kafka: the flows topic holds what the pure fold gives, whatever happens."""

import asyncio
from functools import partial

import pytest

from monitor.base.clock import SystemClock
from monitor.base.errors import ConfigurationError
from monitor.flows.codec import decode
from monitor.kafka.client.topics import Names
from monitor.kafka.observer.partition import Rejected
from monitor.kafka.settings import KafkaSettings
from tests.integration.observing import (
    PARTITIONS,
    all_out,
    case,
    commits_of,
    committed_at,
    delete,
    delete_before,
    flows_of,
    has_committed,
    has_partitions,
    has_read,
    is_at,
    name,
    role_of,
    run,
)
from tests.integration.running import eventually, running
from tests.integration.shop_traffic import (
    ASSEMBLY,
    SETTINGS,
    SentRecord,
    create,
    episodes,
    expected_rows,
    joined,
    kafka_settings,
    read_all,
    send,
    traffic,
)


def test_the_flows_topic_equals_the_pure_fold(broker: str) -> None:
    """Every flow of the source topic stands in the flows topic once."""
    settings, topic, records = *case(broker), traffic(300, PARTITIONS)

    async def scenario() -> None:
        await create(broker, topic, PARTITIONS)
        await send(broker, topic, records)
        async with running(role_of(settings)):
            await all_out(settings, records, topic)
        assert await flows_of(settings) == expected_rows(records, PARTITIONS)

    run(scenario())


@pytest.mark.fault(1)
def test_a_crash_loses_and_doubles_nothing(kafka: str) -> None:
    """Cut off three times in the middle of its work, it still publishes every flow once."""
    settings, topic, parts = *case(kafka), episodes(4, 200, PARTITIONS)

    async def scenario() -> None:
        await create(kafka, topic, PARTITIONS)
        for number, part in enumerate(parts[:3]):
            await send(kafka, topic, part)
            async with running(role := role_of(settings), orderly=False):
                await eventually(partial(has_committed, role, 600 * number + 150), "some of it is out")
        await send(kafka, topic, parts[3])
        await ends_as_one_fold(settings, topic, parts)

    run(scenario())


async def ends_as_one_fold(settings: KafkaSettings, topic: str, parts: list[list[SentRecord]]) -> None:
    """Let a role publish what is left, and compare all with the pure fold."""
    async with running(role_of(settings)):
        await all_out(settings, joined(parts), topic)
    assert await flows_of(settings) == expected_rows(joined(parts), PARTITIONS)


@pytest.mark.fault(2)
def test_members_come_and_go(kafka: str) -> None:
    """Partitions that move between two members under load lose and double nothing."""
    settings, topic, parts = *case(kafka), episodes(3, 200, PARTITIONS)

    async def scenario() -> None:
        await create(kafka, topic, PARTITIONS)
        first, second = role_of(settings), role_of(settings)
        await send(kafka, topic, parts[0])
        async with running(first):
            await eventually(lambda: has_read(first, 300), "the first reads")
            async with running(second):
                await send(kafka, topic, parts[1])
                await eventually(lambda: has_partitions(second, 1), "the second gets a partition")
                await eventually(lambda: has_read(second, 100), "the second reads")
            await send(kafka, topic, parts[2])
            await eventually(lambda: has_partitions(first, 2), "the first gets it back")
            await all_out(settings, joined(parts), topic)
        assert await flows_of(settings) == expected_rows(joined(parts), PARTITIONS)

    run(scenario())


def test_the_commit_is_the_low_offset(kafka: str) -> None:
    """While a trace is open its first offset is what is committed, however far reading has come."""
    settings, topic, records = *case(kafka), traffic(40, PARTITIONS)
    patient = SETTINGS.model_copy(update={"assembly": ASSEMBLY.model_copy(update={"quiet_gap_ms": 90_000})})

    async def scenario() -> None:
        await create(kafka, topic, PARTITIONS)
        await send(kafka, topic, records)
        role = role_of(settings, observing=patient)
        async with running(role):
            await eventually(lambda: has_read(role, len(records)), "it reads all")
        commits = await commits_of(settings, topic, PARTITIONS)
        assert [commit and commit.offset for commit in commits] == [0] * PARTITIONS
        assert all(commit and len(commit.incarnation) == 32 for commit in commits)

    run(scenario())


@pytest.mark.parametrize(("initial", "starts"), [("earliest", 0), ("latest", 60), ("-30m", 30)])
def test_the_first_start_obeys_initial_offset(kafka: str, initial: str, starts: int) -> None:
    """The very first start begins where `initial_offset` says, a later one where it had come to."""
    settings, topic = case(kafka, initial_offset=initial)
    now = int(SystemClock().now() * 1000)
    old = traffic(10, 1, begin_ms=now - 3_600_000)
    new = traffic(10, 1, begin_ms=now - 600_000)

    async def scenario() -> None:
        await create(kafka, topic, 1)
        await send(kafka, topic, old + new)
        async with running(role := role_of(settings)):
            await eventually(lambda: has_partitions(role, 1), "it starts")
        first = (await commits_of(settings, topic, 1))[0]
        assert first is not None
        assert first.offset >= starts
        await send(kafka, topic, traffic(10, 1, begin_ms=now))
        async with running(role_of(settings)):
            await eventually(lambda: committed_at(settings, topic, 90), "the second start reads the rest")
        rows = await flows_of(settings)
        assert min(flow.offset for _, flow in rows) == starts

    run(scenario())


@pytest.mark.fault(18)
def test_a_pattern_takes_up_topics_that_appear_later(broker: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Topics that match the pattern are read, also a later one, ours never, even where they match."""
    monkeypatch.setattr("monitor.kafka.client.clients.METADATA_MAX_AGE_MS", 500)
    prefix = name()
    settings = kafka_settings(broker, prefix, f"^{prefix}-.*")

    async def scenario() -> None:
        await create(broker, f"{prefix}-one", 1)
        await send(broker, f"{prefix}-one", traffic(20, 1))
        async with running(role := role_of(settings)):
            await eventually(lambda: is_at(role, 60), "the topic is read")
            assert set(role.progress().partitions) == {f"{prefix}-one/0"}
            await create(broker, f"{prefix}-two", 1)
            await send(broker, f"{prefix}-two", traffic(10, 1))
            await eventually(lambda: is_at(role, 30), "the later topic is read")
            assert set(role.progress().partitions) == {f"{prefix}-one/0", f"{prefix}-two/0"}

    run(scenario())


@pytest.mark.fault(11)
def test_an_undecodable_record_is_told_and_skipped(broker: str) -> None:
    """A record that is no telemetry is named with its place and reason; its neighbours are counted."""
    settings, topic, records = *case(broker), traffic(20, 1)
    broken = SentRecord(0, records[30].timestamp, b"\xff\xff not telemetry")
    rejected: list[Rejected] = []

    async def scenario() -> None:
        await create(broker, topic, 1)
        await send(broker, topic, [*records[:30], broken, *records[30:]])
        async with running(role_of(settings, rejected)):
            await eventually(lambda: committed_at(settings, topic, 61), "all is out")
        assert [(r.topic, r.partition, r.offset) for r in rejected] == [(topic, 0, 30)]
        assert rejected[0].code
        assert sum((await flows_of(settings)).values()) == 20

    run(scenario())


@pytest.mark.fault(18)
def test_a_topic_that_is_made_again_is_another_one(kafka: str) -> None:
    """A recreated topic is read from its beginning, under a new incarnation."""
    settings, topic = case(kafka)

    async def scenario() -> None:
        for _ in range(2):
            await create(kafka, topic, 1)
            await send(kafka, topic, traffic(20, 1))
            async with running(role_of(settings)):
                await eventually(lambda: committed_at(settings, topic, 60), "all is out")
            await delete(kafka, topic)
        stored = await read_all(kafka, Names(settings.prefix).flows, 3)
        sources = {record.header.source for s in stored if (record := decode(s.value)).header}
        assert len(sources) == 2

    run(scenario())


@pytest.mark.fault(18)
def test_what_retention_took_is_counted(kafka: str) -> None:
    """Records that were deleted before they were read are counted as lost, and work goes on after them."""
    settings, topic = case(kafka)

    async def scenario() -> None:
        await create(kafka, topic, 1)
        await send(kafka, topic, traffic(20, 1))
        async with running(role_of(settings)):
            await eventually(lambda: committed_at(settings, topic, 60), "all is out")
        await send(kafka, topic, traffic(20, 1, first=20))
        await delete_before(kafka, topic, 90)
        async with running(role := role_of(settings)):
            await eventually(lambda: committed_at(settings, topic, 120), "the rest is out")
            assert role.progress().lost == 30

    run(scenario())


def test_a_compacted_source_is_refused(kafka: str) -> None:
    """Spans would vanish from a compacted topic: the role ends and says why."""
    settings, topic = case(kafka)

    async def scenario() -> None:
        await create(kafka, topic, 1, cleanup_policy="compact")
        with pytest.raises(ConfigurationError, match=r"cleanup\.policy=compact"):
            await role_of(settings).run(asyncio.Event())

    run(scenario())


@pytest.mark.fault(4)
def test_it_stays_up_without_a_broker() -> None:
    """Without a broker the role tries on, not ready, and ends when told."""
    role, stop = role_of(kafka_settings("127.0.0.1:1", "nobody", "spans")), asyncio.Event()

    async def scenario() -> None:
        task = asyncio.ensure_future(role.run(stop))
        await asyncio.sleep(0.2)
        assert not task.done()
        assert not role.ready
        stop.set()
        await task

    run(scenario())
