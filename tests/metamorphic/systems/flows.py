"""Which flows a system has, as a person counts them: every place where work enters, and every consumer."""

from collections.abc import Iterator

from tests.metamorphic.systems.model import (
    Gateway,
    Message,
    Operation,
    Page,
    Request,
    System,
    callee,
)


def flows(system: System) -> list[Operation]:
    """The operations that name the system's flows, each once."""
    found = (flow for entry in system.entries for flow in flows_of(entry.operation))
    return list(dict.fromkeys(found))


def flows_of(entry: Operation) -> Iterator[Operation]:
    """The flows that one entry brings about: itself, or what it passes on to, and its consumers."""
    yield from named_by(entry)
    yield from _consumers(entry)


def named_by(entry: Operation) -> list[Operation]:
    """What an entry's flows are named by: a page's requests, what a gateway passes on to, else itself."""
    requests = [step.does.to for step in entry.steps if isinstance(step.does, Request)]
    match entry.interface:
        case Page():
            return requests
        case Gateway():
            return requests[-1:]
        case _:
            return [entry]


def _consumers(operation: Operation) -> Iterator[Operation]:
    for step in operation.steps:
        if isinstance(step.does, Message):
            yield step.does.to
        below = callee(step.does)
        if below is not None:
            yield from _consumers(below)
