"""The books of a shard, by ledger; what a release does not know it keeps as it is: another release may."""

from collections.abc import Iterable, Mapping
from functools import reduce
from typing import Any, Self

from monitor.base.units import LogTime
from monitor.flows.flow import Flow
from monitor.ledgers import BOOKS
from monitor.ledgers.ledger import Book


class Books:
    """One of each ledger that keeps any; unknown: packed ones of other releases."""

    __slots__ = ("_all", "known", "unknown")

    def __init__(self, known: Mapping[str, Book] = {}, unknown: Mapping[str, Any] = {}) -> None:
        self.known = {name: known[name] if name in known else kind() for name, kind in BOOKS.items()}
        self.unknown = unknown
        self._all = tuple(self.known.values())

    def observe(self, flow: Flow, period: LogTime, case: str) -> None:
        """Count a flow of a compared environment, as `Book` has it."""
        for book in self._all:
            book.observe(flow, period, case)

    def pack(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {**self.unknown, **{name: book.pack() for name, book in self.known.items()}}

    @classmethod
    def unpack(cls, plain: Mapping[str, Any]) -> Self:
        """The books that `pack` packed; what it did not have begins anew."""
        known = {name: kind.unpack(plain[name]) for name, kind in BOOKS.items() if name in plain}
        return cls(known, {name: each for name, each in plain.items() if name not in BOOKS})


def together(books: Iterable[Books]) -> dict[str, Book]:
    """The books of several shards or partitions, by ledger."""
    known = [each.known for each in books]
    return {name: reduce(_merge, (each[name] for each in known), kind()) for name, kind in BOOKS.items()}


def packed(books: Iterable[Books]) -> dict[str, Any]:
    """The same as plain values for JSON."""
    return {name: book.pack() for name, book in together(books).items()}


def _merge(one: Any, other: Any) -> Any:
    return one.merge(other)
