"""Simulates worlds, and sums up what came of them."""

from collections import Counter
from collections.abc import Iterator
from traceback import format_exc
from typing import NamedTuple

from tests.simulation.rules import KEPT, BrokenRuleError, Rules
from tests.simulation.world import World

HOURS_OF_ONE = 100
"""Hours of one world, at most; the next one has the next seed."""


class Outcome(NamedTuple):
    """What came of one world. broken: which check failed, '' for none; story: the last that happened."""

    seed: int
    hours: int
    counts: Counter[str]
    digest: str
    broken: str
    story: list[str]


def simulate(seed: int, hours: int, rules: Rules = KEPT) -> Outcome:
    """One world of so many hours."""
    world, broken = World(seed, rules), ""
    try:
        world.run(hours)
    except BrokenRuleError as error:
        broken = str(error)
    except Exception:  # noqa: BLE001 - whatever fails in such a world is what is looked for
        broken = format_exc()
    return Outcome(seed, world.hours, world.counts(), world.digest(), broken, [*world.trouble.story])


def worlds(seed: int, hours: int, rules: Rules = KEPT, most: int = HOURS_OF_ONE) -> Iterator[Outcome]:
    """Worlds of so many hours in all, each of `most` at most, from a seed on."""
    while hours > 0:
        yield simulate(seed, min(hours, most), rules)
        seed, hours = seed + 1, hours - most
