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

    __slots__ = ("_hash", "sequels")

    def __init__(self, sequels: Iterable[Sequel]) -> None:
        self.sequels = tuple(sequels)
        self._hash = hash(self.sequels)

    def __eq__(self, other: object) -> bool:
        return self is other or (
            isinstance(other, Order) and self._hash == other._hash and self.sequels == other.sequels
        )

    def __hash__(self) -> int:
        return self._hash

    def __repr__(self) -> str:
        return f"Order({list(self.sequels)!r})"

    def pairs(self) -> Iterator[Pair]:
        """Each pair whose way is known, once, of the callers by name; of several ways the first."""
        known: set[tuple[Operation, Operation]] = set()
        for _, steps in sorted(self.sequels, key=_caller):
            more: dict[tuple[Operation, Operation], Pair] = {}
            for pair in _pairs(steps):
                if pair[:2] not in known:
                    more.setdefault(pair[:2], pair)
            if len(known) + len(more) > MOST_PAIRS:
                return
            known.update(more)
            yield from more.values()


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


def _pairs(steps: tuple[Step, ...]) -> Iterator[Pair]:
    """Two that begin at the same time, as far as the clock tells, have no order."""
    began = 0
    at: list[int] = []
    for number, (_, follows) in enumerate(steps):
        began = began if follows % len(WAYS) == TOGETHER else number
        at.append(began)
    for number, (call, follows) in enumerate(steps):
        last = number + follows // len(WAYS)
        for later in range(number + 1, len(steps)):
            other, its = steps[later]
            if later <= last:
                way = Way.AT_ONCE
            elif at[number] == at[later]:
                continue
            else:
                way = Way.RIGHT_AFTER if later == number + 1 and its % len(WAYS) == NEXT else Way.AFTER
            yield Pair(call, other, way) if call < other else Pair(other, call, _TURNED[way])
