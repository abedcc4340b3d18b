"""What a shape says, worked out once for all flows that share it."""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from monitor.base.identity import by_identity
from monitor.dimensions import TIMED
from monitor.dimensions.order import Order, order_of
from monitor.dimensions.trait import Trait
from monitor.dimensions.variant import Variant, variant_of
from monitor.flows.flow import INSIDE_KINDS, Line, Node, Operation, Shape
from monitor.wire.span import Kind

_MOST_ORDERS = 16
_REMEMBERED_NODES = 128
"""Larger shapes hardly come again."""
_PARTNERS = {Kind.SERVER: Kind.CLIENT, Kind.CONSUMER: Kind.PRODUCER}


class Timed:
    """What takes time in a trace of one shape: its things, each with the places of its spans.

    places: None where each span is a thing of its own, in the order of the spans.
    """

    __slots__ = ("places", "things")

    def __init__(self, extracted: Iterable[Trait]) -> None:
        places: dict[Trait, list[int]] = {}
        for place, thing in enumerate(extracted):
            places.setdefault(thing, []).append(place)
        self.things = tuple(places)
        alone = all(len(each) == 1 for each in places.values())
        self.places = None if alone else tuple(map(tuple, places.values()))

    def slowest(self, times: Sequence[int]) -> Sequence[int]:
        """Of the times of all spans, per thing the longest: a trace counts once, however often it calls."""
        if self.places is None:
            return times
        return [
            times[places[0]] if len(places) == 1 else max([times[place] for place in places])
            for places in self.places
        ]


class Done:
    """What a trace of one shape and order did, as two wholes; compared by identity.

    order: None where the row does not say it.
    """

    __slots__ = ("order", "variant")

    def __init__(self, variant: Variant, order: Order | None) -> None:
        self.variant = variant
        self.order = order

    @property
    def wholes(self) -> tuple[Variant | Order, ...]:
        """The variant, and the order where it is known."""
        return (self.variant,) if self.order is None else (self.variant, self.order)


class Digest:
    """A shape's variant, and what depends on every single span; compared by identity.

    timed: per kind of times, what takes time. calls: each span of a client, with the service
    whose span is its partner ('' where there is none). inside: spans, by operation, whose parent is in the
    same service.
    """

    __slots__ = ("_done", "_shape", "calls", "inside", "timed", "variant")

    def __init__(self, shape: Shape) -> None:
        self.variant: Variant = variant_of(shape)
        self.timed: Mapping[str, Timed] = {kind: Timed(extract(shape)) for kind, extract in TIMED.items()}
        self.calls: tuple[tuple[Operation, str], ...] = _calls(shape)
        self.inside: tuple[tuple[Operation, int], ...] = _inside(shape)
        self._shape = shape
        self._done: dict[tuple[Line, ...], Done] = {}

    def done(self, lines: tuple[Line, ...]) -> Done:
        """What a row with this shape and these lines did."""
        done = self._done.get(lines)
        if done is None:
            if len(self._done) >= _MOST_ORDERS:
                self._done.clear()
            order = order_of(self._shape, lines) if lines else None
            done = self._done[lines] = Done(self.variant, order)
        return done


_remembered = lru_cache(maxsize=16384)(Digest)


def _digest(shape: Shape) -> Digest:
    return _remembered(shape) if len(shape) <= _REMEMBERED_NODES else Digest(shape)


digest_of = by_identity(_digest, most=131_072, weight=len)
"""The digest of a shape. By identity first: the rows of a record share their shapes, and hashing one costs
more than all else that is done for a row. Shapes may be endless, and of any size: what is kept of them is
bounded in nodes."""


@lru_cache(maxsize=32768)
def _same(pair: tuple[Operation, Any]) -> tuple[Operation, Any]:
    """The same object for equal pairs: shapes may be endless, and what they say is little."""
    return pair


def _calls(shape: Shape) -> tuple[tuple[Operation, str], ...]:
    partners = {node.parent: node.operation.service for node in shape if _is_partner(shape, node)}
    return tuple(
        [
            _same((node.operation, partners.get(place, "")))
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
    return tuple(map(_same, counts.items()))


def _is_partner(shape: Shape, node: Node) -> bool:
    return _PARTNERS.get(node.operation.kind) is shape[node.parent].operation.kind
