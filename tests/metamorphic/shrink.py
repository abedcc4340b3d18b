"""A trial that goes wrong -> a smaller one that still does: fewer transformations, entries and steps."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from tests.metamorphic.scenes import Scene
from tests.metamorphic.systems.edit import with_step
from tests.metamorphic.systems.model import System
from tests.metamorphic.systems.places import places
from tests.metamorphic.trials import Trial, of_faithful, of_same

MOST_TRIALS = 60
REBUILD: dict[str, Callable[[int, Scene], Trial]] = {"faithful": of_faithful, "same": of_same}
"""Laws whose trials are about a scene alone."""


def shrunk(trial: Trial) -> Trial:
    """The smallest wrong trial that removing one part after the other finds; `trial` itself must be wrong."""
    rebuild = REBUILD.get(trial.law)
    if rebuild is None:
        return trial
    left = MOST_TRIALS
    candidates = _smaller(trial.scene)
    while left and (scene := next(candidates, None)):
        left -= 1
        smaller = rebuild(trial.seed, scene)
        if smaller.run().broken:
            trial, candidates = smaller, _smaller(scene)
    return trial


def _smaller(scene: Scene) -> Iterator[Scene]:
    """Scenes with one part less, the largest parts first."""
    for each in scene.applied:
        yield replace(scene, applied=tuple(other for other in scene.applied if other is not each))
    if len(scene.system.entries) > 1:
        yield from (_without_entry(scene, place) for place in range(len(scene.system.entries)))
    for place in places(scene.system):
        if len(place.caller.steps) > 1:
            yield replace(scene, system=with_step(scene.system, place, None))


def _without_entry(scene: Scene, gone: int) -> Scene:
    entries = scene.system.entries
    tested = tuple(place - (place > gone) for place in scene.suite.tested if place != gone)
    system = System((*entries[:gone], *entries[gone + 1 :]))
    return replace(scene, system=system, suite=replace(scene.suite, tested=tested))
