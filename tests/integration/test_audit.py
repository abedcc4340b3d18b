"""The calls of test runs on a real Kafka: written by the auditor, read in pages by the API."""

import asyncio
import uuid
from collections.abc import Sequence

import pytest

from monitor.base.clock import SystemClock
from monitor.base.run import RunKey
from monitor.base.units import LogTime
from monitor.drift.records.audit import CallPage
from monitor.flows.codec import encode
from monitor.flows.flow import FlowId, target
from monitor.flows.record import FlowRecord
from monitor.kafka.auditor.calls import CallReader
from monitor.kafka.settings import KafkaSettings
from monitor.pipeline.observe.observer import Outgoing
from tests.integration.flow_traffic import append
from tests.integration.running import eventually, running
from tests.integration.shop_traffic import kafka_settings
from tests.integration.test_auditor_role import at_end, role_of, with_topics
from tests.rows import header, row, source

RUN = RunKey("integration", "ci-1")
FLOW = FlowId("shop", "POST /orders")
ORDERS, PAGE = 30, 7
SAYS_OK = (4, 4)


def orders(settings: KafkaSettings) -> Sequence[Outgoing]:
    """Orders of a test run, each with one call, in three records for their target."""
    sent = []
    for part in range(3):
        offsets = range(part * 10, part * 10 + 10)
        rows = [row(n, flow=FLOW, environment=RUN.environment, run=RUN.run, began=n) for n in offsets]
        flows = tuple(each._replace(grades=SAYS_OK) for each in rows)
        said = header(source(), log_time=offsets[-1], runs={RUN: (0, offsets[-1])}, low=offsets[0])
        sent.append(Outgoing(target(FLOW, settings.flows.partitions), encode(FlowRecord(said, flows))))
    return sent


@pytest.mark.fault(1)
def test_calls_are_written_at_least_once_and_read_once(kafka: str) -> None:
    """An auditor that is cut off and begins again leaves every call, in pages, under one id each."""
    settings = kafka_settings(kafka, f"t{uuid.uuid4().hex[:12]}", "unused")
    reader = CallReader(settings, SystemClock())

    async def page(after: int | None) -> CallPage:
        return await reader.page(RUN, LogTime(0), after, PAGE)

    async def ids() -> set[str]:
        found, after = set[str](), None
        while True:
            part = await page(after)
            assert len(part.calls) <= PAGE
            found |= {call.id for call in part.calls}
            if (after := part.next) is None:
                return found

    async def all_there() -> bool:
        return len(await ids()) == 2 * ORDERS

    async def some_there() -> bool:
        return bool(await ids())

    async def scenario() -> None:
        await with_topics(settings)
        async with running(role := role_of(settings), orderly=False):
            await eventually(lambda: at_end(role, settings), "the settings are known")
            await append(settings, orders(settings)[:2])
            await eventually(some_there, "calls are written")
        await append(settings, orders(settings)[2:])
        async with running(role_of(settings)):
            await eventually(all_there, "all calls are written")
        assert await reader.page(RunKey("integration", "ci-2"), LogTime(0), None, PAGE) == CallPage()
        await reader.stop()

    asyncio.run(asyncio.wait_for(scenario(), 90))
