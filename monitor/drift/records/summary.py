"""`summary/PARTITION`: what one partition of the flows topic adds up to: sums only, ratios come last."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

from monitor.base.run import RunKey
from monitor.drift.records.comparison import Input, TelemetryLost
from monitor.drift.records.placed import Placed
from monitor.drift.records.run import RunLine
from monitor.drift.records.sums import PartSums
from monitor.fingerprints.span_gaps import Gaps


class Spent(NamedTuple):
    """Updates of paging detectors on one day (0 is 1970-01-01), and the false pages expected of them."""

    day: int
    updates: int
    false_pages: float


class Stranger(NamedTuple):
    """Whose spans or flows these are ('of qa'), and what to set, so that they are compared."""

    whose: str
    remedy: str


class Tallies(msgspec.Struct, frozen=True, kw_only=True):
    """What the auditor counted. flows: closed ones, by environment."""

    flows: Mapping[str, int] = {}
    duplicate_flows: int = 0
    evidence_dropped: int = 0
    old_names: int = 0
    alerts_suppressed: int = 0
    silent_sources: int = 0


class Summary(Placed, frozen=True, kw_only=True):
    """One partition, by the records that it folded.

    command: number of the last command applied. announced: runs that somebody announced and nobody saw.
    lost: by environment. ignored: requests that are no use, by environment, kind and operation (with tabs
    between). compared: environments that arrived and are compared; strangers: those that are not. loss: per
    environment and service. late: spans, likewise. ahead, behind: by how many seconds records are stamped off
    log time, by environment, service and host (with tabs between). sightings: sampled trace -> source
    partitions. books: what ledgers keep of all flows, by ledger.
    """

    command: int = -1
    updates: tuple[Spent, ...] = ()
    false_pages_per_30d: float = 1.0
    comparisons: Mapping[str, PartSums] = {}
    runs: tuple[RunLine, ...] = ()
    announced: tuple[RunKey, ...] = ()
    lost: Mapping[str, TelemetryLost | None] = {}
    tallies: Tallies = Tallies()
    input: Input = Input()
    ignored: Mapping[str, int] = {}
    compared: tuple[str, ...] = ()
    strangers: Mapping[str, Stranger] = {}
    loss: Mapping[str, Mapping[str, Gaps]] = {}
    late: Mapping[str, Mapping[str, int]] = {}
    ahead: Mapping[str, int] = {}
    behind: Mapping[str, int] = {}
    sightings: Mapping[str, tuple[str, ...]] = {}
    books: Mapping[str, Any] = {}


def summary_key(partition: int) -> str:
    """The key of a partition's summary."""
    return f"summary/{partition}"
