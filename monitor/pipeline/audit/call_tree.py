"""The merged tree of a path: which operation leads to which, and what share of each side's traces has it.

Shares are those that verdicts are made from: of the traces that have what is above. An operation stands once,
where it is first reached. INTERNAL spans are left out where nothing begins with them: they say how a service
is observed.
"""

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import NamedTuple

from monitor.base.units import LogTime
from monitor.dimensions import COUNTED
from monitor.dimensions.trait import SAID
from monitor.drift.policy import Comparison, Policy
from monitor.drift.records.tree import CallSeen, PathTree, SideSeen
from monitor.fingerprints.snapshot import Counts
from monitor.flows.flow import Operation, Outcome
from monitor.pipeline.audit.flow_state import FlowState
from monitor.pipeline.audit.path_state import PathState
from monitor.wire.span import Kind

MOST_CALLS = 100
"""Of a path; those with the largest shares are listed."""


class _Edge(NamedTuple):
    """That an operation is right below another one, None at the top."""

    above: Operation | None
    operation: Operation


class _Side(NamedTuple):
    """What one side has: the share of each edge, and of the traces of the path that of each operation."""

    edges: Mapping[_Edge, float]
    operations: Mapping[Operation, float]

    def share(self, edge: _Edge) -> float | None:
        """As in `CallSeen`."""
        if edge.above is None:
            return self.operations.get(edge.operation, 0.0) if self.operations else None
        return self.edges.get(edge, 0.0) if edge.above in self.operations else None


Edges = Mapping[_Edge, tuple[float | None, float | None]]
"""With the shares of the reference and of the candidate."""


def path_trees(state: FlowState, comparison: Comparison, policy: Policy) -> Iterator[PathTree]:
    """The tree of every path that one of the sides has."""
    for outcome in Outcome:
        reference, candidate = (
            state.side(name, outcome) for name in (comparison.reference, comparison.candidate)
        )
        if reference.fingerprint.traces or candidate.fingerprint.traces:
            yield _path_tree(outcome, reference, candidate, policy)


def _path_tree(outcome: Outcome, reference: PathState, candidate: PathState, policy: Policy) -> PathTree:
    edges = _edges(_side(reference, policy), _side(candidate, policy))
    calls = tuple(_preorder(_largest(edges)))
    return PathTree(
        outcome=outcome,
        reference=_seen(reference),
        candidate=_seen(candidate),
        calls=calls,
        left_out=len(edges) - len(calls),
    )


def _seen(side: PathState) -> SideSeen:
    known = side.fingerprint
    return SideSeen(traces=known.traces, first=known.first, last=known.last)


def _side(side: PathState, policy: Policy) -> _Side:
    snapshot = side.latest(policy, side.fingerprint.last or LogTime(0))
    edges: dict[_Edge, float] = {}
    operations: dict[Operation, float] = {}
    for counts in {id(each): each for each in map(snapshot.of, COUNTED)}.values():
        edges |= _below(counts)
        operations |= {each: size.traces / counts.size.traces for each, size in counts.givens.items()}
    return _Side(edges, operations)


def _below(counts: Counts) -> Iterator[tuple[_Edge, float]]:
    for trait, share in chain.from_iterable(counts.shares.get(name, {}).items() for name in (*COUNTED, SAID)):
        given, what = trait.given, trait.what
        if isinstance(given, Operation) and isinstance(what, Operation) and what.kind is not Kind.INTERNAL:
            yield _Edge(given, what), share.present / share.traces


def _edges(reference: _Side, candidate: _Side) -> Edges:
    below = dict.fromkeys(chain(reference.edges, candidate.edges))
    reached = {edge.operation for edge in below}
    begin = {edge.above for edge in below}
    operations = dict.fromkeys(chain(reference.operations, candidate.operations))
    tops = (each for each in operations if each.kind is not Kind.INTERNAL or each in begin)
    edges = chain((_Edge(None, each) for each in tops if each not in reached), below)
    return {edge: (reference.share(edge), candidate.share(edge)) for edge in edges}


def _largest(edges: Edges) -> Edges:
    """The edges with the largest shares, on either side."""

    def size(edge: _Edge) -> float:
        return max(share or 0.0 for share in edges[edge])

    return {edge: edges[edge] for edge in sorted(edges, key=lambda edge: (-size(edge), edge[1]))[:MOST_CALLS]}


def _preorder(edges: Edges) -> Iterator[CallSeen]:
    """What is reached from the top, each operation with what is below it once."""
    below: dict[Operation | None, list[_Edge]] = {}
    for edge in edges:
        below.setdefault(edge.above, []).append(edge)
    waiting = [(-1, edge) for edge in reversed(below.pop(None, ()))]
    place = 0
    while waiting:
        above, edge = waiting.pop()
        call = edge.operation
        yield CallSeen(above, call.kind.name.lower(), call.service, call.name, *map(_rounded, edges[edge]))
        waiting += [(place, each) for each in reversed(below.pop(call, ()))]
        place += 1


def _rounded(share: float | None) -> float | None:
    return None if share is None else round(share, 6)
