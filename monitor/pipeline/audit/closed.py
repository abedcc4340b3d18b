"""What a batch of units that closed says, and what it makes happen."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from monitor.drift.gate import PathResult
from monitor.drift.records.alert import Alert
from monitor.drift.ruling import Evidence
from monitor.fingerprints.units import Batch
from monitor.flows.flow import Outcome
from monitor.pipeline.timeline.runs import Closing
from monitor.pipeline.timeline.timeline import Step, Timeline


class Fed(NamedTuple):
    """What the units of a path say by themselves, and how many updates that made."""

    outcome: Outcome
    evidence: Evidence
    updates: int


class Closed(NamedTuple):
    """What a batch that closed made happen: events, per comparison what became of its paths, updates."""

    alerts: list[Alert]
    results: dict[str, list[PathResult]]
    updates: int


def closing(batches: Iterable[Batch], step: Step, timeline: Timeline) -> Iterator[tuple[Closing, Batch]]:
    """What closes now, each at its own end, which for the last part of a run is that of the run."""
    settled = {each.key: each.end for each in step.settled}
    for batch in batches if settled or step.moved else ():
        key = batch.key
        end = batch.end(timeline.policy.bucket_ms)
        closes = batch.environment in step.moved and timeline.runs.is_closed(key, end)
        if key in settled or closes:
            run = timeline.runs.known.get(key)
            end = min(end, settled.get(key, end))
            yield Closing(end, key, batch.bucket, run.suite if run else ""), batch
