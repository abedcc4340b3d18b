"""What becomes of a tree: worked out once for all trees of the same spans, times and versions aside."""

from collections.abc import Mapping, Sequence
from itertools import count
from operator import attrgetter
from typing import NamedTuple

from monitor.base.steps import Steps
from monitor.flows.carriers import carriers
from monitor.flows.entries import callers_places, entries
from monitor.flows.hops import standing
from monitor.flows.identity import Named, identity
from monitor.flows.known import Known
from monitor.flows.operation import with_carried
from monitor.flows.shapes import Numbers, Room
from monitor.traces.tree import ENTRY_KINDS, Tree

_number = attrgetter("number")


class Part(NamedTuple):
    """A row to be: the subtree from `entry` to before `end`, and the place that names its flow.

    places: of the spans that it is made of, () for all of the subtree.
    """

    entry: int
    end: int
    named: int
    places: tuple[int, ...] = ()


class Plan(NamedTuple):
    """What becomes of a tree.

    number: of this plan alone. carried: place of a request -> its whole name, where that misses what it
    carries. places: what stands for each span (`hops.standing`), () where each is a step. parts: the rows,
    of what is left to the top where that is no entry, and of each entry.
    """

    number: int
    carried: Mapping[int, str]
    places: Sequence[int]
    parts: tuple[Part, ...]


class Plans:
    """Every plan once, by what numbers stand for the spans of a tree."""

    def __init__(self) -> None:
        self._known: dict[tuple[Numbers, Numbers], Plan] = {}
        self._room = Room()
        self._unused = count()

    def clear(self) -> None:
        """Forget the numbers, which will stand for something else."""
        self._known.clear()
        self._room = Room()

    def of(self, tree: Tree, known: Sequence[Known]) -> Steps[Plan]:
        """The plan of a tree, given what is known of its spans."""
        key = (tuple(map(_number, known)), tuple(tree.parents))
        plan = self._known.get(key)
        if plan is None:
            if not self._room.has(len(tree.parents)):
                self._known.clear()
            plan = self._known[key] = yield from self._made(tree, known)
        return plan

    def _made(self, tree: Tree, known: Sequence[Known]) -> Steps[Plan]:
        places = (yield from standing([each.hop for each in known], tree.parents)) or ()
        parts = yield from _parts(tree, [each.named for each in known])
        return Plan(next(self._unused), _carried(tree, known), places, tuple(parts))


def _carried(tree: Tree, known: Sequence[Known]) -> dict[int, str]:
    operations = [each.operation for each in known]
    found = carriers(tree, operations, [each.hop for each in known])
    names = {place: with_carried(operations[place].name, words) for place, words in found.items()}
    return {place: name for place, name in names.items() if name != operations[place].name}


def _parts(tree: Tree, named: list[Named]) -> Steps[list[Part]]:
    top = named[0]
    if top.kind in ENTRY_KINDS and not top.may_pass_on:
        return [Part(0, len(named), 0)]
    below = entries(tree)
    places = callers_places(tree, below) if not below or below[0].place else ()
    parts = [Part(0, len(named), 0, tuple(places) if below else ())] if places else []
    for place, end in below:
        parts += [Part(place, end, (yield from identity(named, tree, place)))]
    return parts
