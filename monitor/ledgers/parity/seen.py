"""In how many flows something was stated, and in which test cases."""

from typing import Any, Self

from monitor.stats.distinct import Distinct


class Seen:
    """flows: of all environments' traffic each one. cases: of tests, where they count, by their hashes."""

    __slots__ = ("cases", "flows")

    def __init__(self, flows: int = 0, cases: Distinct | None = None) -> None:
        self.flows = flows
        self.cases = cases or Distinct()

    def add(self, other: Self) -> None:
        """Count what another one has as well; that one is not changed."""
        self.flows += other.flows
        if other.cases.hashes:
            self.cases = self.cases.merge(other.cases)

    def pack(self) -> list[int]:
        """A plain list for JSON."""
        return [self.flows, *self.cases.hashes]

    @classmethod
    def unpack(cls, plain: list[Any]) -> Self:
        """What `pack` packed."""
        flows, *hashes = plain
        return cls(flows, Distinct(hashes))
