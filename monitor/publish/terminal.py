"""What people see at a terminal: the report as a table, and how far a long piece of work is."""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.markup import escape
from rich.progress import Progress, TaskID
from rich.table import Table
from rich.text import Text

from monitor.drift.report import Coverage, Line, LostTelemetry, Report
from monitor.drift.verdict import State

_COLOURS = {
    State.OK: "green",
    State.ACCEPTED: "blue",
    State.INSUFFICIENT: "dim",
    State.SUSPECT: "yellow",
    State.DRIFT: "bold red",
}
SHOWN = 20
"""So many verdicts and missing flows are printed; `-o json` has all."""


WIDE = 160
"""Columns off a terminal, where nobody can say how wide it is."""


@contextmanager
def progress_shown() -> Iterator[Callable[[str, int, int], None]]:
    """A bar per task on stderr, told of by (task, done, total); nothing off a terminal."""
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bars:
        tasks: dict[str, TaskID] = {}

        def progress(task: str, done: int, total: int) -> None:
            if task not in tasks:
                tasks[task] = bars.add_task(escape(task))
            bars.update(tasks[task], completed=done, total=total)

        yield progress


def print_report(report: Report) -> None:
    """Print the report to stdout; without colour off a terminal and with NO_COLOR."""
    Console(width=None if sys.stdout.isatty() else WIDE).print(report_table(report))


def print_verdict(verdict: Mapping[str, Any]) -> None:
    """Print the verdict on a run to stdout: the state, why, and what the run did not prove."""
    console = Console(width=None if sys.stdout.isatty() else WIDE, highlight=False)
    style = {"pass": "green", "drift": "bold red"}.get(verdict["state"], "yellow")
    console.print(Text(f"{verdict['state']}  ", style=style) + Text(f"{verdict['run']}: {verdict['reason']}"))
    for what, lines in (("", verdict["reasons"]), ("not proven: ", verdict["unproven"])):
        for line in lines:
            console.print(Text(f"  {what}{line}"), soft_wrap=True)


def report_table(report: Report) -> RenderableType:
    """What was read, what is covered, and the verdicts, the worst first."""
    compared, heard = report.comparison, report.input
    return Group(
        Text(f"{compared.candidate} against {compared.reference}, {compared.units:,} evidence units"),
        Text(
            f"{heard.spans:,} spans, {heard.traces:,} traces, {heard.flows:,} flows "
            f"({heard.incomplete:,} incomplete, {heard.rejected:,} records rejected, "
            f"{heard.late:,} late and {heard.duplicates:,} duplicate spans)"
        ),
        *_lost(report.lost),
        Text(_coverage(report.coverage)),
        _missing(report.coverage),
        _verdicts(report.verdicts),
        Text(_counts(report.verdicts)),
        *(Text(f"hint: {hint.says} Set {hint.remedy}") for hint in report.hints),
    )


def _lost(lost: LostTelemetry | None) -> Iterator[RenderableType]:
    if lost:
        yield Text(f"test telemetry is lost since {lost.since}: {' '.join(lost.reasons)}", style="bold red")


def _coverage(coverage: Coverage) -> str:
    return (
        f"coverage: {_percent(coverage.flows)} of flows, {_percent(coverage.traffic)} of traffic, "
        f"{_percent(coverage.failures)} of failures, {_percent(coverage.faithful)} faithful; "
        f"at most {_percent(coverage.unknown_mass)} of traffic not seen yet"
    )


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{share:.1%}"


def _missing(coverage: Coverage) -> RenderableType:
    table = Table("flow without a test", "share of traffic", title_justify="left", box=None)
    for flow in coverage.missing[:SHOWN]:
        table.add_row(Text(flow.flow), _percent(flow.share))
    return table if coverage.missing else Text("every flow of the reference has a test")


def _verdicts(lines: tuple[Line, ...]) -> RenderableType:
    table = Table("state", "dimension", "flow", "subject", "effect", "evidence", "reason", box=None)
    for line in lines[:SHOWN]:
        state = Text(line.state.value, style=_COLOURS[line.state])
        evidence = f"1e{line.evidence_log10:.1f}" if line.evidence_log10 else "-"
        cells = (line.dimension, line.flow, line.subject)
        table.add_row(state, *map(Text, cells), f"{line.effect:.2f}", evidence, Text(line.reason))
    return table


def _counts(lines: tuple[Line, ...]) -> str:
    counts = ((state, sum(line.state is state for line in lines)) for state in reversed(State))
    return ", ".join(f"{count} {state}" for state, count in counts if count) or "no verdicts"
