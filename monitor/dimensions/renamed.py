"""One call under two names: another agent, or another version of it, names a span in other words.

What tells that it is one call is never its name alone: the same operation of a service answers it on both
sides, or one that makes the same calls for it, where both ends were instrumented anew; or it asks the same
data. Names that contradict each other, in method, path, system, verb, collection or what is carried, are of
two calls.
"""

import re
from collections.abc import Iterable
from typing import NamedTuple

from monitor.dimensions.trait import SAID, Given, Trait
from monitor.flows.asked import matches
from monitor.flows.flow import Operation

_METHODS = re.compile("GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|TRACE|CONNECT|QUERY")
_SEPARATORS = re.compile(r"[/.]+")


RENAMED = "internals"
"""The dimension that reports it."""


def renamed(call: Operation, name: Operation, services: Iterable[str]) -> Trait:
    """That tests name this call so; services: that answer it on both sides, none for a database."""
    return Trait(RENAMED, call, name, call.service, ", ".join(sorted(services)))


def answerers(things: Iterable[Given]) -> dict[Operation, set[Operation]]:
    """Per call the operations that answer it, of all that is known of a side."""
    found: dict[Operation, set[Operation]] = {}
    said = (thing for thing in things if isinstance(thing, Trait) and thing.dimension == SAID)
    for trait in said:
        if isinstance(trait.given, Operation) and isinstance(trait.what, Operation):
            found.setdefault(trait.given, set()).add(trait.what)
    return found


def may_be_one(call: Operation, other: Operation) -> bool:
    """Whether two calls that the same operation answers may be one: their names contradict in nothing."""
    if (call.service, call.kind) != (other.service, other.kind):
        return False
    one, two = _asked(call.name), _asked(other.name)
    if one.method and two.method and one.method != two.method:
        return False
    if one.path and two.path and not matches(one.path, two.path):
        return False
    return not (one.carried and two.carried) or one.carried == two.carried


class _Asked(NamedTuple):
    """What a name says of a request; '' and () where it does not say it."""

    method: str
    path: tuple[str, ...]
    carried: str


def _asked(name: str) -> _Asked:
    words = name.split()
    method = words[0] if words and _METHODS.fullmatch(words[0]) else ""
    at = next((place for place, word in enumerate(words) if "/" in word), None)
    if at is None:
        return _Asked(method, (), "")
    path = tuple([segment for segment in _SEPARATORS.split(words[at]) if segment])
    return _Asked(method, path, " ".join(words[at + 1 :]))


def works(things: Iterable[Given]) -> dict[Operation, set[Operation]]:
    """Per operation of a server the calls that it makes, of all that is known of a side."""
    found: dict[Operation, set[Operation]] = {}
    made = (thing for thing in things if isinstance(thing, Trait) and thing.dimension == "structure")
    for trait in made:
        if isinstance(trait.given, Operation) and isinstance(trait.what, Operation):
            found.setdefault(trait.given, set()).add(trait.what)
    return found
