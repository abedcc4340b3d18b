"""Hints on clocks that are off, from the summary of partition 0: whose, how far, and what to do.

Log time follows one clock of a partition, so that the others do no harm (`pipeline/observe/followed.py`); but
flows are dated by it, and only a person knows which of two clocks is right.
"""

from collections.abc import Iterator

from monitor.drift.hints import LISTED, Hint
from monitor.drift.records.latest import Latest
from monitor.drift.records.summary import Summary

REMEDY = "message.timestamp.type=LogAppendTime on the source topics, or the right time on that host (NTP)"


def clocks(records: Latest) -> tuple[Hint, ...]:
    """A hint on each, those that are furthest off first, at most `LISTED`."""
    off = {
        (direction, producer): seconds
        for summary in records.every(Summary)
        if summary.partition == 0
        for direction, producers in (("ahead of", summary.ahead), ("behind", summary.behind))
        for producer, seconds in producers.items()
    }
    order = sorted(off, key=lambda key: (-off[key], key))
    return tuple(_hints(order[:LISTED], off))


def _hints(order: list[tuple[str, str]], off: dict[tuple[str, str], int]) -> Iterator[Hint]:
    for direction, producer in order:
        environment, service, host = producer.split("\t")
        subject = f"{service} on host {host}" if host else service
        says = (
            f"Records of {subject} ({environment}) are stamped {off[direction, producer]:,} s {direction} "
            "those of other producers in their partition: a clock is wrong."
        )
        yield Hint("clock", subject, says, REMEDY)
