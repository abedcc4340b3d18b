"""The environments that need no setting, what a file adds to them, and the comparisons that follow.

A file names only what differs: of an environment that it names, what it does not say stays as below; the
others stay, too. `NAME: null` takes one away. Where a file gives a value of `deployment.environment.name` to
an environment of its own, that value no longer means the one below.
"""

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from monitor.drift.policy import Comparison
from monitor.wire.semconv import ENVIRONMENT, newest_names

REFERENCE = "production"
"""What every other environment is compared with, where no comparison is written."""

SPELLINGS: Mapping[str, tuple[str, ...]] = {
    REFERENCE: ("production", "prod", "live"),
    "integration": ("integration", "int"),
    "test": ("test", "tst"),
    "testing": ("testing",),
    "staging": ("staging", "stage", "stg"),
}
"""Environment -> the values of `deployment.environment.name` that mean it; case does not count."""


def completed(written: Mapping[str, Any], *, others: bool = True) -> dict[str, Any]:
    """What a file says under `environments`, with what it leaves as it is; it comes first.

    others: also those that it does not name. What is no section is left for the models to refuse.
    """
    globs = tuple(_globs(written))
    found = {name: _filled(name, section, globs) for name, section in written.items() if section is not None}
    named = {name.casefold() for name in map(str, written)}
    for name in SPELLINGS if others else ():
        if name not in named and not _is_taken(name, globs):
            found[name] = _filled(name, {}, globs)
    return found


def compared(environments: Mapping[str, object]) -> tuple[Comparison, ...]:
    """Every environment with `production`, each from when it is first seen; none without a `production`."""
    others = [name for name in environments if name != REFERENCE] if REFERENCE in environments else []
    return tuple(
        Comparison(name=f"{REFERENCE}-{name}", reference=REFERENCE, candidate=name, when_seen=True)
        for name in others
    )


def _filled(name: str, section: Any, globs: tuple[str, ...]) -> Any:
    if not isinstance(section, Mapping) or "match" in section or name not in SPELLINGS:
        return section
    values = [value for value in SPELLINGS[name] if not _is_taken(value, globs)]
    return {**section, "match": {ENVIRONMENT: values}}


def _globs(written: Mapping[str, Any]) -> Iterator[str]:
    """The globs for `deployment.environment.name` that a file has."""
    newest = newest_names()
    for section in written.values():
        match = section.get("match") if isinstance(section, Mapping) else None
        for attribute, globs in match.items() if isinstance(match, Mapping) else ():
            if newest.get(str(attribute), ("", 0))[0] == ENVIRONMENT and isinstance(globs, list | tuple):
                yield from (str(glob).casefold() for glob in globs)


def _is_taken(value: str, globs: tuple[str, ...]) -> bool:
    return any(fnmatchcase(value, glob) for glob in globs)
