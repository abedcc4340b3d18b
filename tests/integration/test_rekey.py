"""The rekey stage on a real Kafka: flows are those of the keyed layout, though a worker is killed."""

from collections import Counter
from functools import partial
from pathlib import Path
from random import Random

import pytest

from monitor.base.clock import SystemClock
from monitor.base.units import LogTime
from monitor.flows.flow import Flow
from monitor.flows.record import Source
from monitor.kafka.client.clusters import rekeyed
from monitor.kafka.client.topics import SourceTopic
from monitor.kafka.observer.offsets import StartingPoint
from monitor.kafka.observer.role import ObserverRole
from monitor.kafka.settings import KafkaSettings
from monitor.pipeline.observe.observer import SourceObserver
from monitor.pipeline.rekey.intake import RekeyedIntake
from monitor.pipeline.rekey.record import RekeyedDecoder
from monitor.wire.attribution import AttributionSettings
from monitor.wire.decode import Decoder
from tests.integration.daemon import Daemon
from tests.integration.observing import case, flows_of, has_read, run
from tests.integration.running import eventually, running
from tests.integration.shop_traffic import (
    SETTINGS,
    Row,
    create,
    episodes,
    expected_rows,
    joined,
    send,
)

KEYED, UNKEYED = 2, 3


@pytest.mark.fault(1)
def test_flows_equal_those_of_a_keyed_topic_though_a_worker_is_killed(kafka: str, tmp_path: Path) -> None:
    """Spans of a trace lie on any partition, a worker is killed with SIGKILL: every flow counts once."""
    settings, topic = case(kafka)
    settings = settings.model_copy(update={"traces": settings.traces.model_copy(update={"rekey": True})})
    parts, random = episodes(2, 150, KEYED), Random(5)
    wanted = contents(expected_rows(joined(parts), KEYED))
    unkeyed = [[each._replace(partition=random.randrange(UNKEYED)) for each in part] for part in parts]
    observers: list[SourceObserver] = []

    async def scenario() -> None:
        await create(kafka, topic, UNKEYED)
        await send(kafka, topic, unkeyed[0])
        async with running(role := observing(settings, observers)):
            with worker(tmp_path, settings, topic):
                await eventually(partial(has_read, role, 200), "a part of it is rekeyed")
            await send(kafka, topic, unkeyed[1])
            with worker(tmp_path, settings, topic):
                await eventually(all_closed, "every flow has closed")
        assert contents(await flows_of(settings)) == wanted

    async def all_closed() -> bool:
        return sum(each.flows for each in observers) >= sum(
            not flow.is_unfinished for flow in wanted.elements()
        )

    run(scenario())


def worker(folder: Path, settings: KafkaSettings, topic: str) -> Daemon:
    """A process with the role; it is killed at the end, and its successor takes its place at once."""
    return Daemon(
        folder,
        "--role",
        "rekey",
        KAFKA__BROKERS=settings.brokers[0],
        KAFKA__PREFIX=settings.prefix,
        KAFKA__TRACES__TOPICS=topic,
        KAFKA__TRACES__REKEY="true",
        KAFKA__FLOWS__PARTITIONS=str(settings.flows.partitions),
        KAFKA__INITIAL_OFFSET="earliest",
        KAFKA__GROUP_INSTANCE_ID="worker",
        KAFKA__SESSION_TIMEOUT="6s",
    )


def observing(settings: KafkaSettings, observers: list[SourceObserver]) -> ObserverRole:
    """Observers of the rekeyed topic; nothing is cut: the source topic begins with a trace."""
    (reading,) = rekeyed(settings).values()

    def build(source: Source, start: StartingPoint, _: SourceTopic) -> SourceObserver:
        intake = RekeyedIntake(start.position, RekeyedDecoder(), SETTINGS.reread_ms)
        decoder, targets = Decoder(AttributionSettings()), settings.flows.partitions
        observers.append(
            SourceObserver(
                source, decoder, SETTINGS, start=start.position, targets=targets, fresh=False, intake=intake
            )
        )
        return observers[-1]

    return ObserverRole(
        reading,
        build,
        SystemClock(),
        reread_ms=SETTINGS.reread_ms,
        on_rejected=lambda rejected: None,
        publish_every_ms=200,
    )


def contents(rows: Counter[Row]) -> Counter[Flow]:
    """Rows without where and when they stood; in place of their lead when their entry began."""
    plain: Counter[Flow] = Counter()
    for (_, flow), count in rows.items():
        entry = None if flow.lead is None else flow.began - flow.lead
        plain[flow._replace(offset=0, place=0, ordinal=0, began=LogTime(0), lead=entry)] += count
    return plain
