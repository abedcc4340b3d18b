"""What documentation repeats of the tables in code: `make docs` writes it, and a test says when it is old.

Some files are written whole. In the others a part stands between two marks, each a comment of its line:

    made by `make docs`: NAME
    end of NAME
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from textwrap import fill
from typing import Any

from monitor.dimensions import DIMENSIONS
from monitor.dimensions.dimension import Dimension, Presence
from monitor.kafka.client.acls import commands
from monitor.kafka.settings import KafkaSettings
from monitor.ledgers import ASKED
from monitor.ledgers.ledger import Ledger, RowLedger
from monitor.publish.pages import glossary
from monitor.settings.model import schema
from monitor.telemetry.table import markdown

WHOLE: Mapping[str, Callable[[], str]] = {
    "config/schema.json": lambda: json.dumps(schema(), indent=2) + "\n",
    "deploy/metrics.md": markdown,
}
PARTLY = ("README.md", "deploy/kafka.md", "deploy/runbook.md", "pyproject.toml")
_PART = re.compile(
    r"(?P<begin>^.*made by `make docs`: (?P<name>\S+).*\n)(?:.*\n)*?(?P<end>.*end of (?P=name)\b)",
    re.MULTILINE,
)
_SEVERITIES = {"critical": "critical", "warning": "a warning", "none": "in reports alone"}


def documentation(root: Path) -> Iterator[tuple[Path, str]]:
    """Every file below `root` that repeats a table, with the text that it must have.

    Raises KeyError for a mark with an unknown name.
    """
    yield from ((root / name, text()) for name, text in WHOLE.items())
    for path in (root / name for name in PARTLY):
        yield path, _PART.sub(_written, path.read_text(encoding="utf-8"))


def _written(part: re.Match[str]) -> str:
    return f"{part['begin']}{PARTS[part['name']]()}{part['end']}"


def _questions() -> str:
    """The README's table."""
    rows = (f"| {each.name} | {each.asks} | {_SEVERITIES[each.severity.of_alert]} |\n" for each in ASKED)
    return f"| dimension | asks | a drift is |\n| --- | --- | --- |\n{''.join(rows)}"


def _remedies(alert: str) -> str:
    """A paragraph of the runbook for each dimension and ledger with this alert."""
    return "".join(_paragraph(each) for each in ASKED if each.alert == alert)


def _paragraph(asked: Dimension[Any] | Ledger | RowLedger) -> str:
    parts = [f"**{asked.name}** ({asked.severity.of_alert}): {asked.asks} {asked.remedy}", *_limits(asked)]
    return fill(" ".join(parts), 120, initial_indent="- ", subsequent_indent="  ") + "\n"


def _limits(asked: Dimension[Any] | Ledger | RowLedger) -> Iterator[str]:
    yield f"Not seen: {asked.blind[0].lower()}{asked.blind[1:]}"
    if isinstance(asked, Dimension):
        if not isinstance(asked.evidence, Presence):
            yield "Who moved is always `unknown`."
        if asked.needs:
            yield f"Needs of the reference: {'; '.join(sorted(need.value for need in asked.needs))}."


def _modules() -> str:
    """The members of the import contract: every dimension's module."""
    return "".join(f'    "monitor.dimensions.{name}",\n' for name in sorted(each.name for each in DIMENSIONS))


PARTS: Mapping[str, Callable[[], str]] = {
    "dimensions": _questions,
    "modules": _modules,
    "words": partial(glossary.table, glossary.WORDS, "word"),
    "states": partial(glossary.table, glossary.STATES, "state"),
    "permissions": lambda: commands(KafkaSettings()),
    **{each.alert: partial(_remedies, each.alert) for each in ASKED},
}
"""By name, what stands between the marks of that name."""


def main(root: Path) -> None:
    """Write them all."""
    for path, text in documentation(root):
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(Path.cwd())
