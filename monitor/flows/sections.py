"""Sections of a row: what only some rows say, by name; a reader skips those that it does not know.

As the last value of a row: {"order": place in orders, "failure": [place in the shape, place in strings],
"lead": ms, "grades": [one per node, ...], "result": place in strings, "stated": place in stated}.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from monitor.flows.flow import Failure, Flow, Line
from monitor.flows.stated import Stated

_ORDER = "order"
"""In which order calls began."""
_FAILURE = "failure"
"""Why the flow did not end well."""
_LEAD = "lead"
"""How long before the row's own beginning its entry began."""
_GRADES = "grades"
"""What an audit asks for of each span."""
_RESULT = "result"
"""What the runner says of the test case."""
_STATED = "stated"
"""What services say of themselves."""

Order = tuple[Line, ...]


class Sections(NamedTuple):
    """What the sections of a row say."""

    order: Order = ()
    failure: Failure | None = None
    lead: int | None = None
    grades: tuple[int, ...] = ()
    result: str = ""
    stated: Stated = ()


NOTHING = Sections()


def written(
    flow: Flow, order: Callable[[Order], int], string: Callable[[str], int], stated: Callable[[Stated], int]
) -> list[dict[str, Any]]:
    """The last value of a row, if it has any section; order, string, stated: places in tables."""
    said: dict[str, Any] = {}
    if flow.order:
        said[_ORDER] = order(flow.order)
    if flow.failure is not None:
        said[_FAILURE] = [flow.failure.place, string(flow.failure.error)]
    if flow.lead is not None:
        said[_LEAD] = flow.lead
    if flow.grades:
        said[_GRADES] = flow.grades
    if flow.result:
        said[_RESULT] = string(flow.result)
    if flow.stated:
        said[_STATED] = stated(flow.stated)
    return [said] if said else []


def read(
    said: Mapping[str, Any], orders: Sequence[Order], strings: Sequence[str], stated: Sequence[Stated]
) -> Sections:
    """What the last value of a row says."""
    failure = None
    if _FAILURE in said:
        place, error = said[_FAILURE]
        failure = Failure(place, strings[error])
    order = orders[said[_ORDER]] if _ORDER in said else ()
    grades = tuple(said[_GRADES]) if _GRADES in said else ()
    result = strings[said[_RESULT]] if _RESULT in said else ""
    states = stated[said[_STATED]] if _STATED in said else ()
    return Sections(order, failure, _lead(said), grades, result, states)


def _lead(said: Mapping[str, Any]) -> int | None:
    return said[_LEAD] if _LEAD in said else None  # noqa: SIM401 - what is no mapping has no `get`
