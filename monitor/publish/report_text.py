"""The report as people read it: what was compared, what drifts and why, what no test exercises, and a tally.

Verdicts are blocks of text, not columns, so that nothing is cut off in 80 columns. Those that are ok are
counted only; what is undecided for one reason, or of one path, is said once, with how many there are like it.
"""

from collections.abc import Iterable, Iterator, Sequence, Sized

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from monitor.base.moments import rfc3339
from monitor.dimensions.words import counted
from monitor.dimensions.words import share as percent
from monitor.drift.report import Audit, Coverage, Report
from monitor.drift.verdict import State, Verdict
from monitor.publish.findings import Findings, findings, path, too_small
from monitor.publish.recall_text import recall_text
from monitor.publish.wrapping import wrapped

SHOWN = 20
"""Blocks of one state, and flows, that are printed; how many are not is said, and `-o json` has all."""
INDENT = "  "
_COLOURS = {
    State.OK: "green",
    State.ACCEPTED: "blue",
    State.INSUFFICIENT: "dim",
    State.SUSPECT: "yellow",
    State.DRIFT: "bold red",
}
_WORST_FIRST = tuple(reversed(State))


def report_text(report: Report, width: int) -> RenderableType:
    """Everything that a person should know of it, in blocks with an empty line between them.

    Lines have at most `width` columns; names that are longer stay whole.
    """
    found = findings(report)
    parts = [
        Group(*_head(report, width)),
        *_findings(found, width),
        *recall_text(report.recall, width),
        _tally(report.verdicts),
        *(Text(wrapped(f"hint: {hint.says} Set {hint.remedy}", width, rest=INDENT)) for hint in report.hints),
        *(
            Text(wrapped(f"not judged: {each.says} What to do: {each.remedy}.", width, rest=INDENT))
            for each in report.dropped
        ),
    ]
    return Group(*(each for part in parts for each in (part, "")))


def _findings(found: Findings, width: int) -> Iterator[RenderableType]:
    """Blocks and tables, the worst first."""
    yield from _blocks([[line] for line in found.drifts], width)
    if found.untested:
        yield _table("flow without a test", "share of traffic", list(found.untested.items()))
    yield from _blocks([[line] for line in found.suspects], width)
    if found.seams:
        yield _table("seam that tests do not cross", "of traffic and of failures", list(found.seams.items()))
    if found.dead:
        yield _table("flow that only tests have", "last seen in the reference", list(found.dead.items()))
    yield from (Text(wrapped(f"release {each}", width, rest=INDENT)) for each in found.releases[:SHOWN])
    yield from _hidden(found.releases)
    for line in found.untried[:SHOWN]:
        yield Text(wrapped(f"not tried  {path(line)}: {line.reason}", width, rest=INDENT))
    yield from _hidden(found.untried)
    yield from _blocks(found.undecided, width)


def _head(report: Report, width: int) -> Iterator[RenderableType]:
    compared, seen = report.comparison, report.input
    counts = (
        f"{counted(seen.spans, 'span')}, {counted(seen.traces, 'trace')}, {counted(seen.flows, 'flow')} "
        f"({seen.incomplete:,} incomplete, {counted(seen.rejected, 'record')} rejected, "
        f"{seen.late:,} late and {counted(seen.duplicates, 'duplicate span')})"
    )
    if small := too_small(report):
        yield Text(wrapped(small, width, rest=INDENT), style="bold yellow")
    lines = [
        f"{compared.candidate} against {compared.reference}, {counted(compared.units, 'evidence unit')}",
        counts,
        _coverage(report.coverage),
        *_reached(report.coverage),
        *_audit(report.audit),
    ]
    if report.services:
        ranked = (f"{each.service} {each.score:.2f}" for each in report.services[:SHOWN])
        lines.append(f"services that drift: {', '.join(ranked)}")
    yield from (Text(wrapped(line, width, rest=INDENT)) for line in lines)
    if report.lost:
        said = f"test telemetry is lost since {rfc3339(report.lost.since)}: {' '.join(report.lost.reasons)}"
        yield Text(wrapped(said, width, rest=INDENT), style="bold red")


def _coverage(coverage: Coverage) -> str:
    """The shares that there are, in one sentence."""
    shares = {
        "of flows": coverage.flows,
        "of traffic": coverage.traffic,
        "of failures": coverage.failures,
        "faithful": coverage.faithful,
    }
    known = (f"{percent(part)} {what}" for what, part in shares.items() if part is not None)
    unseen = f"at most {percent(coverage.unknown_mass)} of traffic not seen yet"
    return f"coverage: {', '.join(known) or 'unknown'}; {unseen}{coverage.aside}"


def _reached(coverage: Coverage) -> Iterator[str]:
    """Of what flows cross, which shares the tests reach: plain, by traffic, by failures."""
    for kind in ("operations", "services", "dependencies", "seams"):
        reach = getattr(coverage, kind)
        shares = {"": reach.plain, " by traffic": reach.traffic, " by failures": reach.failures}
        known = (f"{percent(part)}{by}" for by, part in shares.items() if part is not None)
        if reach.known:
            yield f"{kind} that tests reach: {', '.join(known)} (of {reach.known:,}){coverage.aside}"


def _audit(audit: Audit) -> Iterator[str]:
    """Which share of the calls of the last test runs is recorded, and whose calls are not."""
    if audit.completeness is not None:
        whose = [f"{each.service} {each.unaudited:,}" for each in audit.services if each.unaudited][:SHOWN]
        missing = f"; not recorded: {', '.join(whose)}" if whose else ""
        yield f"audit: {percent(audit.completeness)} of {counted(audit.calls, 'call')} of test runs{missing}"


def _table(flow: str, other: str, rows: list[tuple[str, str]]) -> RenderableType:
    table = Table(box=None, pad_edge=False)
    table.add_column(flow, overflow="fold")
    table.add_column(other, no_wrap=True)
    for row in rows[:SHOWN]:
        table.add_row(*map(Text, row))
    return Group(table, *_hidden(rows))


def _blocks(groups: list[list[Verdict]], width: int) -> Iterator[RenderableType]:
    yield from (_block(lines, width) for lines in groups[:SHOWN])
    yield from _hidden(groups)


def _hidden(items: Sized) -> Iterator[RenderableType]:
    if len(items) > SHOWN:
        yield Text(f"... and {len(items) - SHOWN:,} more: -o json has all")


def _block(lines: Sequence[Verdict], width: int) -> RenderableType:
    """What is said about the first of `lines`, and how many others there are like it."""
    line, others = lines[0], len(lines) - 1
    more = f" and {counted(others, 'other')}" if others and not line.subject else ""
    head = Text(wrapped(f"{line.state.value}  {line.dimension}  {path(line)}{more}", width, rest=INDENT))
    head.stylize(_COLOURS[line.state], 0, len(line.state.value))
    below = [line.reason, *_examples(line)]
    if others and line.subject:
        below.append(f"and {counted(others, 'other difference')} of this path, with less evidence")
    return Group(head, *(Text(wrapped(each, width, INDENT, INDENT)) for each in below))


def _examples(line: Verdict) -> Iterator[str]:
    """One trace of each side, of what is worth a look."""
    traces = [f"{ids[0]} ({side})" for side, ids in line.examples.sides() if ids]
    if traces and line.state in (State.SUSPECT, State.DRIFT):
        yield f"traces: {', '.join(traces)}"


def _tally(lines: Iterable[Verdict]) -> RenderableType:
    """How many verdicts each dimension has in each state."""
    counts: dict[str, dict[State, int]] = {}
    for line in lines:
        states = counts.setdefault(line.dimension, {})
        states[line.state] = states.get(line.state, 0) + 1
    if not counts:
        return Text("no verdicts")
    found = [state for state in _WORST_FIRST if any(state in states for states in counts.values())]
    table = Table("verdicts", box=None, pad_edge=False)
    for state in found:
        table.add_column(state.value, justify="right")
    for dimension, states in sorted(counts.items()):
        table.add_row(dimension, *(f"{states.get(state, 0):,}" for state in found))
    return table
