"""The record format of the flows topic: a header of facts, and rows that stand alone.

Wire layout (version 2): one JSON object, tables first, so that names stand once per record::

    {"v": 2,
     "names": 2,                                  version of the rules by which operations are named
     "header": {...Header...},                    absent in a command
     "strings": ["shop", ...],
     "operations": [[service, kind, name], ...],  service, name: places in strings
     "notes": [[note, ...], ...],                 places in strings; absent where no span has any
     "shapes": [[[operation, parent, 0, notes], ...], ...],   notes: a place, left out where none
     "versions": [[service, version, ...], ...],  places in strings
     "orders": [[line, ...], ...],                lines of `flows.order`; absent where no row has any
     "profiles": [[service, aspect, value, ...], ...],  places in strings; absent where no row has any
     "stated": [[profile, ...], ...],             places in profiles; absent likewise
     "rows": [[offset, place, ordinal, service, operation, ..., {section: value}], ...],
     "command": {"number": 7, ...}}               only in a command

Sections are named and optional: the last value of a row, left out where there is none, and any key of the
record beside those above. A reader skips those that it does not know, so that a later release may add some.
Version 1 has neither names (they count as 1), notes nor sections. Where a node has 0, other releases
wrote 1 for some: nobody asks. The sections of a row: `flows.sections`.

JSON, because an operator can read the topic with any Kafka tool; the producer compresses it.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from monitor.base.run import RunKey
from monitor.base.units import LogTime
from monitor.flows.flow import Flow
from monitor.wire.span import Marks

VERSION = 2
READABLE = (1, VERSION)
"""Versions that can be read."""
COMMAND_VERSION = 1
"""Version of a record with a command: it has not changed since, and during an upgrade auditors of the release
before must read it."""


class Source(NamedTuple):
    """A source partition; the incarnation distinguishes a recreated topic from its predecessor."""

    cluster: str
    topic: str
    incarnation: str
    partition: int

    def __str__(self) -> str:
        return f"{self.cluster}/{self.topic}/{self.incarnation}/{self.partition}"


class RunSpan(NamedTuple):
    """When fragments of a run began, first and last, in log time; its suite; its marks."""

    first: LogTime
    last: LogTime
    suite: str
    marks: Marks = ()


class Header(NamedTuple):
    """What an observer knows of one source partition; true whoever says it and however late.

    low: every flow of this target whose fragment's first offset is below it stands in this target already.
    log_time: of the partition, with idle time. at_end: nothing was left to read. partitions: of the topic.
    low_times: per environment seen in the last `max_age`, the log time before which its fragments are out
    (those of `unknown` may turn out to be of any environment).
    runs: per (environment, run) with fragments begun in the last `max_age`.
    tallies: what the observer counted on this partition since it took it over (spans, traces, flows, late,
    duplicates, incomplete, cut, rejected).
    """

    source: Source
    partitions: int
    low: int
    log_time: LogTime
    at_end: bool
    low_times: Mapping[str, LogTime]
    runs: Mapping[RunKey, RunSpan]
    tallies: Mapping[str, int]

    def as_of(self, stamp: int) -> "Header":
        """The same with no time later than `stamp` (ms)."""
        runs = {
            key: run._replace(first=_as_of(run.first, stamp), last=_as_of(run.last, stamp))
            for key, run in self.runs.items()
        }
        lows = {environment: _as_of(low, stamp) for environment, low in self.low_times.items()}
        return self._replace(log_time=_as_of(self.log_time, stamp), low_times=lows, runs=runs)


class FlowRecord(NamedTuple):
    """One record of the flows topic: a header with rows, or a command.

    names: version of the rules by which the operations of its rows are named (`operation.NAMES`).
    """

    header: Header | None
    flows: tuple[Flow, ...] = ()
    command: Mapping[str, Any] | None = None
    names: int = 1

    def as_of(self, stamp: int) -> "FlowRecord":
        """The record with no log time later than when it was appended, at `stamp` (ms).

        What it tells of was there by then: where its log time is later, the clocks of producers are ahead.
        """
        if self.header is None or self.header.log_time <= stamp:
            return self
        flows = tuple(flow._replace(began=_as_of(flow.began, stamp)) for flow in self.flows)
        return self._replace(header=self.header.as_of(stamp), flows=flows)


def _as_of(log_time: LogTime, stamp: int) -> LogTime:
    return LogTime(min(log_time, stamp))
