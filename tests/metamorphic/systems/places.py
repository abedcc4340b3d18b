"""Every step of a system, with where it stands and the flows that it belongs to."""

from collections.abc import Iterator
from typing import NamedTuple

from tests.metamorphic.systems.flows import named_by
from tests.metamorphic.systems.model import Gateway, Message, Operation, Page, Step, System, callee

Path = tuple[int, ...]


class Place(NamedTuple):
    """A step: in which entry, by which places of steps below it, who makes it.

    flows: the operations that name the flows that it belongs to, the nearest first: a consumer is a flow of
    its own, and where a monitor does not see it so, the step belongs to the flow of its sender. certain:
    whether every run of its flow comes to its caller.
    """

    entry: int
    path: Path
    caller: Operation
    step: Step
    flows: tuple[Operation, ...]
    certain: bool = True

    @property
    def is_claimable(self) -> bool:
        """Whether an `ok` may claim it: its caller always takes it, and does more than pass a request on."""
        by_page = isinstance(self.caller.interface, Page)
        passes_on = isinstance(self.caller.interface, Gateway) and self.path[-1] == len(self.caller.steps) - 1
        return self.step.chance == 1.0 and not by_page and not passes_on


def places(system: System) -> Iterator[Place]:
    """Every step, in order."""
    for number, entry in enumerate(system.entries):
        yield from _below(number, (), entry.operation, tuple(named_by(entry.operation)[:1]))


def _below(
    entry: int, path: Path, caller: Operation, flows: tuple[Operation, ...], certain: bool = True
) -> Iterator[Place]:
    for number, step in enumerate(caller.steps):
        here = (*path, number)
        yield Place(entry, here, caller, step, flows, certain)
        to = callee(step.does)
        if to is not None:
            below = _flows_of(to, step, caller, flows)
            reached = below[0] is to or (certain and step.chance == 1.0)
            yield from _below(entry, here, to, below, reached)


def _flows_of(
    to: Operation, step: Step, caller: Operation, flows: tuple[Operation, ...]
) -> tuple[Operation, ...]:
    if isinstance(caller.interface, Page):
        return (to,)
    return (to, *flows) if isinstance(step.does, Message) else flows
