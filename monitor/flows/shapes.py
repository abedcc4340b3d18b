"""Every shape and set of versions once: equal flows share the object; later layers compare by identity."""

from collections.abc import Iterable, Sequence

from monitor.flows.flow import Node, Operation, Shape, Versions

MAX_KNOWN = 50_000
"""Entries of a table; when full, all are dropped and made again: a bound on memory, not a policy."""

Numbers = tuple[int, ...]


class Shapes:
    """Shapes by the numbers of plans, of which several may stand for the same operations."""

    def __init__(self) -> None:
        self._known: dict[int, Shape] = {}
        self._equal: dict[Shape, Shape] = {}
        self._versions: dict[frozenset[tuple[str, str]], Versions] = {}

    def clear(self) -> None:
        """Forget the shapes."""
        self._known.clear()
        self._equal.clear()

    def shape(
        self,
        plan: int,
        parents: Sequence[int],
        said: Iterable[tuple[Operation, tuple[str, ...]]],
    ) -> Shape:
        """The shape of a tree with this plan; `said`, operations with notes, is looked at where it is new."""
        shape = self._known.get(plan)
        if shape is None:
            if len(self._known) >= MAX_KNOWN:
                self.clear()
            nodes = zip(said, parents, strict=True)
            made = tuple([Node(name, parent, notes) for (name, notes), parent in nodes])
            shape = self._known[plan] = self._equal.setdefault(made, made)
        return shape

    def versions(self, deployed: Sequence[tuple[str, str]]) -> Versions:
        """What was deployed, of those services that state a version."""
        key = frozenset(deployed)
        versions = self._versions.get(key)
        if versions is None:
            if len(self._versions) >= MAX_KNOWN:
                self._versions.clear()
            versions = self._versions[key] = tuple(sorted(pair for pair in key if pair[1]))
        return versions
