"""Names that differ only by the names of environments: `process shop-prod-bills`, `process shop-test-bills`.

They are most likely one thing. Nobody but a person knows: `orders` and `orders-live` may be two of one
environment. So it is hinted, with the aliases that make it one (`services.aliases`).
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

_USUAL = (
    "production|preproduction|preprod|prod|live|integration|int|testing|test|tst|staging|stage|stg|qa|uat"
    "|development|dev"
)
_PATH = "/"


class Twins(NamedTuple):
    """A name of the reference, one of the candidate, and the aliases that make them one."""

    reference: str
    candidate: str
    aliases: Mapping[str, str]


def twins(reference: Iterable[str], candidate: Iterable[str], environments: Iterable[str]) -> Iterator[Twins]:
    """Pairs that are one name without those of environments; the names given are of one side alone."""
    word = _word(environments)
    bare = {_bare(name, word): name for name in sorted(reference)}
    for name in sorted(candidate):
        other = bare.get(_bare(name, word))
        if other is not None and other != name:
            aliases = dict(sorted([*_aliases(other, word), *_aliases(name, word)]))
            if aliases:
                yield Twins(other, name, aliases)


def _word(environments: Iterable[str]) -> re.Pattern[str]:
    """An environment's name in another name, with the separators around it."""
    names = "|".join([_USUAL, *map(re.escape, environments)])
    return re.compile(rf"(^|[-_.:])(?:{names})([-_.:]|$)", re.IGNORECASE)


def _bare(name: str, word: re.Pattern[str]) -> str:
    return " ".join(part if part.startswith(_PATH) else _without(part, word) for part in name.split(" "))


def _without(part: str, word: re.Pattern[str]) -> str:
    return word.sub(lambda found: found[1] if found[1] and found[2] else "", part)


def _aliases(name: str, word: re.Pattern[str]) -> Iterator[tuple[str, str]]:
    """The globs that take the environment out of each part of a name that has it."""
    for part in name.split(" "):
        found = None if part.startswith(_PATH) else word.search(part)
        if found and len(found[0]) < len(part):
            before, after = "*" if found.start() else "", "*" if found.end() < len(part) else ""
            kept = found[1] if before and after else ""
            yield before + found[0] + after, before + kept + after
