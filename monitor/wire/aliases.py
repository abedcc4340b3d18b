"""Aliases: names that things have elsewhere -> the name that they have here (`services.aliases`)."""

import re
from collections.abc import Iterable, Iterator, Mapping

_STARS = re.compile(r"(\*)")
_PARTS = re.compile(r"([./: ])")
"""Between the parts of a name, which are kept."""

Alias = tuple[re.Pattern[str], str]
"""What a name looks like elsewhere, and what it is here."""


class Aliases:
    """What `services.aliases` say; each `*` on the right takes what the `*` of the same place took."""

    def __init__(self, aliases: Mapping[str, str]) -> None:
        self._aliases = [(_capturing(pattern), name) for pattern, name in aliases.items()]

    def whole(self, name: str) -> str:
        """The name that the aliases for `name` give, '' where there are none.

        The first one that fits decides. What it gives, other globs may shorten further, each once and in
        whatever order they stand: an environment may stand at both ends, or before the end of another name.
        """
        given, left = "", list(self._aliases)
        while fit := next(_fitting(left, name, given), None):
            found, alias = fit
            left.remove(alias)
            taken = iter(found.groups())
            given = "".join(next(taken) if part == "*" else part for part in _STARS.split(alias[1]))
        return given

    def place(self, name: str) -> str:
        """The name after aliases: as a whole, else part by part."""
        if not self._aliases:
            return name
        return self.whole(name) or "".join(map(self._part, _PARTS.split(name)))

    def _part(self, part: str) -> str:
        return (self.whole(part) or part) if part else ""


def _fitting(aliases: Iterable[Alias], name: str, given: str) -> Iterator[tuple[re.Match[str], Alias]]:
    for alias in aliases:
        if not given or alias[0].groups:
            found = alias[0].fullmatch(given or name)
            if found:
                yield found, alias


def _capturing(glob: str) -> re.Pattern[str]:
    """A glob whose stars can be asked what they took."""
    return re.compile("".join("(.*)" if part == "*" else re.escape(part) for part in _STARS.split(glob)))
