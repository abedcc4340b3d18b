"""Which flow a tree is (telemetry rules 5 and 6): deterministic, and the same in every environment."""

import re
from collections.abc import Callable, Sequence
from fnmatch import translate
from itertools import chain, islice
from typing import Annotated, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from monitor.base.steps import Steps
from monitor.flows.asked import Asked, answers
from monitor.flows.flow import FlowId, Operation
from monitor.flows.ignore import IgnoreSettings
from monitor.traces.tree import Tree
from monitor.wire.span import Kind

_BARE = re.compile(r"(HTTP ?)?(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|TRACE|CONNECT|_OTHER)?\s*(/?\*{0,2})")
"""A method at most, and a route that says nothing: `GET`, `/*`, `POST /**`, `*`; `/` alone is a page."""

_MOST_PASSED, _MOST_ASKED = 8, 1_000
"""Gateways behind each other, and servers below one that are asked whether they answer: in order."""

_NEVER = r"(?!)"
"""Matches nothing."""


Template = Annotated[str, Field(pattern=r"^/\S*$", max_length=200)]
"""A pattern for the path of a request."""


class FlowSettings(BaseModel):
    """Which entries are flows, and how those are named that nothing names well.

    ignore: what is no flow (`ignore`). templates: routes for requests without one: `/u/{name}/profile`
    (`routes`). The others are globs on `SERVICE OPERATION`. pass_through: entries that only pass on
    (gateways), besides those that look like it: the flow is named by the server below that answers the same
    request, else by the last one that the entry calls. aside: what gateways ask besides (may this user do
    that?), which never names a flow. inner: operations of servers and consumers that are also entries of
    flows of their own.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    pass_through: tuple[str, ...] = ()
    aside: tuple[str, ...] = ()
    inner: tuple[str, ...] = ()
    templates: tuple[Template, ...] = ()
    ignore: IgnoreSettings = IgnoreSettings()


def any_glob(globs: tuple[str, ...]) -> Callable[[Operation], bool]:
    """Whether an operation, written `SERVICE OPERATION`, matches one of the globs."""
    match = re.compile("|".join(map(translate, globs)) or _NEVER).match
    return lambda operation: match(str(operation)) is not None


def is_bare(name: str) -> bool:
    """Whether an entry's name says nothing of what is asked: a route `/*`, `*`, '', or a bare HTTP method."""
    return name != "/" and not name.endswith(" /") and _BARE.fullmatch(name) is not None


class Named(NamedTuple):
    """What the facts of a span say of the name of its flow.

    open: it may pass on, as its route leaves to others what is asked. aside: it never names a flow.
    """

    kind: Kind
    pass_through: bool
    aside: bool
    asked: Asked
    open: bool = False

    @property
    def may_pass_on(self) -> bool:
        """Whether a server below may name its flow."""
        return self.pass_through or self.open


def identity(spans: Sequence[Named], tree: Tree, entry: int) -> Steps[int]:
    """The place that names the flow entered at `entry`: from what only passes on, down to what does not.

    At each step that is the server below that answers the same method and path, the nearest ones first; else,
    of what passes on, the last server that is called, in the order of the caller's outgoing spans: what a
    gateway asks first is mostly not what it was asked for. The last one that passes on names the flow where
    there is none below, or where so many pass on.
    """
    place = entry
    for _ in range(_MOST_PASSED):
        if not (spans[place].may_pass_on and (below := _servers_below(spans, tree, place))):
            break
        nearest = [server for server, is_nearest in below if is_nearest]
        others = [server for server, is_nearest in below if not is_nearest]
        asked_for, candidates = spans[place].asked, islice(chain(nearest, others), _MOST_ASKED)
        answering = (each for each in candidates if answers(asked_for, spans[each].asked))
        found = next(answering, nearest[-1] if spans[place].pass_through else place)
        if found == place:
            break
        place = found
        yield
    return place


def _servers_below(spans: Sequence[Named], tree: Tree, top: int) -> list[tuple[int, bool]]:
    """The places of the servers below `top` that may name its flow; True: no other server is between."""
    found = []
    place, end = top + 1, tree.end(top)
    covered: set[int] = set()
    while place < end:
        if spans[place].aside:
            place = tree.end(place)
            continue
        is_covered, is_server = tree.parents[place] in covered, spans[place].kind is Kind.SERVER
        if is_server:
            found.append((place, not is_covered))
        if is_server or is_covered:
            covered.add(place)
        place += 1
    return found


def flow_id(operation: Operation) -> FlowId:
    """The identity of a flow entered at `operation`."""
    return FlowId(operation.service, operation.name)
