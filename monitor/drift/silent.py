"""Lines of a report that are about one thing are one line, whatever number of flows it is seen in.

A service that sends no telemetry in the tests at all is one thing: it is stubbed everywhere, or not
instrumented. So is the instrumentation of a service, which is only reported.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Protocol, Self, TypeVar

from monitor.dimensions.dimension import Severity
from monitor.dimensions.words import counted
from monitor.drift.hints import Hint
from monitor.drift.verdict import State

LISTED = 5
"""Flows that one line names at most."""
WAITS = "A service that this path calls sends no telemetry in the tests, so what it does is not judged."


class Line(Protocol):
    """What is needed of a line of the report."""

    flow: str
    dimension: str
    severity: Severity
    subject: str
    state: State
    reason: str
    seen_by: str

    def model_copy(self, *, update: Mapping[str, Any]) -> Self:
        """The line with other values."""


AnyLine = TypeVar("AnyLine", bound=Line)


def silent_services(flows: Iterable[Mapping[str, Any]]) -> frozenset[str]:
    """Services that the reference always has in flows that tests exercise, and that the tests have in none.

    flows: records of the verdicts topic.
    """
    expected: set[str] = set()
    seen: set[str] = set()
    for flow in flows:
        services = flow.get("services", {})
        seen.update(services.get("candidate", ()))
        expected.update(services.get("reference", ()))
    return frozenset(expected - seen)


def together(lines: Iterable[AnyLine], silent: frozenset[str], environment: str) -> Iterator[AnyLine]:
    """The lines, of which those about one thing are one: in the place of the first of them.

    silent: services without telemetry in this environment.
    """
    groups: dict[tuple[str, ...], list[AnyLine]] = {}
    for number, line in enumerate(lines):
        if line.seen_by in silent and line.state is State.INSUFFICIENT and not line.subject:
            groups[str(number),] = [line.model_copy(update={"reason": WAITS})]
        else:
            groups.setdefault(_about(line, silent) or (str(number),), []).append(line)
    for first, *others in groups.values():
        if first.seen_by in silent and first.subject:
            flows = list(dict.fromkeys(line.flow for line in (first, *others)))
            yield first.model_copy(update={"reason": _says(first.seen_by, flows, environment)})
        elif others:
            more = f" The same in {counted(len(others), 'more path')}."
            yield first.model_copy(update={"reason": first.reason + more})
        else:
            yield first


def behind(services: Iterable[str], environment: str) -> Iterator[Hint]:
    """A hint on each of these silent services, which no line names: only other silent ones call them."""
    for service in sorted(services):
        says = f"{service} sends no telemetry in {environment} at all, and neither does what calls it."
        yield Hint("silent", service, says, "let it send its telemetry, or name its stub in services.aliases")


def _about(line: Line, silent: frozenset[str]) -> tuple[str, ...]:
    """What a line that speaks for others is about; () for one that stands alone."""
    if line.state.rank < State.INSUFFICIENT.rank or not line.subject:
        return ()
    if line.seen_by in silent:
        return (line.dimension, line.seen_by)
    return (line.dimension, "", line.subject) if line.severity is Severity.REPORTS else ()


def _says(service: str, flows: list[str], environment: str) -> str:
    named = ", ".join(flows[:LISTED])
    more = f" and {len(flows) - LISTED:,} more" if len(flows) > LISTED else ""
    return (
        f"{service} sends no telemetry in {environment} at all: it is stubbed, or not instrumented. In the "
        f"reference it takes part in {counted(len(flows), 'flow')} that the tests exercise: {named}{more}."
    )
