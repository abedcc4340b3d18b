"""Snippets of the documentation, taken from where people read them: fences that name a file."""

import re
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "deploy" / "telemetry.md"
COLLECTORS = sorted((PAGE.parent / "collector").glob("*.yaml"))

_FENCE = re.compile(r"^```\w+ (\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def snippets() -> dict[str, str]:
    """File name -> text."""
    found = _FENCE.findall(PAGE.read_text(encoding="utf-8"))
    assert len({name for name, _ in found}) == len(found), "two snippets of one name"
    return dict(found)


def write(name: str, directory: Path) -> Path:
    """The snippet `name` as a file."""
    file = directory / name
    file.write_text(snippets()[name], encoding="utf-8")
    return file
