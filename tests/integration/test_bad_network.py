"""A broker that is far away and badly connected: the observer goes on, and nothing is lost or doubled."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.bad_network import BadNetwork, FarKafka
from tests.integration.conftest import started
from tests.integration.observing import PARTITIONS, all_out, case, flows_of, has_committed, role_of, run
from tests.integration.running import eventually, running
from tests.integration.shop_traffic import PATIENT, create, episodes, expected_rows, joined, send

DELAY_SECONDS, STILL_SECONDS, CUTS = 0.1, 2.0, 2


@pytest.fixture
def far(tmp_path: Path) -> Iterator[FarKafka]:
    """A Kafka that is asked through a bad network."""
    server = started(FarKafka(tmp_path / "kafka"))
    yield server
    server.stop()


@pytest.mark.kafka
@pytest.mark.fault(6)
def test_a_slow_network_that_stands_still_and_cuts_connections(far: FarKafka) -> None:
    """Answers come late, then not at all, then every connection ends, again and again under load."""
    settings, topic = case(far.bootstrap)
    away = settings.model_copy(update={"brokers": (f"127.0.0.1:{far.before}",)})
    parts = episodes(CUTS + 1, 100, PARTITIONS)

    async def scenario() -> None:
        await create(far.bootstrap, topic, PARTITIONS)
        await send(far.bootstrap, topic, parts[0])
        async with BadNetwork(far.before, far.behind, DELAY_SECONDS) as network:
            role = role_of(away, observing=PATIENT)
            async with running(role):
                await eventually(lambda: has_committed(role, 50), "some of it is out")
                for part in parts[1:]:
                    network.stand_still()
                    await send(far.bootstrap, topic, part)
                    await asyncio.sleep(STILL_SECONDS)
                    network.cut()
                await all_out(settings, joined(parts), topic)
        assert await flows_of(settings) == expected_rows(joined(parts), PARTITIONS, PATIENT)

    run(scenario())
