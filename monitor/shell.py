"""What commands have in common: options, how data is printed, and how they end.

Exit codes: 0, 1 for what was looked for, 2 for wrong usage, 3 for too little evidence, 4 where a server does
not answer.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from monitor.base.errors import FlowdriftError

EXIT_FOUND, EXIT_USAGE, EXIT_INSUFFICIENT, EXIT_UNREACHABLE = 1, 2, 3, 4

DAEMON = "http://127.0.0.1:8080"
Url = Annotated[str, typer.Option(envvar="FLOWDRIFT_URL", help="Of the daemon's API.")]
OfRun = Annotated[str, typer.Option("--run", metavar="ID", help="Of the test run.")]
ComparisonName = Annotated[
    str | None, typer.Option(metavar="C", help="Name of the comparison; by default the one with the run.")
]
Config = Annotated[
    Path | None, typer.Option("--config", metavar="F", help="YAML file; FLOWDRIFT_* variables override it.")
]


class Output(StrEnum):
    """How data is printed."""

    TABLE = "table"
    JSON = "json"


@contextmanager
def exit_codes() -> Iterator[None]:
    """4 for a server that does not answer, or is not there; 2 for whatever else waiting does not mend."""
    try:
        yield
    except FlowdriftError as error:
        fail(str(error), EXIT_UNREACHABLE if error.retriable else EXIT_USAGE)


def fail(message: str, code: int) -> NoReturn:
    """End with this exit code, and say why on stderr."""
    typer.echo(message, err=True)
    raise typer.Exit(code)
