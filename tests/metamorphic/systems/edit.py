"""Systems in which something is otherwise."""

from collections.abc import Callable
from dataclasses import replace

from tests.metamorphic.systems.model import Entry, Operation, Query, Step, System
from tests.metamorphic.systems.places import Path, Place


def with_step(system: System, place: Place, step: Step | None) -> System:
    """The system with another step at a place, or none."""

    def change(entry: Entry) -> Entry:
        return replace(entry, operation=_changed(entry.operation, place.path, step))

    entries = enumerate(system.entries)
    return System(tuple(change(entry) if number == place.entry else entry for number, entry in entries))


def _changed(operation: Operation, path: Path, step: Step | None) -> Operation:
    first, *rest = path
    old = operation.steps[first]
    new = () if step is None else (step,)
    if rest:
        assert not isinstance(old.does, Query)
        new = (replace(old, does=replace(old.does, to=_changed(old.does.to, tuple(rest), step))),)
    return replace(operation, steps=(*operation.steps[:first], *new, *operation.steps[first + 1 :]))


def with_operations(system: System, change: Callable[[Operation], Operation]) -> System:
    """The system with every operation changed, callees before their callers."""

    def changed(operation: Operation) -> Operation:
        return change(replace(operation, steps=tuple(map(_step, operation.steps))))

    def _step(step: Step) -> Step:
        if isinstance(step.does, Query):
            return step
        return replace(step, does=replace(step.does, to=changed(step.does.to)))

    return System(tuple(replace(entry, operation=changed(entry.operation)) for entry in system.entries))


def with_steps(system: System, change: Callable[[Step], Step]) -> System:
    """The system with every step changed."""
    return with_operations(system, lambda each: replace(each, steps=tuple(map(change, each.steps))))
