"""The order of a trace: how the calls of one caller follow each other, pair by pair.

It is no part of a variant, which is free of order on purpose. So it is counted beside variants: as a whole
while a path has few orders, else by pairs.
"""

from collections.abc import Iterable, Iterator
from enum import IntEnum
from functools import lru_cache
from typing import Any, NamedTuple

from monitor.flows.flow import Line, Operation, Shape
from monitor.flows.order import NEXT, TOGETHER, WAYS

MOST_PAIRS = 64
"""Pairs of one trace: those of the first callers by name that fit."""


class Way(IntEnum):
    """How the later by name of two calls goes with the other one."""

    AFTER = 0
    """It begins later."""
    RIGHT_AFTER = 1
    """It begins when the other one ends."""
    BEFORE = 2
    RIGHT_BEFORE = 3
    AT_ONCE = 4
    """Both run at the same time for a while."""


_TURNED = {Way.AFTER: Way.BEFORE, Way.RIGHT_AFTER: Way.RIGHT_BEFORE, Way.AT_ONCE: Way.AT_ONCE}


class Pair(NamedTuple):
    """Two calls of one service, the first by name first, and how the other one goes with it."""

    call: Operation
    other: Operation
    way: Way


class Step(NamedTuple):
    """A call, and how it follows in the order of its caller (`flows.order`)."""

    call: Operation
    follows: int


Sequel = tuple[Operation, tuple[Step, ...]]
"""A caller and its calls, in the order in which they began."""


class Order:
    """The orders of the callers of a trace, each once; equal orders are one object."""

    __slots__ = ("_hash", "_pairs", "sequels")

    def __init__(self, sequels: Iterable[Sequel]) -> None:
        self.sequels = tuple(sequels)
        self._hash = hash(self.sequels)
        self._pairs: tuple[Pair, ...] | None = None

    def __eq__(self, other: object) -> bool:
        return self is other or (
            isinstance(other, Order) and self._hash == other._hash and self.sequels == other.sequels
        )

    def __hash__(self) -> int:
        return self._hash

    def __repr__(self) -> str:
        return f"Order({list(self.sequels)!r})"

    def pairs(self) -> tuple[Pair, ...]:
        """Each pair whose way is known, once, of the callers by name; of several ways the first."""
        if self._pairs is None:
            self._pairs = tuple(self._found())
        return self._pairs

    def _found(self) -> Iterator[Pair]:
        calls = [call for _, steps in self.sequels for call, _ in steps]
        repeats = len({*calls}) < len(calls)
        known: set[tuple[Operation, Operation]] = set()
        number = 0
        for _, steps in sorted(self.sequels, key=_caller):
            pairs = _pairs(steps)
            if repeats:
                more: dict[tuple[Operation, Operation], Pair] = {}
                for pair in pairs:
                    more.setdefault(pair[:2], pair)
                pairs = [pair for of, pair in more.items() if of not in known]
                known.update(more)
            number += len(pairs)
            if number > MOST_PAIRS:
                return
            yield from pairs


def _caller(sequel: Sequel) -> Any:
    return sequel[0]


def order_of(shape: Shape, lines: Iterable[Line]) -> Order:
    """The order that the lines of a row say, in terms of its shape."""
    return shared(Order(_sequel(shape, line) for line in lines))


@lru_cache(maxsize=8192)
def shared(order: Order) -> Order:
    """The same object for equal orders: comparing two ends at their identity."""
    return order


def _sequel(shape: Shape, line: Line) -> Sequel:
    caller, *plain = line
    steps = zip(plain[::2], plain[1::2], strict=True)
    return shape[caller].operation, tuple([Step(shape[place].operation, follows) for place, follows in steps])


def _pairs(steps: tuple[Step, ...]) -> list[Pair]:
    ways = _ways(tuple([follows for _, follows in steps]))
    return [_pair(steps[number].call, steps[later].call, way) for number, later, way in ways]


@lru_cache(maxsize=16384)
def _pair(call: Operation, other: Operation, way: Way) -> Pair:
    """The pair of a call and one that goes so with it, as the same object: orders share their pairs."""
    return Pair(call, other, way) if call < other else Pair(other, call, _TURNED[way])


@lru_cache(maxsize=4096)
def _ways(following: tuple[int, ...]) -> tuple[tuple[int, int, Way], ...]:
    """How calls that follow each other so go together: their numbers, and how the later one goes.

    Two that begin at the same time, as far as the clock tells, have no order.
    """
    began = 0
    at: list[int] = []
    for number, follows in enumerate(following):
        began = began if follows % len(WAYS) == TOGETHER else number
        at.append(began)
    ways = []
    for number, follows in enumerate(following):
        last = number + follows // len(WAYS)
        for later in range(number + 1, len(following)):
            if later <= last:
                ways.append((number, later, Way.AT_ONCE))
            elif at[number] != at[later]:
                right = later == number + 1 and following[later] % len(WAYS) == NEXT
                ways.append((number, later, Way.RIGHT_AFTER if right else Way.AFTER))
    return tuple(ways)
