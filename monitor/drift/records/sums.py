"""Sums over the flows of a comparison: of one partition, and of all."""

from collections.abc import Mapping
from typing import Any

import msgspec

from monitor.base.units import LogTime


class Sums(msgspec.Struct, kw_only=True):
    """Sums over the flows of a comparison, of one partition or of all.

    Weights are of traffic (1/1024). reference_traces, paths_seen_once, paths_seen_twice: over the paths of
    the reference. failing: of paths that do not end well. candidate_flows: that tests ever exercised.
    updates: of detectors that can page.
    """

    reference_flows: int = 0
    covered_flows: int = 0
    reference_traces: int = 0
    reference_weight: int = 0
    covered_weight: int = 0
    faithful_weight: int = 0
    failing_weight: int = 0
    covered_failing_weight: int = 0
    paths_seen_once: int = 0
    paths_seen_twice: int = 0
    candidate_flows: int = 0
    units: int = 0
    updates: int = 0
    out_of_scope_flows: int = 0
    out_of_scope_weight: int = 0


class ReleaseSums(msgspec.Struct, frozen=True, kw_only=True):
    """Flows that are new or changed with a release (a service with its version), and how many tests have had.

    tested: since then. since: log time of its first new flow, or of its first change. missing: those without
    a test, with their weights.
    """

    release: str
    since: LogTime
    new: int = 0
    changed: int = 0
    tested: int = 0
    missing: tuple[tuple[str, int], ...] = ()


class PartSums(Sums, kw_only=True):
    """Those of one partition, with the busiest flows of one side only.

    missing: flows that no test exercises, with their weights. dead: flows that the reference does not have
    (any more), with the log time at which it had them last. out_of_scope: flows that need no test, with
    weight, reason, and until which day: in no other list or sum. releases: the latest first. gone: of those
    missing that tests once had, the log time since which no run has. watched_ms: log time from the first flow
    of the reference to its newest. overlaps: per service, of the reference and of the
    candidate, packed (`fingerprints.overlap`).
    """

    missing: tuple[tuple[str, int], ...] = ()
    dead: tuple[tuple[str, LogTime | None], ...] = ()
    out_of_scope: tuple[tuple[str, int, str, str | None], ...] = ()
    releases: tuple[ReleaseSums, ...] = ()
    gone: tuple[tuple[str, LogTime], ...] = ()
    watched_ms: int = 0
    overlaps: Mapping[str, tuple[list[Any], list[Any]]] = {}
