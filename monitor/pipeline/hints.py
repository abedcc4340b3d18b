"""What a flow's state says to hints (`drift.hints`): does it look like a gateway, what is below its entry.

A real flow does nearly the same each time. A gateway's entry goes on to one of many servers: each of them is
in less than half of the traces, and together they are in most.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from monitor.drift.policy import Comparison
from monitor.fingerprints.fingerprint import Fingerprint
from monitor.flows.flow import FlowId, Operation
from monitor.flows.identity import flow_id, is_bare
from monitor.pipeline.flow_state import FlowState
from monitor.pipeline.shard import OVERFLOW
from monitor.wire.span import Kind

LEAST_TRACES = 100
"""Complete traces of a flow before it is said to look like anything."""
MANY = 5
"""Servers that a gateway has behind it, at least."""
HALF = 0.5
"""A server in a larger share of the traces is a part of the flow, not one of its ways on."""
INNER = 64
"""Inner operations that a flow names, the most frequent ones."""


def for_hints(state: FlowState, comparison: Comparison) -> dict[str, Any]:
    """The part of a flow's record that hints are made of.

    fans_out: in which role the flow looks like a gateway. inner: `SERVICE OPERATION` of the servers that the
    reference has below its entry. What overflowed is no flow.
    """
    if state.id == OVERFLOW:
        return {"fans_out": [], "inner": []}
    reference, candidate = comparison.reference, comparison.candidate
    sides = {"reference": _of(state, reference), "candidate": _of(state, candidate)}
    servers = {side: servers_below(state.id, present(paths)) for side, paths in sides.items()}
    return {
        "fans_out": [side for side, paths in sides.items() if fans_out(_traces(paths), servers[side])],
        "inner": sorted(str(flow) for flow, _ in servers["reference"].most_common(INNER)),
    }


def fans_out(traces: int, servers: Mapping[FlowId, int]) -> bool:
    """Whether `traces` go on to one of many: `servers`, in so many of them each."""
    ways = [count for count in servers.values() if count < HALF * traces]
    return traces >= LEAST_TRACES and len(ways) >= MANY and sum(ways) >= HALF * traces


def servers_below(entry: FlowId, operations: Mapping[Operation, int]) -> Counter[FlowId]:
    """The servers among the operations of a flow, but for its entry and for what only passes on."""
    servers: Counter[FlowId] = Counter()
    for operation, count in operations.items():
        flow = flow_id(operation)
        if operation.kind is Kind.SERVER and flow != entry and not is_bare(operation.name):
            servers[flow] += count
    return servers


def present(paths: Iterable[Fingerprint]) -> Counter[Operation]:
    """In how many complete traces of these paths each operation was."""
    counts: Counter[Operation] = Counter()
    for path in paths:
        for operation, place in path.days.operations.items():
            counts[operation] += sum(row[place] for row in path.days.counts.values() if place < len(row))
    return counts


def _of(state: FlowState, environment: str) -> list[Fingerprint]:
    return [side.fingerprint for (name, _), side in state.sides.items() if name == environment]


def _traces(paths: Iterable[Fingerprint]) -> int:
    return sum(path.days.counted for path in paths)
