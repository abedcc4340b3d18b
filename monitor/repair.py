"""`flowdrift dead-letters` and `flowdrift skip`: about records that could not be read or folded."""

import asyncio
import json
from base64 import b64encode
from collections.abc import Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from monitor.shell import EXIT_USAGE, Config, Output, exit_codes, fail

if TYPE_CHECKING:
    from monitor.kafka.repairing import StoredLetter
    from monitor.settings import Settings

T = TypeVar("T")

dead_letters = typer.Typer(help="Source records that could not be read.", no_args_is_help=True)

Number = Annotated[int, typer.Argument(min=0, metavar="NUMBER", help="Of the letter, as `list` has it.")]


@dead_letters.command("list")
def list_letters(
    config: Config = None,
    last: Annotated[int, typer.Option(min=1, metavar="N", help="How many of the newest.")] = 100,
    output: Annotated[Output, typer.Option("--output", "-o", help="How to print.")] = Output.TABLE,
) -> None:
    """List the newest dead letters: number, reason, where the record stood, its size, what is wrong."""
    from monitor.kafka.repairing import stored_letters

    found = _done(stored_letters(_settings(config).kafka.own, -last))
    if output is Output.JSON:
        typer.echo(json.dumps([_facts(letter) for letter in found], indent=2))
        return
    for each in found:
        reason, message = each.facts.get("reason", ""), each.facts.get("message", "")
        typer.echo(f"{each.number:>8}  {reason:<12} {each.source}  {len(each.value):,} bytes  {message}")
    if not found:
        typer.echo("There is no dead letter.", err=True)


@dead_letters.command()
def show(
    number: Number,
    config: Config = None,
    raw: Annotated[bool, typer.Option("--raw", help="Only the bytes of its value, for a file.")] = False,
) -> None:
    """Print one dead letter as JSON, its key and its value in base64."""
    letter = _letter(_settings(config), number)
    if raw:
        typer.get_binary_stream("stdout").write(letter.value)
        return
    parts = {"key": letter.key, "value": letter.value}
    coded = {name: None if letter.lacks(name) else b64encode(each).decode() for name, each in parts.items()}
    headers = [[name, b64encode(value).decode()] for name, value in letter.headers]
    typer.echo(json.dumps({**_facts(letter), **coded, "headers": headers}, indent=2))


@dead_letters.command()
def resubmit(
    numbers: Annotated[list[int], typer.Argument(min=0, metavar="NUMBER...", help="As `list` has them.")],
    config: Config = None,
) -> None:
    """Append the records of dead letters to their source partitions again, once what was wrong is mended."""
    from monitor.kafka.repairing import resubmit as write_again

    settings = _settings(config)
    for number in numbers:
        letter = _letter(settings, number)
        cluster = letter.facts.get("cluster", "")
        if cluster not in settings.sources:
            fail(f"letter {number} is of the cluster '{cluster}', which is not configured", EXIT_USAGE)
        offset = _done(write_again(settings.sources[cluster], letter))
        typer.echo(f"{number}: {letter.source} -> {letter.source.rpartition('/')[0]}/{offset}")


def skip(
    place: Annotated[
        str, typer.Argument(metavar="TOPIC/PARTITION/OFFSET", help="As /readyz?verbose has it.")
    ],
    config: Config = None,
) -> None:
    """Let all auditors pass a record of the flows topic that none can fold. It cannot be taken back."""
    from monitor.kafka.repairing import skip as pass_over

    _done(pass_over(_settings(config).kafka.own, place))
    typer.echo(f"{place} is passed by every auditor.")


def _letter(settings: "Settings", number: int) -> "StoredLetter":
    from monitor.kafka.repairing import stored_letters

    found = _done(stored_letters(settings.kafka.own, number, number))
    if not found:
        fail(f"there is no letter {number}", EXIT_USAGE)
    return found[0]


def _facts(letter: "StoredLetter") -> dict[str, Any]:
    return {"number": letter.number, **letter.facts, "bytes": len(letter.value)}


def _settings(config: Path | None) -> "Settings":
    from monitor.settings import load
    from monitor.telemetry.logs import silence

    silence()
    with exit_codes():
        return load(config)


def _done(work: Coroutine[Any, Any, T]) -> T:
    """The result of a talk with Kafka."""
    with exit_codes():
        return asyncio.run(work)
