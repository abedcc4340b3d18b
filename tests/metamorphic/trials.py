"""A law and a seed -> a trial: which scenes are observed, and what must hold between their reports."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from random import Random
from typing import NamedTuple

from tests.metamorphic import laws
from tests.metamorphic.changes import (
    CHANGES,
    AtPlace,
    Change,
    dropped,
    is_request,
    is_write_of_a_consumer,
    unanswered,
)
from tests.metamorphic.conclusions import Conclusions
from tests.metamorphic.scenes import Scene, observed, plain, shuffled, transformed
from tests.metamorphic.systems.model import System, all_operations
from tests.metamorphic.systems.places import Place, places
from tests.metamorphic.systems.suite import MOST_RUNS, Suite

FEWEST_RUNS = 2


class Outcome(NamedTuple):
    """What was seen; `broken`: a sentence per way in which the law does not hold."""

    before: Conclusions | None
    after: Conclusions
    broken: tuple[str, ...]


@dataclass(frozen=True)
class Trial:
    """One trial of one law.

    before: the scene that is compared with, if the law needs one. change: the real difference, if the law is
    about one. tags: what it is about.
    """

    law: str
    seed: int
    scene: Scene
    tags: frozenset[str]
    judge: Callable[[Conclusions | None, Conclusions], Iterator[str]]
    before: Scene | None = None
    change: Change | None = None

    def run(self) -> Outcome:
        """Observe, and judge."""
        before = observed(self.before) if self.before else None
        after = self.scene.observed()
        return Outcome(before, after, tuple(self.judge(before, after)))


def faithful(seed: int) -> Trial:
    """Of a faithful suite: flows and coverage are what a person would count, and nothing is wrong."""
    return of_faithful(seed, plain(seed))


def same(seed: int) -> Trial:
    """Law (a): another observation of the same system is judged the same."""
    return of_same(seed, transformed(plain(seed), f"same {seed}"))


def changes(seed: int) -> Trial:
    """Law (b): a real difference is reported under any observation, or claimed by no `ok`."""
    draw = f"changes {seed}"
    scene = plain(seed)
    kind, change = _any_change(scene.system, _whole(scene), draw)
    scene = replace(transformed(scene, draw), suite=change.suite, tests_do=change.system)
    return _of_change("changes", seed, scene, change, frozenset({kind}) | scene.tags)


def ok(seed: int) -> Trial:
    """Law (c): without any one thing that an `ok` claims, in as many runs, it is no `ok`."""
    rng = Random(f"ok {seed}")
    scene = plain(seed)
    suite = replace(_whole(scene), runs=rng.randint(FEWEST_RUNS, MOST_RUNS))
    kind, change = _any_removal(scene.system, suite, rng)
    scene = replace(scene, suite=suite, tests_do=change.system)
    return _of_change("ok", seed, scene, change, frozenset({kind}))


REMOVALS: dict[str, tuple[Callable[[Place], bool], AtPlace]] = {
    "call with all below it": (lambda place: place.is_claimable, dropped),
    "answer": (is_request, unanswered),
    "consumer's write": (is_write_of_a_consumer, dropped),
}
"""What an `ok` claims, by kind: where it is, and how it is removed."""

LAWS: dict[str, Callable[[int], Trial]] = {"faithful": faithful, "same": same, "changes": changes, "ok": ok}
"""By name."""


def of_faithful(seed: int, scene: Scene) -> Trial:
    """A trial of that law on this scene."""
    kinds = frozenset(type(each.interface).__name__ for each in all_operations(scene.system))
    return Trial(
        "faithful", seed, scene, kinds, lambda _, after: laws.faithful(scene.system, scene.suite, after)
    )


def of_same(seed: int, scene: Scene) -> Trial:
    """A trial of that law on this scene."""

    def judge(before: Conclusions | None, after: Conclusions) -> Iterator[str]:
        assert before is not None
        return laws.same(before, after, scene.allows)

    return Trial("same", seed, scene, scene.tags, judge, replace(scene, applied=()))


def _of_change(law: str, seed: int, scene: Scene, change: Change, tags: frozenset[str]) -> Trial:
    def judge(_: Conclusions | None, after: Conclusions) -> Iterator[str]:
        is_shown = change.by is None or scene.comes_to(change.by)
        return laws.found(change, after) if is_shown else iter(())

    return Trial(law, seed, scene, tags, judge, change=change)


def _whole(scene: Scene) -> Suite:
    """The suite with every entry tested."""
    return replace(scene.suite, tested=tuple(range(len(scene.system.entries))))


def _any_change(system: System, suite: Suite, draw: str) -> tuple[str, Change]:
    kinds = shuffled(CHANGES, draw)
    drawn = ((kind, CHANGES[kind](system, suite, Random(f"{draw} {kind}"))) for kind in kinds)
    return next((kind, change) for kind, change in drawn if change is not None)


def _any_removal(system: System, suite: Suite, rng: Random) -> tuple[str, Change]:
    """One thing that an `ok` claims; each kind that the system has is as likely."""
    found = {kind: list(filter(fits, places(system))) for kind, (fits, _) in REMOVALS.items()}
    kind = rng.choice([kind for kind, some in found.items() if some])
    return kind, REMOVALS[kind][1](rng.choice(found[kind]), system, suite)
