"""Lines of a report that are about one thing are one line, whatever number of flows it is seen in.

A service that sends no telemetry in the tests at all is one thing: it is stubbed everywhere, or not
instrumented. So is the instrumentation of a service, which is only reported.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping

from msgspec.structs import replace

from monitor.dimensions.dimension import Severity
from monitor.dimensions.words import counted
from monitor.drift.dropped import OVERFLOW
from monitor.drift.hints import LISTED as HINTS_LISTED
from monitor.drift.hints import Hint
from monitor.drift.records.flow import FlowVerdicts
from monitor.drift.verdict import State, Verdict, strength

LISTED = 5
"""Flows that one line names at most."""
WAITS = "A service that this path calls sends no telemetry in the tests, so what it does is not judged."


def silent_services(flows: Iterable[FlowVerdicts]) -> Mapping[str, int]:
    """Services that the reference has in flows that tests exercise, and the tests nowhere; in how many."""
    flows = list(flows)
    shown = {service for flow in flows for service in flow.services}
    silent = Counter(service for flow in flows for service in flow.silent)
    return {service: count for service, count in silent.items() if service not in shown}


def together(lines: Iterable[Verdict], silent: Collection[str], environment: str) -> Iterator[Verdict]:
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
            yield replace(first, reason=_says(first, flows, environment))
        elif others:
            more = f" The same in {counted(len(others), 'more path')}."
            yield replace(first, reason=first.reason + more)
        else:
            yield first


def behind(
    services: Mapping[str, int], environment: str, flows: Iterable[FlowVerdicts] = ()
) -> Iterator[Hint]:
    """A hint on each of these silent services; how many flows have it. flows: whose lines show its calls."""
    lines = sorted((line for flow in flows for line in flow.verdicts if line.subject), key=strength)
    shown = {line.seen_by: f" {_in_its_flow(line)}" for line in lines}
    for service in sorted(services)[:HINTS_LISTED]:
        says = (
            f"{service} sends no telemetry in {environment} at all. In the reference it takes part in "
            f"{counted(services[service], 'flow')} that the tests exercise; what it does is not compared."
            f"{shown.get(service, '')}"
        )
        remedy = (
            f"Send the telemetry of {service} from {environment}, too, or name its stub in services.aliases."
        )
        yield Hint("silent", service, says, remedy)


def unseen_fronts(flows: Iterable[FlowVerdicts], reference: str) -> Iterator[Hint]:
    """A hint on each service that tests enter and production never, where production has flows of its own.

    What such a service calls is entered there, as far as is seen: no test exercises it under that name.
    """
    flows = [flow for flow in flows if flow.flow != OVERFLOW]
    entered = {_service(flow) for flow in flows if flow.reference_weight}
    untested = sorted(flow.flow for flow in flows if flow.reference_weight and not flow.candidate_weight)
    tested = {_service(flow) for flow in flows if flow.candidate_weight}
    for service in sorted(tested - entered)[:HINTS_LISTED] if untested else ():
        says = (
            f"The tests enter {service}, and nobody does in {reference}, as far as its telemetry shows. "
            f"{_listed(untested)}, which no test exercises, may be what {service} calls there."
        )
        remedy = f"Send the telemetry of {service} from {reference}, too, if it runs there."
        yield Hint("silent", service, says, remedy)


def _service(flow: FlowVerdicts) -> str:
    return flow.flow.partition(" ")[0]


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - LISTED:,} more" if len(names) > LISTED else ""
    return ", ".join(names[:LISTED]) + more


def _about(line: Verdict, silent: Collection[str]) -> tuple[str, ...]:
    """What a line that speaks for others is about; () for one that stands alone."""
    if line.state.rank < State.INSUFFICIENT.rank or not line.subject:
        return ()
    if line.seen_by in silent:
        return (line.dimension, line.seen_by)
    return (line.dimension, "", line.subject) if line.severity is Severity.REPORTS else ()


def _says(line: Verdict, flows: list[str], environment: str) -> str:
    return (
        f"{line.seen_by} sends no telemetry in {environment} at all. {_in_its_flow(line)} In the reference "
        f"it takes part in {counted(len(flows), 'flow')} that the tests exercise: {_listed(flows)}."
    )


def _in_its_flow(line: Verdict) -> str:
    """What a line says, with the flow that it says it of."""
    return f"In {line.flow}, {line.reason}"
