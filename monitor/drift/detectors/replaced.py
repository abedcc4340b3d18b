"""A replaced by B: what is gone and what is new at one place, in the same units, is one change, not two.

A service that is renamed, a stub under another name, another queue: a caller makes one call for the other.
"""

from collections.abc import Iterable
from typing import NamedTuple

from monitor.dimensions.dimension import Dimension, Presence
from monitor.dimensions.trait import Trait

CLOSE = 0.1
"""By so much the share of what is new may differ from the share that what is gone has lost."""


class Change(NamedTuple):
    """A trait of which tests differ: whether they lack it, and in which share of their traces it is."""

    dimension: Dimension[Presence]
    trait: Trait
    missing: bool
    share: float


def replaced(changes: Iterable[Change]) -> dict[Trait, Trait]:
    """Of traits that are new those that stand in the place of one that is gone, each with that one.

    Where several may stand for each other, those go together that have the most words in common.
    """
    all_of_them = [change for change in changes if change.dimension.place is not None]
    gone = [change for change in all_of_them if change.missing]
    new = [change for change in all_of_them if not change.missing]
    pairs = [(old, each) for old in gone for each in new if _fit(old, each)]
    stands: dict[Trait, Trait] = {}
    for old, each in sorted(pairs, key=_most_alike_first):
        if each.trait not in stands and old.trait not in stands.values():
            stands[each.trait] = old.trait
    return stands


def _fit(old: Change, new: Change) -> bool:
    return _place(old) == _place(new) and abs(1.0 - old.share - new.share) <= CLOSE


def _place(change: Change) -> tuple[object, ...]:
    place = change.dimension.place
    return (change.trait.dimension, place(change.trait) if place else None)


def _most_alike_first(pair: tuple[Change, Change]) -> tuple[int, str, str]:
    old, new = (str(change.trait) for change in pair)
    return (-len(set(old.split()) & set(new.split())), old, new)
