"""Calls whose names have a free word: of a device, a tenant, a user, in a destination or a path.

    send devices/kitchen-lamp/state, send devices/hall-lamp/state, ...   send devices/{}/state

No rule can know such a word by itself, and nothing is learned in identity: every name stays. But where one
path of production has more than `MOST_WORDS` names that differ in one segment alone, each of them seldom,
which one a trace has is chance, and another one in the tests is no other call.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from monitor.flows.flow import Operation
from monitor.traces.halves import CALLERS
from monitor.wire.span import Kind
from monitor.wire.url_path import FREE

MOST_WORDS = 8
"""Words at one place of otherwise equal names up to which each may be a call of its own."""
_MOST_FREE = 4
"""Free segments of one name that are looked for."""
_MARKS = "/.:-_"
"""What separates segments; of several in one destination the first of these."""


class Form(NamedTuple):
    """A name: `send devices/hall/state Moved` is `send`, (`devices`, `/`, `hall`, `/`, `state`), `Moved`.

    what is carried may be one of many, and is no chance: it is never free.
    """

    verb: str
    segments: tuple[str, ...]
    carried: str

    def __str__(self) -> str:
        return " ".join(filter(None, (self.verb, "".join(self.segments), self.carried)))


class FreeWords:
    """The forms of the calls of a path that have a free word."""

    __slots__ = ("_forms",)

    def __init__(self, seldom: Iterable[Operation]) -> None:
        """From calls that few traces make."""
        named: dict[tuple[str, int], dict[Form, None]] = {}
        for call in seldom:
            if _varies(call):
                named.setdefault((call.service, call.kind), {})[form_of(call.name)] = None
        freed = {key: _freed(forms) for key, forms in named.items() if len(forms) > MOST_WORDS}
        self._forms = {key: forms for key, forms in freed.items() if forms}

    def has(self, call: Operation) -> bool:
        """Whether the name of a call is one of these forms with any word in its free places."""
        forms = self._forms.get((call.service, call.kind))
        if forms is None or not _varies(call):
            return False
        name = form_of(call.name)
        return any(_fits(name, form) for form in forms)


def _varies(call: Operation) -> bool:
    """Whether the name of a call has what may be a free word: a destination, or the path of a request.

    Methods of RPC and tables are declared, and so are the places of a template that are named.
    """
    verb = call.name.partition(" ")[0]
    is_declared = "{" in call.name.replace(FREE, "")
    return not is_declared and (call.kind is Kind.PRODUCER or (call.kind in CALLERS and verb.isupper()))


def form_of(name: str) -> Form:
    """The form of an operation's name."""
    verb, _, rest = name.partition(" ")
    where, _, carried = rest.partition(" ")
    mark = next((mark for mark in _MARKS if mark in where), "")
    first, *others = where.split(mark) if mark else (where,)
    return Form(verb, (first, *(part for other in others for part in (mark, other))), carried)


def without_one(form: Form) -> Iterator[Form]:
    """The form without each of its segments, if another one of them is fixed."""
    segments = form.segments
    fixed = [at for at in range(0, len(segments), 2) if segments[at] not in ("", FREE)]
    for at in fixed if len(fixed) > 1 else ():
        yield form._replace(segments=(*segments[:at], FREE, *segments[at + 1 :]))


def _freed(forms: Iterable[Form]) -> list[Form]:
    """The forms that names with free words have in common; the same ones in whatever order names come."""
    known = dict.fromkeys(forms)
    free: dict[Form, None] = {}
    for _ in range(_MOST_FREE):
        words = Counter(left for form in known for left in without_one(form))
        found = {form: None for form, count in words.items() if count > MOST_WORDS}
        if not found:
            break
        free |= found
        known = found
    return list(free)


def _fits(form: Form, free: Form) -> bool:
    if (form.verb, form.carried, len(form.segments)) != (free.verb, free.carried, len(free.segments)):
        return False
    return all(right in (FREE, left) for left, right in zip(form.segments, free.segments, strict=True))
