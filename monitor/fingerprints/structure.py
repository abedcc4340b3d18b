"""Which calls a shape holds: edges from caller operation to callee operation.

An edge is named from the caller's side. A SERVER below a CLIENT (or a CONSUMER below a PRODUCER) is the
partner of one edge, not a second one: a stub in its place is the same edge with another partner.
"""

from functools import lru_cache
from typing import Any, NamedTuple, Self

from monitor.flows.flow import INSIDE_KINDS, Node, Operation, Shape
from monitor.wire.span import Kind

_PARTNERS = {Kind.SERVER: Kind.CLIENT, Kind.CONSUMER: Kind.PRODUCER}


class Edge(NamedTuple):
    """One call: who calls, and what is called."""

    caller: Operation
    callee: Operation

    def __str__(self) -> str:
        same = self.caller.service == self.callee.service
        return f"{self.caller} -> {self.callee.name if same else self.callee}"

    def pack(self) -> list[Any]:
        """Plain values for JSON."""
        return [*self.caller, *self.callee]

    @classmethod
    def unpack(cls, plain: list[Any]) -> Self:
        """The edge that `pack` packed."""
        service, kind, name, callee_service, callee_kind, callee = plain
        return cls(Operation(service, Kind(kind), name), Operation(callee_service, Kind(callee_kind), callee))


class Structure(NamedTuple):
    """The distinct operations and edges of one shape, in the order of their first appearance.

    nodes: the operation of each span of the shape. calls: each span of a client, with the service whose span
    is its partner ('' where there is none). inside: spans, by operation, whose parent is in the same service.
    """

    operations: tuple[Operation, ...]
    edges: tuple[Edge, ...]
    nodes: tuple[Operation, ...] = ()
    calls: tuple[tuple[Operation, str], ...] = ()
    inside: tuple[tuple[Operation, int], ...] = ()


_recent: dict[int, tuple[Shape, Structure]] = {}
_MOST_RECENT = 4096


def structure_of(shape: Shape) -> Structure:
    """Distinct operations and edges of `shape`.

    Cached, since a flow has few shapes; by identity first, since the rows of a record share their shapes
    and hashing one costs more than all else that is done for a row. (What is kept here keeps its identity.)
    """
    known = _recent.get(id(shape))
    if known is None:
        if len(_recent) >= _MOST_RECENT:
            _recent.clear()
        known = _recent[id(shape)] = (shape, _structure(shape))
    return known[1]


@lru_cache(maxsize=32768)
def _structure(shape: Shape) -> Structure:
    operations = dict.fromkeys(node.operation for node in shape)
    edges = dict.fromkeys(
        Edge(shape[node.parent].operation, node.operation)
        for node in shape
        if node.parent >= 0 and not _is_partner(shape, node)
    )
    nodes = tuple([node.operation for node in shape])
    return Structure(tuple(operations), tuple(edges), nodes, _calls(shape), _inside(shape))


def _calls(shape: Shape) -> tuple[tuple[Operation, str], ...]:
    partners = {node.parent: node.operation.service for node in shape if _is_partner(shape, node)}
    return tuple(
        [
            (node.operation, partners.get(place, ""))
            for place, node in enumerate(shape)
            if node.operation.kind is Kind.CLIENT
        ]
    )


def _inside(shape: Shape) -> tuple[tuple[Operation, int], ...]:
    counts: dict[Operation, int] = {}
    for node in shape:
        operation = node.operation
        attached = node.parent >= 0 and shape[node.parent].operation.service == operation.service
        if attached and operation.kind in INSIDE_KINDS:
            counts[operation] = counts.get(operation, 0) + 1
    return tuple(counts.items())


def _is_partner(shape: Shape, node: Node) -> bool:
    return _PARTNERS.get(node.operation.kind) is shape[node.parent].operation.kind
