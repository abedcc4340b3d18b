"""The command line: parsing only. Data goes to stdout, everything else to stderr.

Exit codes: 0, 2 for wrong usage, 4 when a server does not answer; `replay` has 1 besides, `verdict` 1 and 3;
those of the daemon stand in `service`.
What a command needs is imported when it runs: `--help` answers at once.
"""

import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from monitor import __version__
from monitor.audited import audit
from monitor.base.errors import ConfigurationError, FlowdriftError
from monitor.recalled import explain, recall
from monitor.repair import dead_letters, skip
from monitor.shell import (
    DAEMON,
    EXIT_FOUND,
    EXIT_INSUFFICIENT,
    EXIT_USAGE,
    ComparisonName,
    Config,
    OfRun,
    Output,
    Url,
    exit_codes,
    fail,
)

if TYPE_CHECKING:
    from monitor.drift.report import Report
    from monitor.publish.client import Daemon, Patience

EXITS = {"pass": 0, "drift": 1}
"""Of `verdict`, by the state of the run."""

app = typer.Typer(
    help="Says, the moment it happens, that integration tests no longer stand for production.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
runs = typer.Typer(help="Say when test runs begin and end.", no_args_is_help=True)
app.add_typer(runs, name="runs")
app.add_typer(dead_letters, name="dead-letters")
app.command()(skip)
for command in (audit, recall, explain):
    app.command()(command)

RunId = Annotated[str, typer.Argument(metavar="ID", help="Of the test run, as its spans have it.")]

Environment = Annotated[str | None, typer.Option(help="Where it runs; needed with several.")]

Wait = Annotated[float, typer.Option(min=0, metavar="S", help="Seconds to wait at most.")]

TokenFile = Annotated[
    Path | None,
    typer.Option(
        envvar="FLOWDRIFT_TOKEN_FILE",
        metavar="F",
        help="Holds the token of the daemon's API.",
    ),
]


class ReportOutput(StrEnum):
    """How a report is printed."""

    TABLE = "table"
    JSON = "json"
    MARKDOWN = "markdown"


class FailOn(StrEnum):
    """The best state of a verdict that makes `replay` fail."""

    NEVER = "never"
    SUSPECT = "suspect"
    DRIFT = "drift"


def main() -> None:
    """Entry point of the command `flowdrift`."""
    app()


@app.callback(invoke_without_command=True)
def root(version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    """Says, the moment it happens, that integration tests no longer stand for production."""
    if version:
        typer.echo(__version__)
        raise typer.Exit


@app.command("run")
def run_daemon(
    config: Config = None,
    role: Annotated[
        str, typer.Option(metavar="rekey,observer,auditor,api", help="Roles of this process; all by default.")
    ] = "rekey,observer,auditor,api",
) -> None:
    """Run the daemon until SIGTERM or SIGINT."""
    from monitor.service import Role
    from monitor.service.process import run_process

    names = {name.strip() for name in role.split(",")}
    if unknown := sorted(names - set(Role)):
        raise typer.BadParameter(f"no such role: {', '.join(unknown)}", param_hint="--role")
    raise typer.Exit(run_process(config, frozenset(map(Role, names))))


@app.command()
def replay(
    reference: Annotated[list[str], typer.Option(metavar="[NAME=]FILE", help="Repeat for more files.")],
    candidate: Annotated[list[str], typer.Option(metavar="[NAME=]FILE", help="Repeat for more files.")],
    config: Config = None,
    output: Annotated[
        ReportOutput, typer.Option("--output", "-o", help="How to print; markdown is for pull requests.")
    ] = ReportOutput.TABLE,
    fail_on: Annotated[
        FailOn, typer.Option(help="Exit 1 if any verdict but of reports alone is that, or worse.")
    ] = FailOn.NEVER,
) -> None:
    """Compare captured telemetry, without Kafka, and print the report; what was read goes to stderr."""
    from monitor.drift.verdict import State
    from monitor.publish.findings import reaches
    from monitor.publish.terminal import progress_shown
    from monitor.replay import capture, compare
    from monitor.settings import load

    try:
        sides = capture("reference", reference), capture("candidate", candidate)
        with progress_shown() as progress:
            report = compare(
                *sides, load(config, offline=True), progress, lambda line: typer.echo(line, err=True)
            )
    except FlowdriftError as error:
        fail(str(error), EXIT_USAGE)
    _print(report, output)
    if fail_on is not FailOn.NEVER and reaches(report, State(fail_on.value)):
        raise typer.Exit(EXIT_FOUND)


def _print(report: "Report", output: ReportOutput) -> None:
    from monitor.publish.report_markdown import report_markdown
    from monitor.publish.terminal import print_report

    if output is ReportOutput.JSON:
        typer.echo(json.dumps(report.plain(), indent=2, ensure_ascii=False))
    elif output is ReportOutput.MARKDOWN:
        typer.echo(report_markdown(report), nl=False)
    else:
        print_report(report)


@app.command()
def inspect(
    config: Config = None,
    topic: Annotated[
        str | None, typer.Option(metavar="T", help="Instead of the configured ones; '^' begins a pattern.")
    ] = None,
    records: Annotated[
        int, typer.Option(min=1, max=100_000, metavar="N", help="How many to look at.")
    ] = 1000,
    output: Annotated[Output, typer.Option("--output", "-o", help="How to print.")] = Output.TABLE,
) -> None:
    """Look at the newest records of the source topics, without joining a group: what to set, what to mend."""
    from monitor.inspect import inspect as look
    from monitor.publish.inspection_table import print_inspection
    from monitor.settings import load
    from monitor.telemetry.logs import silence

    silence()
    with exit_codes():
        inspection = look(load(config), topic, records)
    if output is Output.JSON:
        typer.echo(inspection.model_dump_json(indent=2))
    else:
        print_inspection(inspection)


@app.command()
def demo(
    duration: Annotated[float | None, typer.Option(min=1, metavar="S", help="End after S seconds.")] = None,
    port: Annotated[
        int, typer.Option(min=0, max=65535, metavar="P", help="Of the API; 0 takes a free one.")
    ] = 0,
) -> None:
    """Show flowdrift at work: a broker, a shop, its tests, and the drifts between them, on this machine."""
    from monitor.demo.demo import play
    from monitor.telemetry.logs import configure

    # The daemon's warnings are its alerts, and the story prints them.
    configure(level="ERROR")
    try:
        code = play(port, duration, typer.echo)
    except FlowdriftError as error:
        fail(str(error), EXIT_USAGE)
    raise typer.Exit(code)


@app.command("check-config")
def check_config(
    file: Annotated[
        Path | None, typer.Argument(metavar="[F]", help="YAML file; the same as --config.")
    ] = None,
    config: Config = None,
) -> None:
    """Say what is configured: exit 0, or 2 with what is wrong. Without a file: variables and defaults."""
    from monitor.settings import explained, find

    if file is not None and config is not None:
        raise typer.BadParameter("name the file once", param_hint="--config")
    try:
        found = find(file or config)
    except ConfigurationError as error:
        fail(str(error), EXIT_USAGE)
    typer.echo("\n".join((*explained(file or config, found), "The configuration is valid.")))


@app.command()
def schema() -> None:
    """Print the JSON schema of the configuration file."""
    from monitor.settings import schema as schema_of_settings

    typer.echo(json.dumps(schema_of_settings(), indent=2))


@runs.command()
def begin(
    run: RunId,
    environment: Environment = None,
    suite: Annotated[str, typer.Option(help="Its suite; by default what its spans say.")] = "",
    url: Url = DAEMON,
    token_file: TokenFile = None,
) -> None:
    """Announce a test run: if no span of it arrives, its telemetry counts as lost."""
    from monitor.publish.client import begin_run

    with exit_codes():
        typer.echo(json.dumps(begin_run(_daemon(url, token_file), run, environment, suite)))


@runs.command()
def finish(
    run: RunId,
    environment: Environment = None,
    wait: Wait = 120,
    url: Url = DAEMON,
    token_file: TokenFile = None,
) -> None:
    """Say that a test run has ended; waits for its first span, unless it was announced."""
    from monitor.publish.client import finish_run

    with exit_codes():
        typer.echo(json.dumps(finish_run(_daemon(url, token_file), run, environment, _patience(wait))))


@app.command()
def verdict(
    run: OfRun,
    comparison: ComparisonName = None,
    wait: Wait = 120,
    url: Url = DAEMON,
    token_file: TokenFile = None,
    output: Annotated[Output, typer.Option("--output", "-o", help="How to print.")] = Output.TABLE,
) -> None:
    """End a test run and gate on it: exit 0 pass, 1 drift, 3 not enough evidence, 2 usage, 4 unreachable."""
    from monitor.publish.client import await_verdict
    from monitor.publish.terminal import print_verdict

    with exit_codes():
        verdict = await_verdict(_daemon(url, token_file), run, comparison, _patience(wait))
    if output is Output.JSON:
        typer.echo(json.dumps(verdict, indent=2))
    else:
        print_verdict(verdict)
    raise typer.Exit(EXITS.get(verdict["state"], EXIT_INSUFFICIENT))


def _daemon(url: str, token_file: Path | None) -> "Daemon":
    from monitor.publish.access import read_token
    from monitor.publish.client import Daemon

    return Daemon(url, read_token(token_file, "--token-file") if token_file else "")


def _patience(seconds: float) -> "Patience":
    """Waits so long at most, and says on stderr for what."""
    from threading import Event

    from monitor.base.clock import SystemClock
    from monitor.publish.client import Patience

    return Patience(seconds, SystemClock(), Event().wait, lambda line: typer.echo(line, err=True))
