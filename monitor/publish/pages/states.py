"""What a flow is, in one word, for colours and tables: the worst of what is known of its usual path."""

from collections.abc import Collection, Iterable, Mapping
from enum import StrEnum

from monitor.dimensions.dimension import Severity
from monitor.drift.records.flow import FlowVerdicts
from monitor.drift.verdict import State, Verdict


class Standing(StrEnum):
    """How far the tests stand for production's traffic of a flow; the order is that of legends."""

    FAITHFUL = "faithful"
    DRIFTING = "drifting"
    UNTESTED = "untested"
    UNKNOWN = "unknown"
    OUT_OF_SCOPE = "out of scope"


_WORDS: Mapping[str, str] = {
    State.OK: "ok",
    State.ACCEPTED: "accepted",
    State.INSUFFICIENT: "not enough evidence",
    State.SUSPECT: "may differ",
    State.DRIFT: "differs",
    Standing.UNKNOWN: "not enough evidence",
    "open": "no verdict yet",
}


def words_of(state: str) -> str:
    """A state of a verdict, or what a flow is, in words."""
    return _WORDS.get(state, state)


def worst(lines: Iterable[Verdict]) -> State | None:
    """The worst state of lines that count, those that do not stand in reports alone; None without any."""
    found: State | None = None
    for line in lines:
        # Most lines of most flows are in one state: ranks are looked up where it changes.
        if line.state is not found and line.severity is not Severity.REPORTS:
            found = line.state if found is None or line.state.rank > found.rank else found
    return found


def standing(flow: FlowVerdicts, lines: Iterable[Verdict], excused: Collection[str]) -> Standing:
    """What a flow is; excused: the flows that somebody put out of scope.

    A difference on any path counts. That nothing differs is said where every line that can page is `ok` of
    the usual path.
    """
    if flow.flow in excused:
        return Standing.OUT_OF_SCOPE
    if not flow.candidate_weight:
        return Standing.UNTESTED
    lines = list(lines)
    if worst(lines) is State.DRIFT:
        return Standing.DRIFTING
    usual = _usual_outcome(flow)
    judged = [
        line
        for line in lines
        if line.severity is Severity.PAGES and (usual is None or line.outcome in ("", usual))
    ]
    faithful = judged and worst(judged) in (State.OK, State.ACCEPTED)
    return Standing.FAITHFUL if faithful else Standing.UNKNOWN


def _usual_outcome(flow: FlowVerdicts) -> str | None:
    """How most requests of the reference end; None where that is not known."""
    most, usual = -1, None
    for path in flow.paths:
        if path.reference.traces > most:
            most, usual = path.reference.traces, path.outcome
    return usual
