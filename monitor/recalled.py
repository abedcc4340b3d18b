"""`flowdrift recall` and `flowdrift explain`: what production broke, and what the tests made of it."""

import json
from typing import Annotated

import typer

from monitor.shell import DAEMON, Output, Url, exit_codes

Escape = Annotated[str, typer.Argument(metavar="ESCAPE", help="Its id, as `flowdrift recall` prints it.")]

Shown = Annotated[
    str | None,
    typer.Option(
        "--comparison",
        metavar="C",
        help="Name of the comparison; by default the first of which anything is known.",
    ),
]
How = Annotated[Output, typer.Option("--output", "-o", help="How to print.")]


def recall(comparison: Shown = None, url: Url = DAEMON, output: How = Output.TABLE) -> None:
    """Say which share of the failures of production tests have shown, and what escaped them."""
    from monitor.drift.recall import plain_recall
    from monitor.publish.client import Daemon, recall_of
    from monitor.publish.terminal import print_recall

    with exit_codes():
        found = recall_of(Daemon(url), comparison)
    if output is Output.JSON:
        typer.echo(json.dumps(plain_recall(found), indent=2, ensure_ascii=False))
    else:
        print_recall(found)


def explain(escape: Escape, comparison: Shown = None, url: Url = DAEMON, output: How = Output.TABLE) -> None:
    """Explain one failure of production: what fails, why no test shows it, and traces of both sides."""
    from monitor.drift.recall import plain_kind
    from monitor.publish.client import Daemon, escape_of
    from monitor.publish.terminal import print_escape

    with exit_codes():
        found = escape_of(Daemon(url), escape, comparison)
    if output is Output.JSON:
        typer.echo(json.dumps(plain_kind(found), indent=2, ensure_ascii=False))
    else:
        print_escape(found)
