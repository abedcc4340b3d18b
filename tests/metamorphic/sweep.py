"""Many trials, on every core: which go wrong."""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from typing import NamedTuple

from tests.metamorphic.explained import explained
from tests.metamorphic.scenes import PER_SYSTEM
from tests.metamorphic.trials import LAWS

SHARE = {"faithful": PER_SYSTEM, "same": 1, "changes": 4, "ok": 4}
"""Of so many seeds of law (a) one is tried of each law; those of `faithful` are its systems."""
PART = 4 * PER_SYSTEM
"""Seeds that one process tries, one after the other."""


class Tried(NamedTuple):
    """One trial: what it is about, and if it is wrong, what is."""

    seed: int
    tags: frozenset[str]
    wrong: str


def tried(law: str, seed: int) -> Tried:
    """Try one seed of a law."""
    trial = LAWS[law](seed)
    outcome = trial.run()
    return Tried(seed, trial.tags, wrong=explained(trial, outcome) if outcome.broken else "")


def seeds_of(law: str, begin: int, end: int) -> Sequence[int]:
    """The seeds of a law that belong to these of law (a)."""
    if law == "faithful":
        return range(begin, end, PER_SYSTEM)
    return range(begin, begin + (end - begin) // SHARE[law])


def sweep(law: str, seeds: Sequence[int]) -> Iterator[Tried]:
    """Try all of them, in order."""
    parts = [seeds[begin : begin + PART] for begin in range(0, len(seeds), PART)]
    with ProcessPoolExecutor() as pool:
        for results in pool.map(partial(_part, law), parts):
            yield from results


def _part(law: str, seeds: Iterable[int]) -> list[Tried]:
    return [tried(law, seed) for seed in seeds]
