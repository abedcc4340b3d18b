"""Says from which offset the fold counts on in a log of the flows topic that began anew."""

from collections.abc import Mapping

import orjson
import structlog
from aiokafka import TopicPartition

from monitor.base.clock import Clock
from monitor.flows.codec import encode
from monitor.flows.record import FlowRecord
from monitor.kafka.auditor.log_notes import LogNotes
from monitor.kafka.client.reader import LogReader
from monitor.kafka.client.topics import Names
from monitor.kafka.client.writing import Writer
from monitor.pipeline.timeline.log_notes import Renewed

CHECK_SECONDS = 5.0
_log = structlog.get_logger()


class LogRenewal:
    """Compares what was folded with the logs, and appends `Renewed` where a log is another one."""

    def __init__(
        self, writer: Writer, reader: LogReader, names: Names, notes: LogNotes, clock: Clock
    ) -> None:
        self._writer, self._reader, self._names = writer, reader, names
        self._notes, self._clock = notes, clock
        self._check_due = clock.monotonic()
        self._strange = set[int]()

    async def say(self, number: int, base: int) -> None:
        """Let the record at offset 0 of a partition count as `base`.

        The log gets an empty record: observers wait for a first one, and the policy, which the fold has, does
        not come again.
        """
        said = Renewed(number, base)
        _log.error("flows_topic_began_anew", partition=number, counts_from=base)
        await self._writer.send_and_wait(self._names.flows, encode(FlowRecord(None)), partition=number)
        key, value = said.subject.encode(), orjson.dumps(said.plain())
        await self._writer.send_and_wait(self._names.commands, value, key=key, partition=0)

    async def check(self, folded: Mapping[int, int]) -> None:
        """Let a log count on that ends before what its partition's summary has folded, by partition.

        An auditor that has the state finds out by itself. Without any checkpoint it begins at offset 0, and
        its words would be taken for those of a zombie. Two looks must agree: an end may be said too early.
        """
        if self._clock.monotonic() < self._check_due or not folded or not self._notes.known:
            return
        self._check_due = self._clock.monotonic() + CHECK_SECONDS
        places = {number: TopicPartition(self._names.flows, number) for number in folded}
        ends, begins = await self._reader.ends(places.values()), await self._reader.begins(places.values())
        strange = set[int]()
        for number, place in places.items():
            last = folded[number] - self._notes.of(number).base
            if last >= ends[place] and not await self._reader.holds(place, last):
                strange.add(number)
        for number in sorted(strange & self._strange):
            await self.say(number, folded[number] + 1 - begins[places[number]])
        self._strange = strange
