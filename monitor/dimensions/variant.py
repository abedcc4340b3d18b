"""The variant of a flow: what its trace did, whatever the order and however often beyond a level.

Shapes do not repeat (siblings change their order with time, loops their length), variants do: in one topic
7,583 flows had 6,311 shapes and 60 variants. So fingerprints count variants, and what a dimension asks is
read from a variant when somebody asks.
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from monitor.flows.flow import Node, Operation, Shape
from monitor.flows.operation import as_called
from monitor.wire.span import Kind

LEVELS = 4
"""Spans of one kind are counted up to 2**LEVELS."""
_ENTRIES = (Kind.SERVER, Kind.CONSUMER)
_SERVER = Kind.SERVER
_CALLERS = (Kind.CLIENT, Kind.PRODUCER)


class Call(NamedTuple):
    """Spans of one operation in one place of a trace.

    caller: the nearest SERVER or CONSUMER above in the service right above, else the topmost span of that
    service. parent: the span right above. Both are None at the top. level: the trace has at least 2**level
    such spans below that caller (at most LEVELS). notes: what these spans say beside.

    A server right below another service answers a request of which there is no span: its call is counted,
    too, so that a service that makes no client spans makes the same calls as one that does.
    """

    operation: Operation
    caller: Operation | None = None
    parent: Operation | None = None
    level: int = 0
    notes: tuple[str, ...] = ()


class Variant:
    """The calls of a trace as a sorted set: equal variants are one thing, whatever shape they came from."""

    __slots__ = ("_hash", "calls", "operations")

    def __init__(self, calls: Iterable[Call]) -> None:
        self.calls = tuple(sorted(set(calls), key=_order))
        self.operations = frozenset([call.operation for call in self.calls])
        self._hash = hash(self.calls)

    def __eq__(self, other: object) -> bool:
        return self is other or (
            isinstance(other, Variant) and self._hash == other._hash and self.calls == other.calls
        )

    def __hash__(self) -> int:
        return self._hash

    def __repr__(self) -> str:
        return f"Variant({list(self.calls)!r})"


def _order(call: Call) -> tuple[Any, ...]:
    operation, caller, parent, level, notes = call
    return (operation, caller or (), parent or (), level, notes)


def variant_of(shape: Shape) -> Variant:
    """The variant of a shape, the same object for equal variants: comparing two ends at their identity."""
    return _shared(Variant(_calls(_with_unseen(shape))))


@lru_cache(maxsize=8192)
def _shared(variant: Variant) -> Variant:
    return variant


def _with_unseen(shape: Shape) -> Shape:
    """The shape with a span of each request that has none, above the server that answers it."""
    unseen = [place for place, node in enumerate(shape) if node[0][1] is _SERVER and _is_unseen(shape, node)]
    if not unseen:
        return shape
    nodes: list[Node] = []
    places: list[int] = []
    for place, node in enumerate(shape):
        above = places[node.parent] if node.parent >= 0 else -1
        if place in unseen:
            nodes.append(Node(as_called(node.operation, nodes[above].operation.service), above))
            above = len(nodes) - 1
        places.append(len(nodes))
        nodes.append(node._replace(parent=above))
    return tuple(nodes)


def _is_unseen(shape: Shape, server: Node) -> bool:
    """Whether no caller's span stands right above a server of another service."""
    if server.parent < 0:
        return False
    above = shape[server.parent].operation
    return above.kind not in _CALLERS and above.service != server.operation.service


def _calls(shape: Shape) -> Iterator[Call]:
    callers = [_caller_of(shape, place) for place in range(len(shape))]
    counts: dict[tuple[Operation, Operation | None], int] = {}
    for node, caller in zip(shape, callers, strict=True):
        counts[node.operation, caller] = counts.get((node.operation, caller), 0) + 1
    for node, caller in zip(shape, callers, strict=True):
        parent = shape[node.parent].operation if node.parent >= 0 else None
        level = min(counts[node.operation, caller].bit_length() - 1, LEVELS)
        yield Call(node.operation, caller, parent, level, node.notes)


def _caller_of(shape: Shape, place: int) -> Operation | None:
    above = shape[place].parent
    if above < 0:
        return None
    service = shape[above].operation.service
    while shape[above].operation.kind not in _ENTRIES:
        higher = shape[above].parent
        if higher < 0 or shape[higher].operation.service != service:
            break
        above = higher
    return shape[above].operation
