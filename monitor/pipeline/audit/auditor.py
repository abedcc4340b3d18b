"""The auditor of one partition of the flows topic: all its shards, and where each of them stands.

After a restart the shards stand at different offsets, each with its own timeline (a lane). The log is read
again from the smallest one and each lane skips what it has; lanes that meet are joined, since their
timelines are then equal: both are the fold of the same records. Nothing is published before all meet.
"""

import zlib
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple, Self

import orjson
from msgspec.structs import replace

from monitor.base.errors import NewerFormatError, UndecodableError
from monitor.base.steps import Steps
from monitor.drift.policy import Comparison, Policy
from monitor.drift.records.alert import Alert
from monitor.drift.records.placed import Place, Placed, written
from monitor.drift.records.summary import summary_key
from monitor.flows.flow import Flow, FlowId, shard
from monitor.flows.record import FlowRecord
from monitor.ledgers.kept import packed
from monitor.pipeline.audit.at_once import together
from monitor.pipeline.audit.flow_state import FlowState
from monitor.pipeline.audit.lane import Lane
from monitor.pipeline.audit.page_budget import added
from monitor.pipeline.audit.record_check import read
from monitor.pipeline.audit.run_audits import RunAudits
from monitor.pipeline.audit.run_results import RunResults
from monitor.pipeline.audit.shard import Shard
from monitor.pipeline.audit.summary import flow_records, summary
from monitor.pipeline.audit.upgrade import upgraded
from monitor.pipeline.defects import HalfFoldedError
from monitor.pipeline.timeline.timeline import Timeline

FORMAT = 4
"""Version of the state in a checkpoint."""
READABLE = (3, FORMAT)
"""Versions of the state that can be read."""
MAX_FLOWS = 10_000
"""Flows of the whole fleet; each shard admits four times its even part of them."""
_LEVEL = 3
"""Of compression: smaller by a tenth than level 1; level 6 would take as long as packing the state."""

shard_of = lru_cache(maxsize=65536)(shard)


def entry_key(partition: int, number: int, shards: int) -> str:
    """Key of a shard's checkpoint: partition, shard number, number of shards, state format."""
    return f"{partition}/{number}/{shards}/{FORMAT}"


def newer_state(version: int, number: int) -> NewerFormatError:
    """The error on a checkpoint of shard `number` whose state has a format that is still to come."""
    found = f"state format {version} in the checkpoint of shard {number}"
    return NewerFormatError(found, f"{READABLE[0]} to {READABLE[-1]}")


class _State(NamedTuple):
    """What was so when records were last made."""

    offset: int
    policy: Policy
    comparisons: tuple[Comparison, ...]


class PartitionAuditor:
    """The fold of one partition of the flows topic, restored from checkpoints.

    `entries`: the newest checkpoint per shard number; a shard without one begins at the log's start. skips:
    offsets that are to be passed by command. refused: (offset, reason) of records that changed nothing, for
    the caller to tell and to clear.
    """

    def __init__(
        self, partition: int, shards: int, partitions: int, entries: Mapping[int, bytes | Lane]
    ) -> None:
        self.partition = partition
        self.shards = shards
        self.undecodable = 0
        self.skips: set[int] = set()
        self.refused: list[tuple[int, str]] = []
        self._lanes: list[Lane] = []
        self._touched: dict[FlowId, None] = {}
        self._results = RunResults()
        self._published: _State | None = None
        admits = 4 * MAX_FLOWS // (partitions * shards)
        # Lanes that meet keep the timeline of the first: a checkpoint may know what the log no longer holds.
        for number in sorted(range(shards), key=lambda number: number not in entries):
            lane = _lane(entries[number], number) if number in entries else _fresh(number, admits)
            lane.shards[number].audits.parts = partitions * shards
            lane.shards[number].unbounded.place = f"{partition}.{number}" if partitions * shards > 1 else ""
            self._join(lane)

    @classmethod
    def restoring(
        cls, partition: int, shards: int, partitions: int, entries: Mapping[int, bytes]
    ) -> Steps[Self]:
        """The same, step by step: a shard of 65 kB takes some 10 ms."""
        lanes: dict[int, bytes | Lane] = {}
        for number, entry in entries.items():
            lanes[number] = _lane(entry, number)
            yield
        return cls(partition, shards, partitions, lanes)

    @property
    def next_offset(self) -> int:
        """The offset from which the log is to be read."""
        return min(lane.timeline.offset for lane in self._lanes) + 1

    @property
    def stamp(self) -> int:
        """Append time (ms) of the newest record with a header below `next_offset`; 0 where there is none."""
        return min(self._lanes, key=lambda lane: lane.timeline.offset).timeline.sources.stamp

    @property
    def level(self) -> bool:
        """Whether all shards stand at one offset, so that totals may be published."""
        return len(self._lanes) == 1

    @property
    def timeline(self) -> Timeline:
        """The timeline that is furthest; the only one when level."""
        return max(self._lanes, key=lambda lane: lane.timeline.offset).timeline

    @property
    def duplicates(self) -> int:
        """Rows dropped because they were published twice, over all shards."""
        return sum(one.duplicates for one in self._shards())

    @property
    def evidence_dropped(self) -> int:
        """Rows that came after their unit had closed: counted in fingerprints, no evidence."""
        return sum(one.evidence_dropped for one in self._shards())

    def apply(self, offset: int, timestamp: int, value: bytes) -> list[Alert]:
        """Fold the record at `offset`, appended at `timestamp` (ms); what was applied before is skipped.

        Returns the events that this makes, the same ones whenever the record is folded again. A record
        that is none of the flows topic is counted and changes nothing.

        Raises:
            NewerFormatError: a newer release wrote it. Nothing changed: the fold can go on with this very
                record once a release that knows it does the folding.
            HalfFoldedError: it failed while the state changed. This auditor must not be used any more.
        """
        behind = [lane for lane in self._lanes if lane.timeline.offset < offset]
        if not behind:
            return []
        record = self._read(offset, value).as_of(timestamp)
        try:
            alerts = self._fold(offset, timestamp, record, behind)
        except Exception as error:
            raise HalfFoldedError(offset, error) from error
        # What belongs to no single flow is known to every lane and partition, and sent once, by the first.
        once = {alert.id: alert for alert in alerts if self.partition == 0 or alert.flow}
        return list(once.values())

    def _fold(self, offset: int, timestamp: int, record: FlowRecord, behind: list[Lane]) -> list[Alert]:
        rows: dict[int, list[Flow]] = {}
        for flow in record.flows:
            rows.setdefault(shard_of(flow.id, self.shards), []).append(flow)
        alerts = [alert for lane in behind for alert in lane.fold(offset, timestamp, record, rows)]
        self._meet()
        return alerts

    def _read(self, offset: int, value: bytes) -> FlowRecord:
        """The record, checked wholly; an empty one where it is none of ours, or is to be passed."""
        try:
            record, why = read(value), ""
        except UndecodableError as error:
            record, why = FlowRecord(None), str(error)
        if offset in self.skips:
            record, why = FlowRecord(None), "passed by command"
        if why:
            self.undecodable += 1
            self.refused.append((offset, why))
        return record

    def _meet(self) -> None:
        lanes, self._lanes = self._lanes, []
        for lane in lanes:
            self._join(lane)

    def _join(self, lane: Lane) -> None:
        for other in self._lanes:
            if other.timeline.offset == lane.timeline.offset:
                other.shards = dict(sorted({**other.shards, **lane.shards}.items()))
                return
        self._lanes.append(lane)

    def checkpoint(self, number: int) -> bytes:
        """The state of one shard and the offset that it holds, as one record."""
        lane = next(lane for lane in self._lanes if number in lane.shards)
        plain = [FORMAT, lane.timeline.pack(), lane.shards[number].pack()]
        return zlib.compress(orjson.dumps(plain), _LEVEL)

    def changed(self) -> dict[str, bytes]:
        """Records for the verdicts topic that changed since the last call, and the summary.

        Traffic alone counts as a change of a flow's record at each doubling, another policy always, and
        a comparison that may be shown from now on.
        """
        timeline = self.timeline
        before, self._published = (
            self._published,
            _State(timeline.offset, timeline.policy, timeline.comparisons),
        )
        if before == self._published:
            return {}
        if before is None or before[1:] != self._published[1:]:
            self._touched = {state.id: None for state in self._states()}
        for one in self._shards():
            self._touched |= one.touched
            one.touched.clear()
        touched, self._touched = self._touched, {}
        states = (state for state in self._states() if state.id in touched)
        return self._records(states)

    def all_records(self) -> dict[str, bytes]:
        """Every record of this partition: written again now and then, lest a zombie's word stays."""
        return self._records(self._states())

    def _records(self, states: Iterator[FlowState]) -> dict[str, bytes]:
        timeline, place = self.timeline, Place(self.partition, self.timeline.offset)
        records: dict[str, Placed] = dict(flow_records(states, timeline, place))
        sums = summary(
            timeline,
            self.states(),
            together(one.at_once for one in self._shards()),
            self._dropped(),
            added(one.updates for one in self._shards()),
            [one.losses for one in self._shards()],
            self._results.lines(timeline.runs, list(self._shards()), level=self.level),
            place,
        )
        books = packed(one.books for one in self._shards())
        records[summary_key(self.partition)] = replace(sums, books=books)
        return {key: written(record) for key, record in records.items()}

    def _dropped(self) -> dict[str, int]:
        return {
            "duplicate_flows": self.duplicates,
            "evidence_dropped": self.evidence_dropped,
            "old_names": sum(one.old_names for one in self._shards()),
            "alerts_suppressed": sum(one.alert_quota.suppressed for one in self._shards()),
        }

    @property
    def audits(self) -> list[RunAudits]:
        """What every shard lists of the calls of test runs."""
        return [one.audits for one in self._shards()]

    def _shards(self) -> Iterator[Shard]:
        return (one for lane in self._lanes for one in lane.shards.values())

    def _states(self) -> Iterator[FlowState]:
        for one in self._shards():
            yield from one.flows.values()

    def states(self) -> list[FlowState]:
        """The state of every flow of this partition, in the order of its shards."""
        return list(self._states())


def _lane(entry: bytes | Lane, number: int) -> Lane:
    """The lane of a checkpoint, unless it was restored already."""
    if isinstance(entry, Lane):
        return entry
    version, timeline, packed = orjson.loads(zlib.decompress(entry))
    if version > FORMAT:
        raise newer_state(version, number)
    if version not in READABLE:
        raise ValueError(f"state format {version} is no longer read")
    if version < FORMAT:
        timeline, packed = upgraded(timeline, packed)
    return Lane(Timeline.unpack(timeline), {number: Shard.unpack(packed)})


def _fresh(number: int, admits: int) -> Lane:
    return Lane(Timeline(), {number: Shard(admits)})
