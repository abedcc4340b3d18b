"""Two processes that are given one static member id: what is counted stays exact, and both are named."""

import asyncio
from pathlib import Path

import pytest

from tests.integration.daemon import Daemon
from tests.integration.kafka_client import create_topic
from tests.integration.observing import PARTITIONS, all_out, case, flows_of, has_read, name, role_of, run
from tests.integration.running import eventually, running
from tests.integration.shop_traffic import create, episodes, expected_rows, joined, send
from tests.integration.test_daemon import _settings


@pytest.mark.fault(2, 35)
def test_members_that_take_an_id_from_each_other_count_exactly(kafka: str) -> None:
    """However often partitions change hands unnoticed, nothing is lost or doubled."""
    settings, topic = case(kafka)
    settings = settings.model_copy(update={"group_instance_id": "twin"})
    parts = episodes(3, 100, PARTITIONS)

    async def scenario() -> None:
        await create(kafka, topic, PARTITIONS)
        first, second = role_of(settings), role_of(settings)
        await send(kafka, topic, parts[0])
        async with running(first):
            await eventually(lambda: has_read(first, 100), "the first reads")
            async with running(second):
                await send(kafka, topic, parts[1])
                await eventually(lambda: has_read(second, 1), "the second reads")
                await send(kafka, topic, parts[2])
                await asyncio.sleep(5)
            await all_out(settings, joined(parts), topic)
        assert await flows_of(settings) == expected_rows(joined(parts), PARTITIONS)

    run(scenario())


@pytest.mark.fault(35)
def test_a_process_waits_for_an_id_that_another_one_has(kafka: str, tmp_path: Path) -> None:
    """It is not ready, its log and probe name both processes, and it works once the other has ended."""
    prefix = name()
    asyncio.run(create_topic(kafka, f"{prefix}-spans"))
    named = {**_settings(kafka, prefix), "KAFKA__GROUP_INSTANCE_ID": "one"}
    for each in ("first", "second"):
        (tmp_path / each).mkdir()
    with Daemon(tmp_path / "first", **named) as first:
        first.until(lambda: first.ask("/readyz")[0] == 200, "the first is ready")
        with Daemon(tmp_path / "second", **named) as second:
            said = f":{first.pid} already, so that this one, "
            second.until(lambda: said in second.ask("/readyz?verbose")[1], "the second names the first")
            assert f":{second.pid}, waits" in second.log
            assert first.ask("/readyz")[0] == 200
            first.kill()
            second.until(lambda: second.ask("/readyz")[0] == 200, "the second is ready")
