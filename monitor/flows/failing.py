"""Why a flow did not end well: the deepest span whose own failure explains that of the entry.

From the entry down, a span failed because of the last thing it did that failed, unless it did the same again
and that went well; of things that failed at the same time, the first by name. An answer that blames the
caller (4xx) explains a failure only if nothing was asked after it. A server that took longer than the call
lasted did not answer it: the call was never answered, and is why. What is below INTERNAL spans that went
well, and below calls that do not say how they ended, counts as done by whoever is above them.

Durations of two hosts are compared, never their clocks.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

from monitor.flows.flow import Failure, Outcome
from monitor.flows.known import Known
from monitor.flows.outcome import Ending
from monitor.traces.tree import Tree
from monitor.wire.codes import OTHER
from monitor.wire.span import Kind
from monitor.wire.url_path import FREE

_Children = Mapping[int, Sequence[int]]

_NUMBER = re.compile(r"-?[0-9]+")
_PART = re.compile(r"[0-9A-Za-z]*[0-9][0-9A-Za-z]*")
"""A word with a digit."""
_DIGITS = re.compile(r"[0-9]+")
_LONG = 4
_CODE = 5
"""Characters of a code that is one of few, with digits anywhere: `42P01` (SQLSTATE)."""


def failure_of(tree: Tree, known: Sequence[Known], ended: Ending) -> Failure | None:
    """Why the flow of a tree ended like this; None where it ended well.

    Where only the client of the entry says so, it is the entry that did not answer.
    """
    if ended.outcome is Outcome.OK:
        return None
    if known[0].ended.outcome is Outcome.OK:
        return Failure(0, error_of(ended))
    children = _children(tree.parents)
    place = 0
    while cause := _cause(tree, known, children, place):
        place = cause
    return Failure(place, error_of(known[place].ended))


def error_of(ended: Ending) -> str:
    """What an ending says of its reason: the type of the error, else the status; '' where neither.

    Types that are made for one request (`OrderError-48213`) lose what makes them so.
    """
    error, status = ("" if said == OTHER else said for said in (ended.error, ended.status))
    if not error or _NUMBER.fullmatch(error) or len(error) <= _CODE:
        return error or status
    return _PART.sub(_without_numbers, error)


def _without_numbers(found: re.Match[str]) -> str:
    """A word without what follows its letters, if its digits are those of one request: many, or scattered."""
    digits = _DIGITS.findall(found[0])
    if len(digits) == 1 and len(digits[0]) < _LONG:
        return found[0]
    return found[0][: found[0].index(digits[0])] + FREE


def _children(parents: Sequence[int]) -> dict[int, list[int]]:
    children: dict[int, list[int]] = {}
    for place, parent in enumerate(parents):
        children.setdefault(parent, []).append(place)
    return children


def _cause(tree: Tree, known: Sequence[Known], children: _Children, place: int) -> int:
    """The place of what explains that the span at `place` failed; 0 where nothing below it does."""
    starts = {at: tree.spans[at].start for at in _done(tree, known, children, place)}
    done = sorted(starts, key=lambda at: (starts[at], known[at].operation))
    went_well = {known[at].operation: starts[at] for at in done if known[at].ended.outcome is Outcome.OK}
    failed = [
        at
        for at in done
        if known[at].ended.outcome is Outcome.FAILED
        if starts[at] >= went_well.get(known[at].operation, starts[at])
    ]
    if failed and known[place].ended.outcome is Outcome.FAILED:
        last = failed[-1]
        beside = [at for at in failed if starts[at] + tree.spans[at].duration > starts[last]]
        return min(beside or [last], key=lambda at: (known[at].operation, at))
    asked = [at for at in done if known[at].operation.kind is not Kind.INTERNAL]
    refused = bool(asked) and known[asked[-1]].ended.outcome is Outcome.CLIENT_ERROR
    return asked[-1] if refused else 0


def _done(tree: Tree, known: Sequence[Known], children: _Children, place: int) -> Iterator[int]:
    """The places of what a span did, and what is below those of them that say nothing of it."""
    unanswered = _is_open(known[place])
    lasted = tree.spans[place].duration
    below = [
        at
        for at in children.get(place, ())
        if not (unanswered and known[at].operation.kind is Kind.SERVER and tree.spans[at].duration > lasted)
    ]
    while below:
        at = below.pop()
        yield at
        if known[at].ended.outcome is Outcome.OK and (_is_open(known[at]) or _is_inside(known[at])):
            below += children.get(at, ())


def _is_open(known: Known) -> bool:
    """Whether a span is a call that states no answer."""
    return known.operation.kind is Kind.CLIENT and not known.ended.status


def _is_inside(known: Known) -> bool:
    return known.operation.kind is Kind.INTERNAL
