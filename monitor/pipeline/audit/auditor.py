"""The auditor of one partition of the flows topic: all its shards, and where each of them stands.

After a restart the shards stand at different offsets, each with its own timeline (a lane). The log is read
again from the smallest one and each lane skips what it has; lanes that meet are joined, since their
timelines are then equal: both are the fold of the same records. Nothing is published before all meet.
"""

import zlib
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import orjson

from monitor.base.errors import NewerFormatError, UndecodableError
from monitor.drift.gate import shortened, total
from monitor.drift.judge import Alert
from monitor.drift.policy import Comparison, Policy
from monitor.flows.codec import decode
from monitor.flows.flow import Flow, FlowId, shard
from monitor.flows.record import FlowRecord
from monitor.flows.run import RunKey
from monitor.pipeline.audit.flow_state import FlowState
from monitor.pipeline.audit.page_budget import added
from monitor.pipeline.audit.record_check import checked
from monitor.pipeline.audit.shard import Shard
from monitor.pipeline.audit.summary import flow_records, summary
from monitor.pipeline.audit.upgrade import upgraded
from monitor.pipeline.timeline.commands import numbered
from monitor.pipeline.timeline.timeline import Step, Timeline

FORMAT = 4
"""Version of the state in a checkpoint."""
READABLE = (3, FORMAT)
"""Versions of the state that can be read."""
IN_FULL = 50
"""Of so many runs, those that settled last, a summary has all findings: its size is bounded."""
MAX_FLOWS = 10_000
"""Flows of the whole fleet; each shard admits four times its even part of them."""

shard_of = lru_cache(maxsize=65536)(shard)


def entry_key(partition: int, number: int, shards: int) -> str:
    """Key of a shard's checkpoint: partition, shard number, number of shards, state format."""
    return f"{partition}/{number}/{shards}/{FORMAT}"


def newer_state(version: int, number: int) -> NewerFormatError:
    """The error on a checkpoint of shard `number` whose state has a format that is still to come."""
    found = f"state format {version} in the checkpoint of shard {number}"
    return NewerFormatError(found, f"{READABLE[0]} to {READABLE[-1]}")


class Lane:
    """Shards that stand at one offset and share a timeline."""

    def __init__(self, timeline: Timeline, shards: dict[int, Shard]) -> None:
        self.timeline = timeline
        self.shards = shards

    def fold(
        self, offset: int, timestamp: int, record: FlowRecord, rows: dict[int, list[Flow]]
    ) -> list[Alert]:
        """Rows first, against what earlier records said; then what this record says itself.

        Only where a run begins is heard before its rows: it says which part of the run they belong to.
        """
        if record.header:
            self.timeline.runs.begin(record.header)
            self._rename(record.names if record.flows else self.timeline.names)
            for number, flows in rows.items():
                if number in self.shards:
                    self.shards[number].rows(record.header.source, flows, self.timeline, record.names)
        before = self.timeline.sources.low(record.header.source) if record.header else 0
        step = self.timeline.fold(offset, timestamp, record)
        if record.header and (low := self.timeline.sources.low(record.header.source)) > before:
            for one in self.shards.values():
                one.forget(record.header.source, low)
        if step == Step():
            return []
        alerts = (alert for one in self.shards.values() for alert in one.step(step, self.timeline))
        return [*step.alerts, *alerts]

    def _rename(self, names: int) -> None:
        """When the naming rules change, what was learned under the old names is no reference any more."""
        if names > self.timeline.names:
            self.timeline.names = names
            for one in self.shards.values():
                one.begin_anew()


class _Told(NamedTuple):
    """What was so when records were last made."""

    offset: int
    policy: Policy
    comparisons: tuple[Comparison, ...]


class PartitionAuditor:
    """The fold of one partition of the flows topic, restored from checkpoints.

    `entries`: the newest checkpoint per shard number; a shard without one begins at the log's start.
    """

    def __init__(self, partition: int, shards: int, partitions: int, entries: Mapping[int, bytes]) -> None:
        self.partition = partition
        self.shards = shards
        self.undecodable = 0
        self._lanes: list[Lane] = []
        self._touched: dict[FlowId, None] = {}
        self._gates: dict[RunKey, dict[str, Any]] = {}
        self._told: _Told | None = None
        self._recent: set[RunKey] = set()
        admits = 4 * MAX_FLOWS // (partitions * shards)
        # Lanes that meet keep the timeline of the first: a checkpoint may know what the log no longer holds.
        for number in sorted(range(shards), key=lambda number: number not in entries):
            lane = _restored(entries[number], number) if number in entries else _fresh(number, admits)
            lane.shards[number].unrouted.place = f"{partition}.{number}" if partitions * shards > 1 else ""
            self._join(lane)

    @property
    def next_offset(self) -> int:
        """The offset from which the log is to be read."""
        return min(lane.timeline.offset for lane in self._lanes) + 1

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
        return sum(one.duplicates for lane in self._lanes for one in lane.shards.values())

    @property
    def evidence_dropped(self) -> int:
        """Rows that came after their unit had closed: counted in fingerprints, no evidence."""
        return sum(one.evidence_dropped for lane in self._lanes for one in lane.shards.values())

    def apply(self, offset: int, timestamp: int, value: bytes) -> list[Alert]:
        """Fold the record at `offset`, appended at `timestamp` (ms); what was applied before is skipped.

        Returns the events that this makes, the same ones whenever the record is folded again. A record
        that is none of the flows topic is counted and changes nothing.

        Raises:
            NewerFormatError: a newer release wrote it. Nothing changed: the fold can go on with this very
                record once a release that knows it does the folding.
        """
        behind = [lane for lane in self._lanes if lane.timeline.offset < offset]
        if not behind:
            return []
        record = self._decoded(value)
        rows: dict[int, list[Flow]] = {}
        for flow in record.flows:
            rows.setdefault(shard_of(flow.id, self.shards), []).append(flow)
        alerts = [alert for lane in behind for alert in lane.fold(offset, timestamp, record, rows)]
        self._meet()
        # What belongs to no single flow is known to every lane and partition, and told once, by the first.
        told = {
            alert.id: alert for alert in alerts if self.partition == 0 or alert.value["labels"].get("flow")
        }
        return list(told.values())

    def _decoded(self, value: bytes) -> FlowRecord:
        try:
            record = checked(decode(value))
            if record.command is not None:
                numbered(record.command)
        except UndecodableError:
            self.undecodable += 1
            return FlowRecord(None)
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
        return zlib.compress(orjson.dumps(plain), 1)

    def changed(self) -> dict[str, bytes]:
        """Records for the verdicts topic that changed since the last call, and the summary.

        Traffic alone counts as a change of a flow's record at each doubling, another policy always, and
        a comparison that may be shown from now on.
        """
        timeline = self.timeline
        told, self._told = self._told, _Told(timeline.offset, timeline.policy, timeline.comparisons)
        if told == self._told:
            return {}
        if told is None or told[1:] != self._told[1:]:
            self._touched = {state.id: None for state in self._states()}
        for lane in self._lanes:
            for one in lane.shards.values():
                self._touched |= one.touched
                one.touched.clear()
        touched, self._touched = self._touched, {}
        states = (state for state in self._states() if state.id in touched)
        return self._records(states)

    def all_records(self) -> dict[str, bytes]:
        """Every record of this partition: written again now and then, lest a zombie's word stays."""
        return self._records(self._states())

    def _records(self, states: Iterator[FlowState]) -> dict[str, bytes]:
        self._gates = {run: self._gates[run] for run in self.timeline.runs.known if run in self._gates}
        self._recent = self.timeline.runs.newest(IN_FULL)
        held_back = sum(one.ration.suppressed for lane in self._lanes for one in lane.shards.values())
        dropped = {
            "duplicate_flows": self.duplicates,
            "evidence_dropped": self.evidence_dropped,
            "old_names": sum(one.old_names for lane in self._lanes for one in lane.shards.values()),
            "alerts_suppressed": held_back,
        }
        place = {"partition": self.partition, "offset": self.timeline.offset}
        records: dict[str, Any] = dict(flow_records(states, self.timeline.comparisons, self.timeline.policy))
        updates = added(one.updates for lane in self._lanes for one in lane.shards.values())
        losses = [one.losses for lane in self._lanes for one in lane.shards.values()]
        records[f"summary/{self.partition}"] = summary(
            self.timeline, self.states(), self._flows_of, self._gates_of, dropped, updates, losses
        )
        return {key: orjson.dumps({**place, **record}) for key, record in records.items()}

    def _gates_of(self, run: RunKey) -> dict[str, Any]:
        """What a gate wants to know of a settled run; of one that was decided long ago it is less."""
        known = self._gate(run)
        return known if run in self._recent else {name: shortened(part) for name, part in known.items()}

    def _gate(self, run: RunKey) -> dict[str, Any]:
        """Added up over all shards once, since it is final."""
        known = self._gates.get(run)
        if known is None:
            parts = [
                one.gates[run] for lane in self._lanes for one in lane.shards.values() if run in one.gates
            ]
            known = {name: part.plain() for name, part in total(parts).items()}
            if parts and self.level:
                self._gates[run] = known
        return known

    def _flows_of(self, run: RunKey) -> int:
        return sum(one.flows_of(run) for lane in self._lanes for one in lane.shards.values())

    def _states(self) -> Iterator[FlowState]:
        for lane in self._lanes:
            for one in lane.shards.values():
                yield from one.flows.values()

    def states(self) -> list[FlowState]:
        """The state of every flow of this partition, in the order of its shards."""
        return list(self._states())


def _restored(entry: bytes, number: int) -> Lane:
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
