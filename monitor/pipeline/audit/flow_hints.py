"""What a flow's state says to hints (`drift.hints`): is it a gateway, what is inside, how is it sampled.

A real flow does nearly the same each time. A gateway's entry goes on to one of many servers: each of them is
in less than half of the traces, and together they are in most.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from monitor.drift.policy import Comparison, Policy
from monitor.fingerprints.days import Days
from monitor.flows.flow import FlowId, Operation
from monitor.flows.identity import is_bare
from monitor.pipeline.audit.flow_state import FlowState
from monitor.pipeline.audit.shard import OVERFLOW
from monitor.wire.span import Kind

LEAST_TRACES = 100
"""Complete traces of a flow before it is said to look like anything."""
MANY = 5
"""Servers that a gateway has behind it, at least."""
HALF = 0.5
"""A server in a larger share of the traces is a part of the flow, not one of its ways on."""
NEWEST = 2
"""Days that are looked at."""
INNER = 64
"""Inner operations that a flow names, the first by name."""
USUAL = 0.95
"""A service in a larger share of the traces of a path is always there."""
SERVICES = 256
"""Services that a flow names per side, the first by name."""

_passes_on = lru_cache(maxsize=65536)(is_bare)


def for_hints(state: FlowState, comparison: Comparison, policy: Policy) -> dict[str, Any]:
    """The part of a flow's record that hints are made of.

    fans_out: in which role the flow looks like a gateway. inner, candidate_inner: `SERVICE OPERATION` of the
    servers that the reference, and the candidate, has below its entry. outcomes_unknown: both have the flow,
    and nothing says how the reference was sampled. unrouted: the service whose requests without a route are
    this flow. services: whose spans nearly every trace of the reference has where tests meet it, and whose
    spans the candidate ever had. What overflowed is no flow.
    """
    if state.id == OVERFLOW:
        return {
            "fans_out": [],
            "inner": [],
            "candidate_inner": [],
            "outcomes_unknown": False,
            "unrouted": "",
            "services": {},
        }
    sides = {
        "reference": _servers(state, comparison.reference),
        "candidate": _servers(state, comparison.candidate),
    }
    return {
        "fans_out": [side for side, paths in sides.items() if _fans_out(paths)],
        "inner": _inner(sides["reference"]),
        "candidate_inner": _inner(sides["candidate"]),
        "outcomes_unknown": _outcomes_unknown(state, comparison, policy),
        "unrouted": state.id.service if state.id.is_group and state.sides else "",
        "services": {
            "reference": sorted(_usual_services(state, comparison))[:SERVICES],
            "candidate": sorted(_services(state, comparison.candidate))[:SERVICES],
        },
    }


def _inner(paths: list[tuple[Days, list[Operation]]]) -> list[str]:
    return sorted({str(server) for _, servers in paths for server in servers})[:INNER]


def _usual_services(state: FlowState, comparison: Comparison) -> set[str]:
    counts = [
        counts
        for outcome in state.tested(comparison)
        for counts in state.side(comparison.reference, outcome).snapshot.counts.values()
    ]
    return {
        thing.service
        for each in counts
        for thing, size in each.givens.items()
        if isinstance(thing, Operation) and size.traces >= USUAL * each.size.traces
    }


def _services(state: FlowState, environment: str) -> set[str]:
    sides = (side for (name, _), side in state.sides.items() if name == environment)
    return {each.service for side in sides for each in side.fingerprint.days.operations}


def _outcomes_unknown(state: FlowState, comparison: Comparison, policy: Policy) -> bool:
    return bool(state.weight(comparison.candidate)) and state.hides_shares(comparison, policy)


def fans_out(traces: int, servers: Mapping[Operation, int]) -> bool:
    """Whether `traces` go on to one of many: `servers`, in so many of them each."""
    ways = [count for count in servers.values() if count < HALF * traces]
    return traces >= LEAST_TRACES and len(ways) >= MANY and sum(ways) >= HALF * traces


def servers_below(entry: FlowId, operations: Iterable[Operation]) -> list[Operation]:
    """The servers among the operations of a flow, but for its entry and for what only passes on."""
    return [
        operation
        for operation in operations
        if operation.kind is Kind.SERVER
        and (operation.service, operation.name) != entry
        and not _passes_on(operation.name)
    ]


def _servers(state: FlowState, environment: str) -> list[tuple[Days, list[Operation]]]:
    """The counts of every path of an environment, with the servers below the entry."""
    paths = (side.fingerprint.days for (name, _), side in state.sides.items() if name == environment)
    return [(days, servers_below(state.id, days.operations)) for days in paths]


def _fans_out(paths: list[tuple[Days, list[Operation]]]) -> bool:
    """`fans_out` of the newest days; this is asked of every flow, so that most end at the first line."""
    if max((len(servers) for _, servers in paths), default=0) < MANY:
        return False
    traces, counts = 0, Counter[Operation]()
    for days, servers in paths:
        sums = days.sums(dict.fromkeys(sorted(days.days)[-NEWEST:], 1.0))
        if None in sums:
            traces += round(sums[None].traces)
            counts.update({server: round(sums[server].traces) for server in servers if server in sums})
    return fans_out(traces, counts)
