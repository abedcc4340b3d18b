"""A scene: a system, what tests do, and how both sides are observed. One scene gives one report."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from random import Random
from typing import Any, NamedTuple

import orjson

from monitor.pipeline.offline import Observed
from tests.metamorphic import judged as judging
from tests.metamorphic.conclusions import Conclusions, conclusions
from tests.metamorphic.systems import draw
from tests.metamorphic.systems.model import Operation, System, word
from tests.metamorphic.systems.suite import Suite, suite
from tests.metamorphic.telemetry import capture
from tests.metamorphic.telemetry.capture import Capture
from tests.metamorphic.telemetry.spans import walk
from tests.metamorphic.transformations import TRANSFORMATIONS
from tests.metamorphic.transformations.transformation import Allows, Side, Transformation

PER_SYSTEM = 5
"""Seeds that share a system, so that its untransformed report is made once."""


@dataclass(frozen=True)
class Applied:
    """A transformation of one side, or of both."""

    transformation: Transformation
    side: Side

    def __str__(self) -> str:
        return f"{self.transformation.name} ({self.side})"

    @property
    def tags(self) -> frozenset[str]:
        """What a trial counts it by: itself, and itself on each of its sides."""
        sides = (Side.PRODUCTION, Side.TESTS) if self.side is Side.BOTH else (self.side,)
        name = self.transformation.name
        return frozenset({name, str(self), *(f"{name} ({side})" for side in sides)})


@dataclass(frozen=True)
class Scene:
    """Everything that one report is about; `tests_do`: the system as the tests meet it, if it is another.

    number: from which the system, its traffic and every other draw are made.
    """

    number: int
    system: System
    suite: Suite
    applied: tuple[Applied, ...] = ()
    tests_do: System | None = None

    def observed(self) -> Conclusions:
        """What the monitor concludes."""
        production = _flows(self._view(Side.PRODUCTION))
        tests = _flows(self._view(Side.TESTS))
        return conclusions(judging.judged(production, tests, self.settings))

    def comes_to(self, operation: Operation) -> bool:
        """Whether the tests run this operation at all."""
        name = word(operation)
        return any(
            span.service == operation.service
            and name in " ".join((span.name, *map(str, span.attributes.values())))
            for trace in capture.tests(*self._tests, self.number).traces
            for span, _ in walk(trace.root)
        )

    def _view(self, side: Side) -> "_View":
        applied = tuple(each.transformation.name for each in self.applied if each.side in (side, Side.BOTH))
        system, suite = (self.system, None) if side is Side.PRODUCTION else self._tests
        return _View(self.number, system, suite, applied, orjson.dumps(self.settings))

    @property
    def _tests(self) -> tuple[System, Suite]:
        return self.tests_do or self.system, self.suite

    @property
    def settings(self) -> dict[str, Any]:
        """What the transformations ask a person to set: sections, each of mappings or lists."""
        merged: dict[str, Any] = {}
        for each in self.applied:
            for section, values in each.transformation.settings.items():
                known = merged.setdefault(section, {})
                known |= {name: {**known.get(name, {}), **value} for name, value in values.items()}
        return merged

    @property
    def allows(self) -> frozenset[Allows]:
        """What may differ without a hint."""
        return frozenset[Allows]().union(*(each.transformation.allows for each in self.applied))

    @property
    def tags(self) -> frozenset[str]:
        """What a trial of it is about."""
        whole = len(self.suite.tested) == len(self.system.entries)
        return frozenset(() if whole else ("untested entry",)).union(*(each.tags for each in self.applied))


class _View(NamedTuple):
    """All that the telemetry of one side depends on; suite: None for production. settings: as JSON."""

    number: int
    system: System
    suite: Suite | None
    applied: tuple[str, ...]
    settings: bytes

    def capture(self) -> Capture:
        """The side as it is observed."""
        if self.suite:
            side, taken = Side.TESTS, capture.tests(self.system, self.suite, self.number)
        else:
            side, taken = Side.PRODUCTION, capture.production(self.system, self.number)
        for name in self.applied:
            taken = TRANSFORMATIONS[name].rewrite(taken, Random(f"{self.number} {name} {side}"))
        return taken


@lru_cache(maxsize=4)
def _flows(view: _View) -> Observed:
    """What is read of one side, which several trials share."""
    return judging.observed(view.capture(), orjson.loads(view.settings), view.number)


def plain(seed: int) -> Scene:
    """The system of a seed and its suite, observed as today's instrumentation does."""
    number = seed // PER_SYSTEM
    system = draw.system(number)
    return Scene(number, system, suite(number, system))


def transformed(scene: Scene, draw: str) -> Scene:
    """The scene under one transformation, or two; `draw`: from which they are drawn."""
    able = [name for name, each in TRANSFORMATIONS.items() if each.needs(scene.system)]
    drawn = shuffled(able, draw)[: Random(draw).choice((1, 2, 2))]
    return replace(scene, applied=tuple(_applied(TRANSFORMATIONS[name], draw) for name in drawn))


def _applied(transformation: Transformation, draw: str) -> Applied:
    return Applied(transformation, Random(f"{draw} {transformation.name} side").choice(transformation.sides))


def shuffled(names: Iterable[str], draw: str) -> list[str]:
    """The names in an order of chance, in which a new name moves no other: old seeds keep their meaning."""
    return sorted(names, key=lambda name: Random(f"{draw} {name}").random())


@lru_cache(maxsize=8)
def observed(scene: Scene) -> Conclusions:
    """What the monitor concludes of a scene that several trials share."""
    return scene.observed()
