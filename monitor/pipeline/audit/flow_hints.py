"""What a flow's state says to hints (`drift.hints`): is it a gateway, what is inside, how is it sampled.

A real flow does nearly the same each time. A gateway's entry goes on to one of many servers: each of them is
in less than half of the traces, and together they are in most.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from functools import lru_cache

from msgspec.structs import replace

from monitor.drift.policy import Comparison, Policy
from monitor.drift.records.flow import FlowVerdicts
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

_passes_on = lru_cache(maxsize=65536)(is_bare)


def with_hints(
    record: FlowVerdicts, state: FlowState, comparison: Comparison, policy: Policy
) -> FlowVerdicts:
    """The record of a flow with what hints are made of; what overflowed is no flow, and has none."""
    if state.id == OVERFLOW:
        return record
    reference, candidate = (_servers(state, name) for name in (comparison.reference, comparison.candidate))
    sides = {"reference": reference, "candidate": candidate}
    return replace(
        record,
        fans_out=tuple(side for side, paths in sides.items() if _fans_out(paths)),
        inner=_inner(reference),
        candidate_inner=_inner(candidate),
        outcomes_unknown=record.candidate_weight > 0 and state.hides_shares(comparison, policy),
        unrouted=state.id.service if state.id.is_group and state.sides else "",
    )


def _inner(paths: list[tuple[Days, list[Operation]]]) -> tuple[str, ...]:
    return tuple(sorted({str(server) for _, servers in paths for server in servers})[:INNER])


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
