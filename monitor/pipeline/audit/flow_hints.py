"""What a flow's state says to hints (`drift.hints`): is it a gateway, what is inside, how is it sampled.

A real flow does nearly the same each time. A gateway's entry goes on to one of many servers: each of them is
in less than half of the traces, and together they are in most.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

from msgspec.structs import replace

from monitor.dimensions import ENDS
from monitor.dimensions.trait import Given
from monitor.drift.policy import Comparison, Policy
from monitor.drift.records.flow import Entered, FlowVerdicts
from monitor.drift.taken import SEND
from monitor.fingerprints.days import Days
from monitor.fingerprints.table import Sum
from monitor.flows.flow import OVERFLOW, FlowId, Operation
from monitor.flows.identity import is_bare
from monitor.pipeline.audit.flow_state import FlowState
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

_Paths = list[tuple[Days, list[Operation]]]
_passes_on = lru_cache(maxsize=65536)(is_bare)


def with_hints(
    record: FlowVerdicts, state: FlowState, comparison: Comparison, policy: Policy
) -> FlowVerdicts:
    """The record of a flow with what hints are made of; what overflowed is no flow, and has none."""
    if state.id == OVERFLOW:
        return record
    reference, candidate = (_paths(state, name) for name in (comparison.reference, comparison.candidate))
    sides = {"reference": _servers(state, reference), "candidate": _servers(state, candidate)}
    shown = {each.service for _, operations in candidate for each in operations}
    silent = {service for path in reference for service in _usual(*path, shown)} if shown else ()
    fronts = {str(each) for each in _fronts(reference + candidate)} - {str(state.id)}
    return replace(
        record,
        fans_out=tuple(side for side, paths in sides.items() if _fans_out(paths)),
        inner=_inner(sides["reference"]),
        candidate_inner=_inner(sides["candidate"]),
        outcomes_unknown=record.candidate_weight > 0 and state.hides_shares(comparison, policy),
        unrouted=state.id.service if state.id.is_group and state.sides else "",
        services=tuple(sorted(shown)),
        silent=_first(silent),
        passed_on=_first(fronts),
        sends=_first(_sent(reference, candidate)),
        entered=None
        if state.withholds(ENDS.name, comparison, policy)
        else _entered(reference, candidate, alone=policy.unit == "trace"),
    )


def _entered(reference: _Paths, candidate: _Paths, *, alone: bool) -> Entered | None:
    """Where the traces of a flow enter, and how many do; of several places the first."""
    for days, _ in reference + candidate:
        for variant in days.variants.names:
            by = next((call.operation for call in variant.calls if call.parent is None), None)
            if by is not None:
                return Entered(str(by), by.service, _traces(reference), _traces(candidate), alone)
    return None


def _traces(paths: _Paths) -> int:
    """Complete traces of the newest days of an environment."""
    newest = sorted({day for days, _ in paths for day in days.days})[-NEWEST:]
    return sum(days.counted_on(day) for days, _ in paths for day in newest)


def _first(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(names)[:INNER])


def _usual(days: Days, operations: Iterable[Operation], shown: set[str]) -> set[str]:
    """Services of most traces of a path, but for those that are shown."""
    return {
        each.service for each in _in_most(days, (each for each in operations if each.service not in shown))
    }


def _sent(reference: _Paths, candidate: _Paths) -> Iterator[str]:
    """What most traces of a path of the reference send, and the candidate's do, too."""
    ours = {each for _, operations in candidate for each in operations if each.kind is Kind.PRODUCER}
    for days, operations in reference:
        sent = [each for each in operations if each in ours and each.name.startswith(SEND.lstrip())]
        yield from map(str, _in_most(days, sent))


def _in_most(days: Days, operations: Iterable[Operation]) -> list[Operation]:
    """Those of most traces of the newest days."""
    operations = list(operations)
    sums = _newest(days) if operations else {}
    least = HALF * sums[None].traces if None in sums else 0
    return [each for each in operations if each in sums and sums[each].traces > least]


def _fronts(paths: _Paths) -> Iterator[Operation]:
    """What only passes on."""
    every = (each for _, operations in paths for each in operations)
    return (each for each in every if each.kind is Kind.SERVER and _passes_on(each.name))


def _inner(paths: _Paths) -> tuple[str, ...]:
    return _first({str(server) for _, servers in paths for server in servers})


def fans_out(traces: int, servers: Mapping[Operation, int]) -> bool:
    """Whether `traces` go on to one of many: `servers`, each with its number of traces."""
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


def _paths(state: FlowState, environment: str) -> _Paths:
    """The counts of every path of an environment, with all operations."""
    paths = (side.fingerprint.days for (name, _), side in state.sides.items() if name == environment)
    return [(days, list(days.operations)) for days in paths]


def _servers(state: FlowState, paths: _Paths) -> _Paths:
    """The same with the servers below the entry."""
    return [(days, servers_below(state.id, operations)) for days, operations in paths]


def _newest(days: Days) -> dict[Given, Sum]:
    return days.sums(dict.fromkeys(sorted(days.days)[-NEWEST:], 1.0))


def _fans_out(paths: _Paths) -> bool:
    """`fans_out` of the newest days; this is asked of every flow, so that most end at the first line."""
    if max((len(servers) for _, servers in paths), default=0) < MANY:
        return False
    traces, counts = 0, Counter[Operation]()
    for days, servers in paths:
        sums = _newest(days)
        if None in sums:
            traces += round(sums[None].traces)
            counts.update({server: round(sums[server].traces) for server in servers if server in sums})
    return fans_out(traces, counts)
