"""Lines of a report that are about one thing are one line, whatever number of flows it is seen in.

A service that sends no telemetry in the tests at all is one thing: it is stubbed everywhere, or not
instrumented. So is the instrumentation of a service, which is only reported.
"""

from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from monitor.dimensions.dimension import Severity
from monitor.dimensions.words import counted
from monitor.drift.records.flow import FlowVerdicts
from monitor.drift.verdict import State, Verdict

LISTED = 5
"""Flows that one line names at most."""
WAITS = "A service that this path calls sends no telemetry in the tests, so what it does is not judged."


def silent_services(flows: Iterable[FlowVerdicts]) -> frozenset[str]:
    """Services that most of the reference has in flows that tests exercise, and the tests have in none."""
    silent: set[str] = set()
    shown: set[str] = set()
    for flow in flows:
        silent.update(flow.silent)
        shown.update(flow.services)
    return frozenset(silent - shown)


def together(lines: Iterable[Verdict], silent: frozenset[str], environment: str) -> Iterator[Verdict]:
    """The lines, of which those about one thing are one: in the place of the first of them.

    silent: services without telemetry in this environment.
    """
    groups: dict[tuple[str, ...], list[Verdict]] = {}
    for number, line in enumerate(lines):
        if line.seen_by in silent and line.state is State.INSUFFICIENT and not line.subject:
            groups[str(number),] = [replace(line, reason=WAITS)]
        else:
            groups.setdefault(_about(line, silent) or (str(number),), []).append(line)
    for first, *others in groups.values():
        if first.seen_by in silent and first.subject:
            flows = list(dict.fromkeys(line.flow for line in (first, *others)))
            yield replace(first, reason=_says(first.seen_by, flows, environment))
        elif others:
            more = f" The same in {counted(len(others), 'more path')}."
            yield replace(first, reason=first.reason + more)
        else:
            yield first


def _about(line: Verdict, silent: frozenset[str]) -> tuple[str, ...]:
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
