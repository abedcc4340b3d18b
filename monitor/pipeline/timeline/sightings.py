"""On which source partitions sampled traces were seen, so that a topic without keys is noticed.

One trace in 1024 is looked at, the same ones in every process: the low bits of the CRC-32 of the id decide.
Spans of one trace on two partitions make two fragments, each with rows, which may belong to flows of
different partitions of the flows topic; hence the sightings of all partitions are put together (`split_of`).
"""

from collections.abc import Iterable, Mapping
from typing import Self
from zlib import crc32

from monitor.drift.records.comparison import Split
from monitor.drift.records.summary import Summary
from monitor.flows.flow import Flow
from monitor.flows.record import Source

ONE_IN = 1024
KEPT = 64
"""Sampled traces that are remembered, the ones seen last."""
PLACES = 4
"""Partitions that are remembered of one trace."""


class Sightings:
    """Sampled trace id (hex) -> the source partitions on which rows of it began; a fold of rows."""

    __slots__ = ("traces",)

    def __init__(self) -> None:
        self.traces: dict[str, list[str]] = {}

    def see(self, source: Source, flows: Iterable[Flow]) -> None:
        """Take the rows of one record; a topic that was made again is the same place."""
        for flow in flows:
            if is_sampled(flow.trace_id):
                self._add(flow.trace_id.hex(), f"{source.cluster}/{source.topic}/{source.partition}")

    def _add(self, trace: str, place: str) -> None:
        places = self.traces.pop(trace, [])
        if place not in places and len(places) < PLACES:
            places = sorted([*places, place])
        self.traces[trace] = places
        if len(self.traces) > KEPT:
            del self.traces[next(iter(self.traces))]

    def pack(self) -> dict[str, list[str]]:
        """Plain values for JSON, in the order in which they are forgotten."""
        return self.traces

    @classmethod
    def unpack(cls, plain: Mapping[str, list[str]]) -> Self:
        """The sightings that `pack` packed."""
        sightings = cls()
        sightings.traces = {trace: list(places) for trace, places in plain.items()}
        return sightings


def is_sampled(trace_id: bytes) -> bool:
    """Whether a trace is one of those looked at: the same answer in every process."""
    return crc32(trace_id) % ONE_IN == 0


def split_of(summaries: Iterable[Summary]) -> Split:
    """Of the sampled traces of all partitions: how many, how many on several source partitions, and one."""
    traces: dict[str, dict[str, None]] = {}
    for summary in summaries:
        for trace, places in summary.sightings.items():
            traces.setdefault(trace, {}).update(dict.fromkeys(places))
    split = {trace: sorted(places) for trace, places in traces.items() if len(places) > 1}
    example = f"{min(split)} on {' and '.join(split[min(split)])}" if split else ""
    return Split(traces=len(traces), split=len(split), example=example)
