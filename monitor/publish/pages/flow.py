"""The page of a flow: one tree of both sides, what differs, why, since when, and what would settle it."""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from monitor.base.moments import to_the_minute
from monitor.dimensions.dimension import Severity
from monitor.dimensions.words import counted, path_name
from monitor.drift.records.comparison import Sides
from monitor.drift.records.tree import PathTree, SideSeen
from monitor.drift.verdict import State, Verdict, strength
from monitor.ledgers import ASKED
from monitor.publish.pages.board import Board, Entry
from monitor.publish.pages.states import Standing, standing
from monitor.publish.pages.tree import Row, is_untried, rows

_DIFFERS = (State.DRIFT, State.SUSPECT)
_REMEDIES = {each.name: each.remedy for each in ASKED}
_MOVED: Mapping[str, str] = {"both": "Both sides moved", "unknown": "Who moved is not known"}


class Trace(NamedTuple):
    """An example: which side, its trace id, and where to look at it ('' where no setting says it)."""

    side: str
    id: str
    link: str


class Finding(NamedTuple):
    """A line about a difference, with who moved, what would settle it, and what it says of each side."""

    line: Verdict
    moved: str
    settles: str
    traces: tuple[Trace, ...]


class PathPage(NamedTuple):
    """One path: its name, its tree, and that as rows."""

    name: str
    tree: PathTree
    rows: list[Row]


class FlowPage(NamedTuple):
    """Everything that the page says.

    compared: what reference and candidate are. findings: what differs or may. untried: branches that no test
    takes. reported: what differs and stands in reports alone. fine: what is ok or accepted.
    """

    flow: str
    standing: Standing
    says: str
    compared: str
    findings: list[Finding]
    undecided: list[Verdict]
    untried: list[str]
    reported: list[Verdict]
    fine: list[Verdict]
    paths: list[PathPage]
    examples: tuple[Trace, ...]


def flow_page(board: Board, entry: Entry, viewers: Mapping[str, str]) -> FlowPage:
    """The page of a flow; viewers: by environment, where a trace is looked at, with `{trace_id}` in it."""
    flow, sides = entry.flow, board.record.comparison
    lines = sorted(entry.lines, key=strength, reverse=True)
    is_now = standing(flow, lines, board.excused)
    differing = [line for line in lines if line.state in _DIFFERS]
    counting = [line for line in differing if line.severity is not Severity.REPORTS]
    findings = [_finding(line, sides, viewers) for line in counting]
    shown = (line for line in lines if any(ids for _, ids in line.examples.sides()))
    example = next(shown, None)
    return FlowPage(
        flow=flow.flow,
        standing=is_now,
        says=_says(is_now, findings, sides),
        compared=_compared(flow.paths, sides, flow.candidate_units),
        findings=findings,
        undecided=[each for each in lines if each.state is State.INSUFFICIENT and not is_untried(each)],
        untried=[each.reason for each in lines if is_untried(each)],
        reported=[line for line in differing if line not in counting],
        fine=[line for line in lines if line.state in (State.OK, State.ACCEPTED)],
        paths=[_path(tree, flow.flow, lines) for tree in _busiest_first(flow.paths)],
        examples=() if example is None else tuple(_traces(example, sides, viewers)),
    )


def _busiest_first(trees: Iterable[PathTree]) -> list[PathTree]:
    return sorted(trees, key=lambda tree: (-tree.reference.traces, -tree.candidate.traces))


def _path(tree: PathTree, flow: str, lines: Iterable[Verdict]) -> PathPage:
    return PathPage(path_name(flow, tree.outcome), tree, rows(tree, lines))


def _compared(paths: Iterable[PathTree], sides: Sides, units: int) -> str:
    """What the reference and the candidate of this flow are, in numbers."""
    paths = list(paths)
    reference = _requests([path.reference for path in paths])
    candidate = _requests([path.candidate for path in paths])
    evidence = f", {counted(units, 'evidence unit')}" if units else ""
    tests = f"candidate is {sides.candidate} ({candidate}{evidence})"
    return f"Reference is {sides.reference} ({reference}), {tests}."


def _requests(sides: list[SideSeen]) -> str:
    number = sum(side.traces for side in sides)
    first = min((side.first for side in sides if side.first is not None), default=None)
    since = "" if first is None else f" since {to_the_minute(first)}"
    return f"{counted(number, 'request')}{since}"


def _says(is_now: Standing, findings: list[Finding], sides: Sides) -> str:
    """The state of the flow in one sentence."""
    if is_now is Standing.OUT_OF_SCOPE:
        return "Somebody decided that this flow needs no test: it counts in no share."
    if is_now is Standing.UNTESTED:
        return f"No test in {sides.candidate} exercises this flow."
    if is_now is Standing.DRIFTING:
        proven = sum(each.line.state is State.DRIFT for each in findings)
        return f"The tests differ from {sides.reference} here: {counted(proven, 'proven difference')}."
    if is_now is Standing.FAITHFUL:
        return f"The tests stand for {sides.reference} here: what is judged of the usual path is the same."
    if findings:
        return f"The tests may differ from {sides.reference} here; that is not proven yet."
    return "There is not enough evidence yet to say whether the tests stand for this flow."


def _finding(line: Verdict, sides: Sides, viewers: Mapping[str, str]) -> Finding:
    traces = tuple(_traces(line, sides, viewers))
    return Finding(line, _moved(line, sides), _REMEDIES.get(line.dimension, ""), traces)


def _moved(line: Verdict, sides: Sides) -> str:
    who = {"reference": f"{sides.reference} moved", "candidate": f"{sides.candidate} moved"}
    began = f", with {line.began_with}" if line.began_with else ""
    return f"{who.get(line.moved) or _MOVED[line.moved]}{began}"


def _traces(line: Verdict, sides: Sides, viewers: Mapping[str, str]) -> Iterator[Trace]:
    """One trace of each side."""
    for side, ids in line.examples.sides():
        environment = getattr(sides, side)
        for trace in ids[:1]:
            yield Trace(environment, trace, viewers.get(environment, "").replace("{trace_id}", trace))
