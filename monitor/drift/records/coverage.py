"""Coverage in records: sums of one partition, sums of all, and the shares that are made of them."""

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


class PartSums(Sums, kw_only=True):
    """Those of one partition, with the busiest flows of one side only.

    missing: flows that no test exercises, with their weights. dead: flows that the reference does not have
    (any more), with the log time at which it had them last.
    """

    missing: tuple[tuple[str, int], ...] = ()
    dead: tuple[tuple[str, LogTime | None], ...] = ()


class Shares(msgspec.Struct, frozen=True, kw_only=True):
    """Shares (0..1) of the reference that the candidate exercises; None where there is nothing to share.

    faithful: by traffic, discounted by each flow's drift score. unknown_mass: an upper bound of the share
    of traffic in paths that the reference has not shown yet.
    """

    flows: float | None = None
    traffic: float | None = None
    failures: float | None = None
    faithful: float | None = None
    unknown_mass: float = 1.0


class Covered(Shares, frozen=True, kw_only=True):
    """The shares, with the flows of one side only; missing: and their shares of the traffic."""

    missing: tuple[tuple[str, float], ...] = ()
    dead: tuple[tuple[str, LogTime | None], ...] = ()
