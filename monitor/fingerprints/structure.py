"""Which calls a shape holds: edges from caller operation to callee operation.

An edge is named from the caller's side. A SERVER below a CLIENT (or a CONSUMER below a PRODUCER) is the
partner of one edge, not a second one: a stub in its place is the same edge with another partner.
"""

from functools import lru_cache
from typing import Any, NamedTuple, Self

from monitor.flows.flow import Node, Operation, Shape
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

    nodes: the operation of each span of the shape.
    """

    operations: tuple[Operation, ...]
    edges: tuple[Edge, ...]
    nodes: tuple[Operation, ...] = ()


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
    return Structure(tuple(operations), tuple(edges), tuple([node.operation for node in shape]))


def _is_partner(shape: Shape, node: Node) -> bool:
    return _PARTNERS.get(node.operation.kind) is shape[node.parent].operation.kind
