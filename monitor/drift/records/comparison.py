"""`comparison/NAME`: what all partitions together have to say of a comparison, as the owner adds it up."""

import msgspec

from monitor.base.units import LogTime
from monitor.drift.records.audit import RunAudit
from monitor.drift.records.concurrency import AtOnce
from monitor.drift.records.coverage import Covered
from monitor.drift.records.parity import Parity
from monitor.drift.records.placed import Placed
from monitor.drift.records.sums import Sums
from monitor.drift.verdict import Verdict


class SpanLoss(msgspec.Struct, frozen=True, kw_only=True):
    """Of each side the share (0..1) of spans that must have been and did not come; None where none must."""

    reference: float | None = None
    candidate: float | None = None


class Sides(msgspec.Struct, frozen=True, kw_only=True):
    """Which environments are compared, and how many evidence units the candidate gave."""

    reference: str = ""
    candidate: str = ""
    units: int = 0
    span_loss: SpanLoss = SpanLoss()


class Input(msgspec.Struct, frozen=True, kw_only=True):
    """What the observers read since they took their partitions over.

    unfinished: groups of spans whose parent did not come in time, which are no flows.
    """

    spans: int = 0
    traces: int = 0
    flows: int = 0
    late: int = 0
    duplicates: int = 0
    incomplete: int = 0
    unfinished: int = 0
    rejected: int = 0
    ignored: int = 0


class TelemetryLost(msgspec.Struct, frozen=True):
    """Telemetry of an environment is lost: since when (log time), and why, in sentences."""

    since: LogTime
    reasons: tuple[str, ...]


class Split(msgspec.Struct, frozen=True, kw_only=True):
    """Of the sampled traces: how many, how many on several source partitions, and one of those."""

    traces: int = 0
    split: int = 0
    example: str = ""


class ComparisonRecord(Placed, frozen=True, kw_only=True):
    """A comparison as a whole. lost: None while the candidate's telemetry comes as it should."""

    comparison: Sides = Sides()
    input: Input = Input()
    lost: TelemetryLost | None = None
    coverage: Covered = Covered()
    parity: Parity = Parity()
    sums: Sums = msgspec.field(default_factory=Sums)
    split: Split = Split()
    verdicts: tuple[Verdict, ...] = ()
    audit: RunAudit = RunAudit()
    concurrency: AtOnce = AtOnce()


def comparison_key(name: str) -> str:
    """The key of a comparison's record."""
    return f"comparison/{name}"
