"""Online Boutique with eleven injected faults: is each window found, and is its service blamed first?

Production is all that is fault-free; of a fault-free window, or half, all that is fault-free but itself. A
trace is a unit. The entry that all traces share tells no two requests apart: it is passed through, as
`flowdrift inspect` and the report's hint say.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from monitor.drift.report import Report
from monitor.drift.verdict import State
from monitor.wire.span import Span
from tests.evaluation.real.capture import CANDIDATE, REFERENCE, Known, Trace, traces_of
from tests.evaluation.real.naive import GATES, Seen, scores, seen
from tests.evaluation.tables import Table

WINDOW_NS = 180 * 10**9
LEAST_TRACES = 50
"""Of a fault-free window that is judged."""
FIRST = (1, 3, 5)


class Blamed(NamedTuple):
    """What was said of a window: evidence at 1e6, at 1e3, in which dimensions; services, the worst first."""

    paged: bool
    warned: bool
    dimensions: tuple[str, ...]
    services: tuple[str, ...]


def blamed(report: Report) -> Blamed:
    """What a report says beyond what stands in reports alone, and beyond coverage, which a window ends."""
    lines = [line for line in report.verdicts if line.severity != "reports" and line.dimension != "coverage"]
    found = [line for line in lines if line.state in (State.SUSPECT, State.DRIFT)]
    return Blamed(
        any(line.state is State.DRIFT for line in found),
        bool(found),
        tuple(sorted({line.dimension for line in found})),
        tuple(each.service for each in report.services),
    )


def by_gate(gate: str, production: Seen, tests: Seen) -> Blamed:
    """What a naive gate says of a window."""
    worst = scores(gate, production, tests)
    alarms = any(score >= 1.0 for score in worst.values())
    return Blamed(alarms, alarms, (), tuple(sorted(worst, key=lambda name: (-worst[name], name))))


def gateways(traces: Sequence[Trace]) -> tuple[str, ...]:
    """`SERVICE OPERATION` of a root that most traces have in common."""
    roots = Counter(_root(trace.spans) for trace in traces)
    return tuple(root for root, count in roots.items() if count > len(traces) / 2)


def _root(spans: Iterable[Span]) -> str:
    first = min(spans, key=lambda span: (bool(span.parent_id), span.start))
    return f"{first.facts.service} {first.facts.name}"


class Fault(NamedTuple):
    """A window with an injected fault, of which kind, and the service that has it."""

    name: str
    kind: str
    service: str
    traces: list[Trace]


def faults(directory: Path) -> Iterator[Fault]:
    """The windows that the manifest names."""
    manifest: Mapping[str, Any] = json.loads((directory / "manifest.json").read_text(encoding="utf-8"))
    for each in manifest["files"]:
        if "fault_type" in each:
            traces = traces_of(directory / each["file"], CANDIDATE)
            yield Fault(each["label"], each["fault_type"], each["target_service"], traces)


def windows(traces: Sequence[Trace]) -> list[list[Trace]]:
    """The traces of every three minutes that have enough of them."""
    found: dict[int, list[Trace]] = {}
    for trace in traces:
        found.setdefault((trace.began - traces[0].began) // WINDOW_NS, []).append(trace)
    return [window for window in found.values() if len(window) >= LEAST_TRACES]


def tables(directory: Path) -> Iterator[Table]:
    """Each fault by itself; then flowdrift beside naive gates, with fault-free windows and halves."""
    production = traces_of(directory / "normal.jsonl.gz", REFERENCE)
    known, usual = Known(production, pass_through=gateways(production)), seen(production)
    injected = list(faults(directory))
    found = [blamed(known.report(fault.traces)) for fault in injected]
    yield _one_by_one(injected, found)
    quiet = traces_of(directory / "normal.jsonl.gz", CANDIDATE)
    half = len(quiet) // 2
    clean = [_without(known, window) for window in windows(quiet)]
    halves = [_without(known, each) for each in (quiet[:half], quiet[half:])]
    services = len({service for service, _ in usual.durations})
    rows = [_row("flowdrift", injected, found, clean, halves, services)]
    for gate in GATES:
        told = [by_gate(gate, usual, seen(fault.traces)) for fault in injected]
        calm = [by_gate(gate, usual, seen(window)) for window in windows(quiet)]
        both = [by_gate(gate, usual, seen(each)) for each in (quiet[:half], quiet[half:])]
        rows.append(_row(gate, injected, told, calm, both, services))
    columns = ("judge", "faults at 1e6", "at 1e3", *(f"AS@{k} (lift)" for k in FIRST))
    yield Table(
        f"{directory.name}: faults found, services blamed, and what is fault-free",
        (*columns, "fault-free at 1e6", "at 1e3", "halves"),
        rows,
    )


def _without(known: Known, traces: Sequence[Trace]) -> Blamed:
    return blamed(known.report(traces, without={trace.id for trace in traces}))


def _one_by_one(injected: Sequence[Fault], found: Sequence[Blamed]) -> Table:
    rows = [
        (
            fault.name,
            fault.kind,
            fault.service,
            str(len(fault.traces)),
            "yes" if each.paged else "",
            "yes" if each.warned else "",
            ", ".join(each.dimensions),
            str(each.services.index(fault.service) + 1) if fault.service in each.services else "none",
            ", ".join(each.services[:3]),
        )
        for fault, each in zip(injected, found, strict=True)
    ]
    columns = ("window", "fault", "service", "traces", "1e6", "1e3", "dimensions", "rank", "blamed first")
    return Table("Every injected fault", columns, rows)


def _row(
    judge: str,
    injected: Sequence[Fault],
    found: Sequence[Blamed],
    clean: Sequence[Blamed],
    halves: Sequence[Blamed],
    services: int,
) -> tuple[str, ...]:
    first = [
        sum(fault.service in each.services[:k] for fault, each in zip(injected, found, strict=True))
        for k in FIRST
    ]
    return (
        judge,
        f"{sum(each.paged for each in found)} of {len(found)}",
        f"{sum(each.warned for each in found)}",
        *(
            f"{n / len(found):.2f} ({n / len(found) / (k / services):.1f})"
            for n, k in zip(first, FIRST, strict=True)
        ),
        f"{sum(each.paged for each in clean)} of {len(clean)}",
        f"{sum(each.warned for each in clean)}",
        f"{sum(each.warned for each in halves)} of {len(halves)}",
    )
