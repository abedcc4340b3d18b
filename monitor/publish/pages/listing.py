"""The list of flows: filtered by what the address says, a page at a time, the worst first."""

from collections.abc import Collection
from typing import NamedTuple

from monitor.base.units import UNIT_WEIGHT
from monitor.drift.verdict import State, Verdict
from monitor.publish.pages.board import Board, Entry
from monitor.publish.pages.states import Standing, standing, worst

PAGE = 50
"""Flows on one page."""


class Wanted(NamedTuple):
    """Which flows: '' asks for all. flow, service: parts of names, in any case. page: the first is 1."""

    flow: str = ""
    service: str = ""
    dimension: str = ""
    state: str = ""
    page: int = 1


class Line(NamedTuple):
    """A flow: what it is, its requests in the reference, its units, and the worst state of each dimension."""

    flow: str
    standing: Standing
    requests: float
    units: int
    states: dict[str, State]


class Listing(NamedTuple):
    """One page; number: of all flows that are wanted, of so many `known`."""

    lines: list[Line]
    number: int
    known: int
    page: int
    pages: int
    dimensions: list[str]


def listing(board: Board, wanted: Wanted) -> Listing:
    """The flows that are wanted; a page behind the last one is empty."""
    entries = list(board.entries())
    found = sorted((entry for entry in entries if _is_wanted(entry, wanted)), key=_worst_first)
    begin = (wanted.page - 1) * PAGE
    return Listing(
        lines=[_line(entry, board.excused) for entry in found[begin : begin + PAGE]],
        number=len(found),
        known=len(entries),
        page=wanted.page,
        pages=max(1, -(-len(found) // PAGE)),
        dimensions=sorted({line.dimension for entry in entries for line in entry.lines}),
    )


def _is_wanted(entry: Entry, wanted: Wanted) -> bool:
    if wanted.flow and wanted.flow.casefold() not in entry.flow.flow.casefold():
        return False
    if wanted.service and not _has(entry, wanted.service.casefold()):
        return False
    if not (wanted.dimension or wanted.state):
        return True
    return any(_is_asked(line, wanted) for line in entry.lines)


def _is_asked(line: Verdict, wanted: Wanted) -> bool:
    return wanted.dimension in ("", line.dimension) and wanted.state in ("", line.state)


def _has(entry: Entry, service: str) -> bool:
    """Whether a service takes part: it is entered, tests show it, or a line is about it."""
    calls = (call.service for path in entry.flow.paths for call in path.calls)
    named = (line.service for line in entry.lines)
    entered = entry.flow.flow.partition(" ")[0]
    return any(service in name.casefold() for name in (entered, *calls, *named))


def _worst_first(entry: Entry) -> tuple[int, int, str]:
    state = worst(entry.lines)
    return (-state.rank if state else 0, -entry.flow.reference_weight, entry.flow.flow)


def _line(entry: Entry, excused: Collection[str]) -> Line:
    states: dict[str, State] = {}
    for line in sorted(entry.lines, key=lambda line: line.state.rank):
        states[line.dimension] = line.state
    flow = entry.flow
    is_now = standing(flow, entry.lines, excused)
    return Line(flow.flow, is_now, flow.reference_weight / UNIT_WEIGHT, flow.candidate_units, states)
