"""Which flow a tree is (telemetry rules 5 and 6): deterministic, and the same in every environment."""

import re
from collections.abc import Callable
from fnmatch import translate
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from monitor.flows.flow import FlowId, Operation
from monitor.flows.ignore import IgnoreSettings
from monitor.wire.span import Kind

_BARE = re.compile(r"(HTTP ?)?(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|TRACE|CONNECT|_OTHER)?\s*(/?\*{0,2})")
"""A method at most, and a route that says nothing: `GET`, `/*`, `POST /**`, `*`; `/` alone is a page."""

_NEVER = r"(?!)"
"""Matches nothing."""


Template = Annotated[str, Field(pattern=r"^/\S*$", max_length=200)]
"""A pattern for the path of a request."""


class FlowSettings(BaseModel):
    """Which entries are flows, and how those are named that nothing names well.

    ignore: what is no flow (`ignore`). templates: routes for requests without one: `/u/{name}/profile`
    (`routes`). The others are globs on `SERVICE OPERATION`. pass_through: entries that only pass on
    (gateways), besides those that look like it: the flow is named by the first server below. inner: server
    operations that are also entries of flows of their own.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    pass_through: tuple[str, ...] = ()
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


def identity(operations: list[Operation], entry: int, end: int) -> int:
    """The place that names the flow whose pass-through entry is at `entry` and subtree ends before `end`.

    That is the first SERVER span below in preorder, which is the order of each caller's outgoing spans;
    the entry itself where there is none.
    """
    for place in range(entry + 1, end):
        if operations[place].kind is Kind.SERVER:
            return place
    return entry


def flow_id(operation: Operation) -> FlowId:
    """The identity of a flow entered at `operation`."""
    return FlowId(operation.service, operation.name)
