"""Every shape and set of what was deployed once: equal flows share them; later layers compare by identity."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from monitor.flows.flow import Node, Operation, Shape, Versions
from monitor.flows.stated import Profile, Said, Stated, together

MAX_KNOWN = 50_000
"""Entries of a table; when full, all are dropped and made again: a bound on memory, not a policy."""

MAX_NODES = 1_000_000
"""Nodes of all entries together, at about 100 bytes each: a trace may have 10,000."""

Numbers = tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Deployed:
    """A service, its version ('' where it states none), what it says of itself; compared by identity."""

    service: str
    version: str
    said: Said


class Together(NamedTuple):
    """What was deployed of the services of a flow, and what they say of themselves."""

    versions: Versions
    stated: Stated


class Room:
    """How full a table is that holds something of every node of its entries."""

    def __init__(self) -> None:
        self._entries = self._nodes = 0

    def has(self, nodes: int) -> bool:
        """Whether one more entry with so many nodes fits; it is counted, where not in an empty table."""
        fits = self._entries < MAX_KNOWN and self._nodes + nodes <= MAX_NODES
        if not fits:
            self._entries = self._nodes = 0
        self._entries += 1
        self._nodes += nodes
        return fits


class Shapes:
    """Shapes by the numbers of plans, of which several may stand for the same operations."""

    def __init__(self) -> None:
        self._known: dict[int, Shape] = {}
        self._room = Room()
        self._equal: dict[Shape, Shape] = {}
        self._deployed: dict[frozenset[Deployed], Together] = {}

    def clear(self) -> None:
        """Forget the shapes."""
        self._known.clear()
        self._equal.clear()
        self._room = Room()

    def shape(
        self,
        plan: int,
        parents: Sequence[int],
        said: Iterable[tuple[Operation, tuple[str, ...]]],
    ) -> Shape:
        """The shape of a tree with this plan; `said`, operations with notes, is looked at where it is new."""
        shape = self._known.get(plan)
        if shape is None:
            if not self._room.has(len(parents)):
                self._known.clear()
                self._equal.clear()
            nodes = zip(said, parents, strict=True)
            made = tuple([Node(name, parent, notes) for (name, notes), parent in nodes])
            shape = self._known[plan] = self._equal.setdefault(made, made)
        return shape

    def deployed(self, deployed: Iterable[Deployed]) -> Together:
        """What was deployed, of those services that state a version, and what they state beside it."""
        key = frozenset(deployed)
        known = self._deployed.get(key)
        if known is None:
            if len(self._deployed) >= MAX_KNOWN:
                self._deployed.clear()
            versions = {(each.service, each.version) for each in key if each.version}
            stated = together(Profile(each.service, each.said) for each in key)
            known = self._deployed[key] = Together(tuple(sorted(versions)), stated)
        return known
