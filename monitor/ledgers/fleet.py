"""What ledgers know of a comparison as a whole: a partition adds up its flows, the owner the partitions.

Sums first, ratios last, so that a fleet counts as one partition does.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from monitor.base.units import DAY_MS, LogTime
from monitor.drift.records.audit import RunAudit
from monitor.drift.records.sums import PartSums, Sums
from monitor.drift.scope import OutOfScope
from monitor.fingerprints.overlap import Overlap
from monitor.ledgers.releases import Birth, Change, FlowHistory, releases_of, together

LISTED = 100
"""Of flows without tests (or without production) at most this many are named, the busiest first."""
DEAD_MS = 7 * DAY_MS
"""A flow that production has not shown for so long is dead."""
FORGOTTEN_MS = 30 * DAY_MS
"""A flow that no test has exercised for so long, by the clock of the tests, is not exercised any more."""


_Entry = TypeVar("_Entry", tuple[str, int], tuple[str, int, LogTime | None], tuple[str, int, str, str | None])


class PathSeen(NamedTuple):
    """A path in the reference, whether it fails, and whether tests had it, too; weight: in 1/1024."""

    traces: int
    weight: int
    fails: bool
    tested: bool


class FlowSeen(NamedTuple):
    """A flow in both environments. weight, tested: of its traffic in the reference and in the tests (1/1024).

    last: log time at which the reference had it last. score: drift score, 0..1. units, updates: of its
    detectors. birth, changes: what releases did to it. gone: log time since which no test exercises it any
    more; None where they do, or never did.
    """

    flow: str
    weight: int
    tested: int
    last: LogTime | None
    score: float
    units: int
    updates: int
    paths: Sequence[PathSeen]
    birth: Birth | None = None
    changes: Sequence[Change] = ()
    gone: LogTime | None = None

    @property
    def covered(self) -> bool:
        """Whether tests exercise it."""
        return self.tested > 0 and self.gone is None

    @property
    def history(self) -> FlowHistory:
        """What releases are made from."""
        traces = sum(path.traces for path in self.paths)
        return FlowHistory(self.flow, traces, self.weight, bool(self.tested), self.birth, self.changes)


def sums_of(
    flows: Iterable[FlowSeen], now: LogTime, out_of_scope: Callable[[str], OutOfScope | None]
) -> PartSums:
    """The sums of a partition; now: clock of the reference, so that its own silence makes no flow dead.

    out_of_scope: whether somebody decided that a flow, by its name, needs no test.
    """
    sums = PartSums()
    flows = list(flows)
    missing: list[tuple[str, int]] = []
    dead: list[tuple[str, int, LogTime | None]] = []
    aside: list[tuple[str, int, str, str | None]] = []
    counted: list[FlowSeen] = []
    for flow in flows:
        untested = flow.weight > 0 and not flow.covered
        if untested and (decision := out_of_scope(flow.flow)):
            aside.append((flow.flow, flow.weight, decision.reason, decision.until))
            continue
        _add(sums, flow)
        counted.append(flow)
        if untested:
            missing.append((flow.flow, flow.weight))
        if _is_dead(flow, now):
            dead.append((flow.flow, flow.tested, flow.last))
    sums.missing, sums.out_of_scope = _busiest(missing), _busiest(aside)
    gone = {flow.flow: flow.gone for flow in counted}
    sums.gone = tuple((name, since) for name, _ in sums.missing if (since := gone[name]) is not None)
    begun = (flow.birth.at for flow in flows if flow.birth is not None)
    sums.watched_ms = max(0, now - min(begun, default=now))
    sums.dead = tuple((name, last) for name, _, last in _busiest(dead))
    sums.releases = releases_of([flow.history for flow in counted], now)
    sums.out_of_scope_flows, sums.out_of_scope_weight = len(aside), sum(weight for _, weight, *_ in aside)
    return sums


def _add(sums: Sums, flow: FlowSeen) -> None:
    sums.candidate_flows += bool(flow.tested)
    sums.units += flow.units
    sums.updates += flow.updates
    if flow.weight:
        _add_reference(sums, flow)


def _add_reference(sums: Sums, flow: FlowSeen) -> None:
    covered = flow.covered
    sums.reference_flows += 1
    sums.reference_weight += flow.weight
    sums.covered_flows += covered
    sums.covered_weight += flow.weight * covered
    sums.faithful_weight += round(flow.weight * covered * (1 - flow.score))
    for path in flow.paths:
        sums.reference_traces += path.traces
        sums.paths_seen_once += path.traces == 1
        sums.paths_seen_twice += path.traces == 2
        sums.failing_weight += path.weight * path.fails
        sums.covered_failing_weight += path.weight * path.fails * path.tested * covered


def _is_dead(flow: FlowSeen, now: LogTime) -> bool:
    return flow.covered and (flow.last is None or now - flow.last > DEAD_MS)


def gone_since(absent: LogTime | None, last: LogTime | None, now: LogTime) -> LogTime | None:
    """Since when no test exercises a flow that the candidate had last at `last`; None where tests do.

    absent: log time since which no suite does. What was seen after that was exercised without a suite.
    """
    if last is None:
        return None
    if absent is not None and last < absent:
        return absent
    return last if now - last > FORGOTTEN_MS else None


class AuditedRun(NamedTuple):
    """A test run, and what the audit of its calls adds up to."""

    run: str
    audit: RunAudit


class Fleet(NamedTuple):
    """A comparison as a whole: the names of its environments, and the sums of all partitions.

    sums.missing, sums.dead: over all partitions. overlaps: per service, of both sides. runs: the last
    complete one of each suite of the candidate. books: of all shards together, by ledger. warn: evidence to
    be reached. allowed: globs on what may differ.
    """

    reference: str
    candidate: str
    sums: PartSums
    overlaps: Mapping[str, tuple[Overlap, Overlap]] = {}
    runs: Sequence[AuditedRun] = ()
    books: Mapping[str, Any] = {}
    warn: float = 1e3
    allowed: tuple[str, ...] = ()


def added(parts: Sequence[PartSums]) -> PartSums:
    """The sums of all partitions; of flows of one side only the busiest, or (dead) the first by name."""
    total = PartSums(**{name: sum(getattr(part, name) for part in parts) for name in Sums.__struct_fields__})
    total.missing = _busiest(entry for part in parts for entry in part.missing)
    names = {name for name, _ in total.missing}
    total.gone = tuple(entry for part in parts for entry in part.gone if entry[0] in names)
    total.watched_ms = max((part.watched_ms for part in parts), default=0)
    total.out_of_scope = _busiest(entry for part in parts for entry in part.out_of_scope)
    total.releases = together(release for part in parts for release in part.releases)
    dead = (entry for part in parts for entry in part.dead)
    total.dead = tuple(sorted(dead, key=lambda entry: entry[0])[:LISTED])
    return total


def overlaps_of(parts: Iterable[PartSums]) -> dict[str, tuple[Overlap, Overlap]]:
    """Per service what both sides of all partitions show together."""
    total: dict[str, tuple[Overlap, Overlap]] = {}
    for part in parts:
        for service, packed in part.overlaps.items():
            reference, candidate = map(Overlap.unpack, packed)
            known = total.get(service, (Overlap(), Overlap()))
            total[service] = (known[0].merge(reference), known[1].merge(candidate))
    return total


def _busiest(entries: Iterable[_Entry]) -> tuple[_Entry, ...]:
    return tuple(sorted(entries, key=lambda entry: (-entry[1], entry[0]))[:LISTED])


def ratio(part: float, whole: float) -> float | None:
    """Part / whole to six digits; None for a whole of 0."""
    return round(part / whole, 6) if whole else None
