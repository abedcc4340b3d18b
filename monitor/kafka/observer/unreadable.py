"""Steps over records that aiokafka cannot read, such as one with a header key that is not UTF-8.

aiokafka gives up a batch at the first such record. It drops the records that it read before, says neither
which partition nor which record it was, and fails again at every offset of that batch.
"""

from collections.abc import Mapping

from aiokafka import AIOKafkaConsumer, TopicPartition

from monitor.kafka.client.reader import UNREADABLE
from monitor.kafka.observer.partition import SourcePartition

POLL_MS = 200


async def step_over(consumer: AIOKafkaConsumer, partitions: Mapping[TopicPartition, SourcePartition]) -> None:
    """Read every partition on from its observer's position; reject the records that cannot be read.

    Raises KafkaError where the broker does not answer; it can then be called again.
    """
    for tp, partition in partitions.items():
        while (reason := await _read(consumer, tp, partition)) is not None:
            first = await consumer.position(tp)
            partition.reject(first, await _readable_after(consumer, tp, first), reason)


async def _read(consumer: AIOKafkaConsumer, tp: TopicPartition, partition: SourcePartition) -> str | None:
    """Fold what one fetch brings; where it fails, the records before that one, and return the reason."""
    consumer.seek(tp, partition.observer.position)
    try:
        for record in (await consumer.getmany(tp, timeout_ms=POLL_MS)).get(tp, ()):
            partition.fold(record)
    except UNREADABLE:
        consumer.seek(tp, partition.observer.position)
        try:
            while batch := await consumer.getmany(tp, timeout_ms=POLL_MS, max_records=1):
                partition.fold(batch[tp][0])
        except UNREADABLE as error:
            return str(error)
    return None


async def _readable_after(consumer: AIOKafkaConsumer, tp: TopicPartition, unreadable: int) -> int:
    """The next offset from which the log can be read: by doubling steps, then by halving the last one."""
    end: int = (await consumer.end_offsets([tp]))[tp]
    step, before, after = 1, unreadable, min(unreadable + 1, end)
    while after < end and not await _can_read(consumer, tp, after):
        step, before, after = 2 * step, after, min(after + 2 * step, end)
    while after - before > 1:
        middle = (before + after) // 2
        if await _can_read(consumer, tp, middle):
            after = middle
        else:
            before = middle
    return after


async def _can_read(consumer: AIOKafkaConsumer, tp: TopicPartition, offset: int) -> bool:
    consumer.seek(tp, offset)
    try:
        await consumer.getmany(tp, timeout_ms=POLL_MS, max_records=1)
    except UNREADABLE:
        return False
    return True
