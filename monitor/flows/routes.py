"""Routes for requests that no instrumentation gives one: patterns that a person writes (`flows.templates`).

`/u/{name}/profile` takes every path with one segment in that place; `/files/**` takes everything below. A
request whose path a pattern takes is named by the pattern.
"""

import re
from collections.abc import Callable, Iterable

from monitor.wire.url_path import templated_path

Route = Callable[[str], str]
"""A templated path -> the pattern that takes it, '' where there is none."""

_PLACE = re.compile(r"\{[^{}/]*\}")


def routes(patterns: Iterable[str]) -> Route:
    """The first of the patterns that takes a path."""
    compiled = [(re.compile(_expression(pattern)), pattern) for pattern in patterns]

    def route(path: str) -> str:
        return next((pattern for expression, pattern in compiled if expression.fullmatch(path)), "")

    return route


def _expression(pattern: str) -> str:
    """A pattern as a regular expression; its fixed parts are templated, as those of the paths are."""
    fixed, rest = (pattern[:-3], "(?:/.*)?") if pattern.endswith("/**") else (pattern, "")
    parts = ("[^/]+" if _PLACE.fullmatch(part) else _fixed(part) for part in fixed.split("/") if part)
    return "".join(f"/{part}" for part in parts) + rest or "/"


def _fixed(part: str) -> str:
    return re.escape(templated_path(part).removeprefix("/"))
