"""A lane: the shards of a partition that stand at one offset, and what they share."""

from monitor.drift.records.alert import Alert
from monitor.flows.flow import Flow
from monitor.flows.record import FlowRecord
from monitor.pipeline.audit.shard import Shard
from monitor.pipeline.timeline.timeline import Step, Timeline


class Lane:
    """Shards that stand at one offset and share a timeline."""

    def __init__(self, timeline: Timeline, shards: dict[int, Shard]) -> None:
        self.timeline = timeline
        self.shards = shards

    def fold(
        self, offset: int, timestamp: int, record: FlowRecord, rows: dict[int, list[Flow]]
    ) -> list[Alert]:
        """Rows first, against what earlier records said; then what this record says itself.

        Only where a run begins is read before its rows: it says which part of the run they belong to.
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
