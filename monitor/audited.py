"""`flowdrift audit`: which calls of a test run are not recorded."""

import json
from typing import Annotated

import typer

from monitor.shell import DAEMON, ComparisonName, OfRun, Output, Url, exit_codes


def audit(
    run: OfRun,
    comparison: ComparisonName = None,
    url: Url = DAEMON,
    output: Annotated[Output, typer.Option("--output", "-o", help="How to print.")] = Output.TABLE,
) -> None:
    """Say which calls of a test run left no partner span, outcome or payload; -o json lists all calls."""
    from monitor.publish.client import Daemon, audit_of
    from monitor.publish.terminal import print_audit

    with exit_codes():
        found = audit_of(Daemon(url), run, comparison)
    if output is Output.JSON:
        typer.echo(json.dumps(found, indent=2))
    else:
        print_audit(found)
