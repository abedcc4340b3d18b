"""What people see at a terminal: the report, the verdict on a run, how far a long piece of work is.

Lines are as wide as the terminal; off a terminal as COLUMNS says, else 80. No colour there and with NO_COLOR.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import Progress, TaskID
from rich.text import Text

from monitor.dimensions.words import counted, share
from monitor.drift.recall import Recall
from monitor.drift.records.failure import FailureKind
from monitor.drift.report import Report
from monitor.publish.recall_text import explained, recall_text
from monitor.publish.report_text import INDENT, report_text
from monitor.publish.wrapping import wrapped

SHOWN = 10
"""Findings of a run that are printed."""


@contextmanager
def progress_shown() -> Iterator[Callable[[str, int, int], None]]:
    """A bar per task on stderr, which takes (task, done, total); nothing off a terminal."""
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bars:
        tasks: dict[str, TaskID] = {}

        def progress(task: str, done: int, total: int) -> None:
            if task not in tasks:
                tasks[task] = bars.add_task(escape(task))
            bars.update(tasks[task], completed=done, total=total)

        yield progress


def print_report(report: Report) -> None:
    """Print the report to stdout."""
    console = Console(highlight=False)
    console.print(report_text(report, console.width), end="", soft_wrap=True)


def print_recall(recall: Recall) -> None:
    """Print recall to stdout, with every signature."""
    console = Console(highlight=False)
    blocks = list(recall_text(recall, console.width, whole=True))
    if not blocks:
        console.print("Production has not failed in anything that tests could show.", soft_wrap=True)
    for block in blocks:
        console.print(block, soft_wrap=True)


def print_escape(kind: FailureKind) -> None:
    """Print all that is known of a failure signature to stdout."""
    console = Console(highlight=False)
    console.print(explained(kind, console.width), soft_wrap=True)


def print_verdict(verdict: Mapping[str, Any]) -> None:
    """Print the verdict on a run to stdout: what it is, what was found, each once, and what is not judged."""
    console = Console(highlight=False)
    word, style = _WORDS.get(verdict["state"], ("not enough", "yellow"))
    head = Text(wrapped(f"{word}  {verdict['run']}: {verdict['reason']}", console.width, rest=INDENT))
    head.stylize(style, 0, len(word))
    lines, not_judged = verdict["lines"], verdict["not_judged"]
    more = [f"and {len(lines) - SHOWN:,} more, all of them with -o json"] if len(lines) > SHOWN else []
    beside = [f"not judged: {not_judged}"] if not_judged else []
    below = (wrapped(line, console.width, INDENT, 2 * INDENT) for line in (*lines[:SHOWN], *more, *beside))
    for text in (head, *map(Text, below)):
        console.print(text, soft_wrap=True)


def print_audit(audit: Mapping[str, Any]) -> None:
    """Print what of the calls of a run is not recorded to stdout, per service and per call."""
    console = Console(highlight=False)
    for line in audit_lines(audit):
        console.print(Text(wrapped(line, console.width, rest=INDENT)), soft_wrap=True)


def audit_lines(audit: Mapping[str, Any]) -> Iterator[str]:
    """The same in sentences."""
    listed = f"{counted(len(audit['calls']), 'call')} listed"
    beyond = f", {audit['beyond']:,} more over audit.calls_per_run" if audit["beyond"] else ""
    if not audit["settled"]:
        yield f"run {audit['run']} is not settled: {listed} so far"
        return
    if audit["completeness"] is None:
        yield f"run {audit['run']}: none of its spans says what an audit asks for"
        return
    whole = f"{share(audit['completeness'])} of {counted(audit['total'], 'call')} audited"
    yield f"run {audit['run']}: {whole}, {audit['unaudited']:,} not; {listed}{beyond}"
    for each in audit["services"]:
        if each["unaudited"]:
            yield f"{each['service']}: {each['unaudited']:,} of {counted(each['calls'], 'call')} not audited"
    for each in audit["found"]:
        counts = {"partner": each["partner"], "outcome": each["outcome"], "payload": each["payload"]}
        lacks = [f"no {what} {n:,}" for what, n in counts.items() if n]
        who = each["caller"] or "the tests"
        yield f"{who} -> {each['service'] or '?'} {each['call']} ({each['calls']:,}): {', '.join(lacks)}"


_WORDS = {"pass": ("pass", "green"), "drift": ("drift", "bold red")}
