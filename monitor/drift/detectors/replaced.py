"""A replaced by B: what is gone and what is new at one place, in the same units, is one change, not two.

A service that is renamed, a stub under another name, another queue: a caller makes one call for the other.
"""

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from itertools import chain, groupby, product
from typing import NamedTuple

from monitor.dimensions.dimension import Dimension, Presence
from monitor.dimensions.trait import Trait

CLOSE = 0.1
"""By so much the share of what is new may differ from the share that what is gone has lost."""
MOST_AT_ONE_PLACE = 100
"""Where more is gone, or new, nothing is paired there: telemetry decides how many pairs there would be."""


class Change(NamedTuple):
    """A trait of which tests differ: whether they lack it, and in which share of their traces it is."""

    dimension: Dimension[Presence]
    trait: Trait
    missing: bool
    share: float


def replaced(changes: Iterable[Change]) -> dict[Trait, Trait]:
    """Of traits that are new those that stand in the place of one that is gone, each with that one.

    Where several may stand for each other, those go together that have the most words in common. Where one
    is as much like several, none is paired: which one took its place would be a guess.
    """
    changes = [change for change in changes if change.dimension.place is not None]
    gone = _by_place(change for change in changes if change.missing)
    new = _by_place(change for change in changes if not change.missing)
    pairs = [pair for place in gone if place in new for pair in product(gone[place], new[place])]
    fitting = [pair for pair in pairs if _fit(*pair)]
    stands: dict[Trait, Trait] = {}
    for _, equals in groupby(sorted(fitting, key=_alike, reverse=True), key=_alike):
        stands |= _unambiguous(equals, stands)
    return stands


def _by_place(changes: Iterable[Change]) -> dict[Hashable, list[Change]]:
    """Those at each place at which they are not too many."""
    places: dict[Hashable, list[Change]] = {}
    for change in changes:
        places.setdefault(_place(change), []).append(change)
    return {place: each for place, each in places.items() if len(each) <= MOST_AT_ONE_PLACE}


def _unambiguous(pairs: Iterable[tuple[Change, Change]], stands: Mapping[Trait, Trait]) -> dict[Trait, Trait]:
    """Of pairs that are equally alike those whose sides have no other partner, and are not paired yet."""
    paired = {*stands, *stands.values()}
    free = [(old.trait, new.trait) for old, new in pairs if not paired & {old.trait, new.trait}]
    partners = Counter(chain.from_iterable(free))
    return {new: old for old, new in free if partners[old] == partners[new] == 1}


def _fit(old: Change, new: Change) -> bool:
    return abs(1.0 - old.share - new.share) <= CLOSE


def _place(change: Change) -> Hashable:
    place = change.dimension.place
    return (change.trait.dimension, place(change.trait) if place else None)


def _alike(pair: tuple[Change, Change]) -> int:
    """How many words the names of both have in common."""
    old, new = (set(str(change.trait).split()) for change in pair)
    return len(old & new)
