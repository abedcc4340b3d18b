"""What a batch of units that closed says, and what it makes happen."""

from typing import NamedTuple

from monitor.drift.gate import PathResult
from monitor.drift.records.alert import Alert
from monitor.drift.ruling import Evidence
from monitor.flows.flow import Outcome


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
