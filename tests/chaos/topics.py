"""What stands in the topics of a season, asked without reading more of them than is needed."""

from typing import Any

from aiokafka import TopicPartition

from monitor.base.clock import SystemClock
from monitor.kafka.client.reader import LogReader
from monitor.kafka.client.topics import Names
from monitor.kafka.settings import KafkaSettings
from tests.chaos.claims import offset_of
from tests.chaos.proof import Logs
from tests.integration.observing import commits_of
from tests.integration.shop_traffic import read_all

Ends = dict[TopicPartition, int]
"""By partition, the offset that its next record will have."""


class Topics:
    """Those of one prefix; partitions: of the source topic."""

    def __init__(self, settings: KafkaSettings, partitions: int) -> None:
        self._settings, self._partitions = settings, partitions
        self._names, self._source = Names(settings.prefix), settings.traces.topics[0]
        self._reader = LogReader(settings, SystemClock())

    async def stop(self) -> None:
        """Disconnect."""
        await self._reader.stop()

    async def is_all_out(self) -> bool:
        """Whether observers have committed the end of the source topic: no flow is open any more."""
        return await self.share_out() == 1.0

    async def share_out(self) -> float:
        """Which share of the source topic observers have committed, from 0 to 1."""
        commits = await commits_of(self._settings, self._source, self._partitions)
        ends = await self._ends(self._source, self._partitions)
        return sum(commit.offset for commit in commits if commit) / max(1, sum(ends.values()))

    async def ends(self) -> tuple[Ends, Ends]:
        """Of the flows topic, then of the checkpoints."""
        count = self._settings.flows.partitions
        return await self._ends(self._names.flows, count), await self._ends(self._names.checkpoints, count)

    async def is_all_checkpointed(self, since: tuple[Ends, Ends]) -> bool:
        """Whether every shard has written a checkpoint since then that holds what the flows topic held."""
        flows, begins = since
        written: set[bytes] = set()
        for place, end in (await self._reader.ends(begins)).items():
            last = flows[TopicPartition(self._names.flows, place.partition)] - 1

            def visit(entry: Any, last: int = last) -> None:
                if offset_of(entry.value) >= last:
                    written.add(entry.key)

            await self._reader.each(place, begins[place], end, visit)
        return len(written) == self._settings.flows.partitions * self._settings.flows.shards

    async def _ends(self, topic: str, count: int) -> Ends:
        return await self._reader.ends([TopicPartition(topic, number) for number in range(count)])

    async def logs(self) -> Logs:
        """All that stands in them."""
        broker, count = self._settings.brokers[0], self._settings.flows.partitions
        return Logs(
            await read_all(broker, self._source, self._partitions),
            await read_all(broker, self._names.flows, count),
            await read_all(broker, self._names.checkpoints, count),
            await read_all(broker, self._names.verdicts, 1),
            await read_all(broker, self._names.dead_letters, 1),
        )
