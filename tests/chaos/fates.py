"""What becomes of each life of a daemon: drawn from the seed and the number of the life, and nothing else."""

import random
import signal
from typing import NamedTuple

from tests.chaos.points import DRAINED, POINTS, Strike

LONGEST_SECONDS = 10.0
"""Who has not come to its fault point by then is killed wherever it is."""
MEMBERS = ("one", "two", "")
"""Static member ids; the third member has none."""
CHANGE_EVERY = 8
"""After so many lives members join or leave."""


class Fate(NamedTuple):
    """After `seconds` a process gets `signal`, unless a strike comes first. twin: a second one has its id."""

    seconds: float
    signal: signal.Signals
    strike: Strike | None = None
    twin: bool = False


UNHARMED = Fate(float("inf"), signal.SIGKILL)


def fate(seed: int, number: int) -> Fate:
    """The fate of the `number`th life."""
    drawn = random.Random(f"{seed}/{number}")
    kind = drawn.choices(
        ("at a point", "at any time", "frozen", "frozen at a point", "leaves", "leaves at a point", "twin"),
        (60, 16, 4, 6, 4, 4, 6),
    )[0]
    if kind == "at a point":
        return Fate(LONGEST_SECONDS, signal.SIGKILL, _strike(drawn, signal.SIGKILL))
    if kind == "frozen at a point":
        return Fate(LONGEST_SECONDS, signal.SIGSTOP, _strike(drawn, signal.SIGSTOP))
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


def _strike(drawn: random.Random, number: int) -> Strike:
    point = drawn.choice([point for point in POINTS if point.name != DRAINED])
    nth = 1 + int(point.most * drawn.random() ** 2)
    return Strike(point.name, nth, number, drawn.uniform(0, 0.01))
