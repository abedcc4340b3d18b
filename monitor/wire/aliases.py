"""Aliases: names that things have elsewhere -> the name that they have here (`services.aliases`)."""

import re
from collections.abc import Mapping

_STARS = re.compile(r"(\*)")
_PARTS = re.compile(r"([./: ])")
"""Between the parts of a name, which are kept."""


class Aliases:
    """What `services.aliases` say; each `*` on the right takes what the `*` of the same place took."""

    def __init__(self, aliases: Mapping[str, str]) -> None:
        self._aliases = [(_capturing(pattern), name) for pattern, name in aliases.items()]

    def whole(self, name: str) -> str:
        """The name that the aliases for `name` give, '' where there are none.

        The first one that fits decides. What it gives, the globs after it may shorten further: an
        environment may stand at both ends.
        """
        given = ""
        for pattern, replacement in self._aliases:
            found = pattern.fullmatch(given or name) if not given or pattern.groups else None
            if found:
                taken = iter(found.groups())
                given = "".join(next(taken) if part == "*" else part for part in _STARS.split(replacement))
        return given

    def place(self, name: str) -> str:
        """The name after aliases: as a whole, else part by part."""
        if not self._aliases:
            return name
        return self.whole(name) or "".join(map(self._part, _PARTS.split(name)))

    def _part(self, part: str) -> str:
        return (self.whole(part) or part) if part else ""


def _capturing(glob: str) -> re.Pattern[str]:
    """A glob whose stars can be asked what they took."""
    return re.compile("".join("(.*)" if part == "*" else re.escape(part) for part in _STARS.split(glob)))
