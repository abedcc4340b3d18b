"""What becomes of each life of a daemon: drawn from the seed and the number of the life, and nothing else."""

import random
import signal
from collections.abc import Sequence
from typing import NamedTuple, TypeVar

from tests.chaos.points import DRAINED, POINTS, Strike

LONGEST_SECONDS = 10.0
"""Who has not come to its fault point by then is killed wherever it is."""
MEMBERS = ("one", "two", "")
"""Static member ids; the third member has none."""
CHANGE_EVERY = 6
"""After so many lives members join or leave."""

_OFTEN = {
    "at a point": 19,
    "at any time": 4,
    "frozen": 1,
    "frozen at a point": 2,
    "leaves": 1,
    "leaves at a point": 1,
    "twin": 2,
}
_KINDS = [kind for kind, often in _OFTEN.items() for _ in range(often)]
T = TypeVar("T")


class Fate(NamedTuple):
    """After `seconds` a process gets `signal`, unless a strike comes first. twin: a second one has its id."""

    seconds: float
    signal: signal.Signals
    strike: Strike | None = None
    twin: bool = False


def fate(seed: int, number: int) -> Fate:
    """The fate of the `number`th life."""
    drawn, kind = random.Random(f"{seed}/{number}"), _from_deck(f"kinds {seed}", number, _KINDS)
    if kind == "at a point":
        return Fate(LONGEST_SECONDS, signal.SIGKILL, _strike(drawn, seed, number, signal.SIGKILL))
    if kind == "frozen at a point":
        return Fate(LONGEST_SECONDS, signal.SIGSTOP, _strike(drawn, seed, number, signal.SIGSTOP))
    if kind == "frozen":
        return Fate(drawn.uniform(2, 9), signal.SIGSTOP)
    if kind == "leaves":
        return Fate(drawn.uniform(0.5, 8), signal.SIGTERM)
    if kind == "leaves at a point":
        return Fate(drawn.uniform(4, 8), signal.SIGTERM, Strike(DRAINED, 1, signal.SIGKILL))
    return Fate(drawn.uniform(0.3, 9), signal.SIGKILL, twin=kind == "twin")


def members(seed: int, lives: int) -> int:
    """How many processes there shall be once so many lives have ended: one to three."""
    return random.Random(f"members {seed}/{lives // CHANGE_EVERY}").choice((1, 2, 2, 3, 3))


def _strike(drawn: random.Random, seed: int, number: int, sent: int) -> Strike:
    point = _from_deck(f"points {seed}", number, [point for point in POINTS if point.name != DRAINED])
    nth = 1 + int(point.most * drawn.random() ** 2)
    return Strike(point.name, nth, sent, drawn.uniform(0, 0.01))


def _from_deck(name: str, number: int, cards: Sequence[T]) -> T:
    """The `number`th card of decks that are shuffled one after the other: in each, every card comes once."""
    deck, place = divmod(number, len(cards))
    return random.Random(f"{name}/{deck}").sample(cards, len(cards))[place]
