"""The audit topic: calls of test runs are appended by the auditor, and read in pages by the API."""

import asyncio
from collections.abc import Iterable
from typing import Any

import msgspec
from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from monitor.base.clock import Clock
from monitor.base.errors import UnreachableError
from monitor.base.run import RunKey
from monitor.base.units import LogTime
from monitor.drift.records.audit import CallPage, CallRecord, partition_of
from monitor.kafka.client.reader import LogReader, RecordsGoneError
from monitor.kafka.client.topics import Names
from monitor.kafka.client.writing import Writer
from monitor.kafka.settings import KafkaSettings

MOST_LOOKED_AT = 50_000
"""Records that one page looks at, most of which may be of other runs."""
PAGE_SECONDS = 8.0


async def append_calls(writer: Writer, topic: str, calls: Iterable[CallRecord], partitions: int) -> None:
    """Append calls, those of a run in order on its partition. KafkaError: not all were acknowledged."""
    places: dict[int, list[tuple[str, bytes]]] = {}
    for call in calls:
        place = partition_of(RunKey(call.environment, call.run), partitions)
        places.setdefault(place, []).append((call.id, call.written()))
    for place, records in places.items():
        await writer.append_all(topic, records, place)


class CallReader:
    """Reads the calls of a run, without a consumer group."""

    def __init__(self, settings: KafkaSettings, clock: Clock) -> None:
        self._topic, self._partitions = Names(settings.prefix).audit, settings.flows.partitions
        self._reader = LogReader(settings, clock)

    async def page(self, run: RunKey, since: LogTime, after: int | None, most: int) -> CallPage:
        """Some calls of a run, from offset `after` on, else of those appended since (ms).

        Raises UnreachableError where Kafka does not answer in time.
        """
        try:
            async with asyncio.timeout(PAGE_SECONDS):
                return await self._page(run, since, after, most)
        except (KafkaError, TimeoutError) as error:
            raise UnreachableError("Kafka does not answer", code="not_read") from error

    async def _page(self, run: RunKey, since: LogTime, after: int | None, most: int) -> CallPage:
        place = TopicPartition(self._topic, partition_of(run, self._partitions))
        begin = (await self._reader.begins([place]))[place]
        end = (await self._reader.ends([place]))[place]
        start = await self._reader.at_time(place, since) if after is None else after
        page = _Page(run, most)
        try:
            await self._reader.each(place, max(begin, end if start is None else start), end, page.visit)
        except RecordsGoneError as gone:
            return CallPage(calls=(), next=gone.begin)
        return CallPage(calls=tuple(page.calls.values()), next=page.next)

    async def stop(self) -> None:
        """Disconnect."""
        await self._reader.stop()


class _Page:
    """Collects the calls of a run, each once; next: the offset after them, None where nothing follows."""

    def __init__(self, run: RunKey, most: int) -> None:
        self._run, self._most = run, most
        self._looked_at = 0
        self.calls: dict[str, CallRecord] = {}
        self.next: int | None = None

    def visit(self, record: Any) -> bool:
        """Take a record; False where the page is full."""
        if len(self.calls) >= self._most or self._looked_at >= MOST_LOOKED_AT:
            self.next = record.offset
            return False
        self._looked_at += 1
        call = _read(record.value)
        if call is not None and (call.environment, call.run) == self._run:
            self.calls[call.id] = call
        return True


def _read(value: bytes | None) -> CallRecord | None:
    """The call in a record; None where it is none, as nobody else may write there."""
    try:
        return msgspec.json.decode(value or b"", type=CallRecord)
    except msgspec.DecodeError:
        return None
