"""What a person concludes from a report: states, flows, coverage and hints, without sentences and numbers.

Times are left out: other instrumentation moves them. So is what only reports that instrumentation differs.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from monitor.drift.report import Report
from monitor.drift.verdict import State
from tests.unit.pipeline.auditing import PAGING

LEFT_OUT = frozenset({"timing", "internals", "branches"})
"""Dimensions that follow the instrumentation, or how many traces there are, by their nature; none pages."""
WRONG = (State.SUSPECT, State.DRIFT)
COVERAGE = "coverage"


class Subject(NamedTuple):
    """What a line of the report is about."""

    flow: str
    outcome: str
    dimension: str
    subject: str

    def __str__(self) -> str:
        return " | ".join(filter(None, self))


class Conclusions(NamedTuple):
    """States by subject; `shares`: the numbers of coverage; missing, dead: flows; hints: kind and subject."""

    states: Mapping[Subject, State]
    flows: frozenset[str]
    shares: Mapping[str, float | None]
    missing: frozenset[str]
    dead: frozenset[str]
    hints: frozenset[tuple[str, str]]

    def alarms(self) -> dict[Subject, State]:
        """Lines that say that something is wrong, in a dimension that pages."""
        return {
            subject: state
            for subject, state in self.states.items()
            if state in WRONG and subject.dimension in PAGING
        }

    def ok(self, dimensions: frozenset[str]) -> Iterator[Subject]:
        """Lines of these dimensions that claim that all is well."""
        return (s for s, state in self.states.items() if state is State.OK and s.dimension in dimensions)


def conclusions(report: Report) -> Conclusions:
    """Reduce a report."""
    states = {
        Subject(line.flow, line.outcome, line.dimension, line.subject): line.state
        for line in report.verdicts
        if line.dimension not in LEFT_OUT
    }
    covered = report.coverage
    missing, dead = (frozenset(each.flow for each in part) for part in (covered.missing, covered.dead))
    return Conclusions(
        states,
        frozenset(subject.flow for subject in states) | missing | dead,
        {
            "flows": covered.flows,
            "traffic": covered.traffic,
            "failures": covered.failures,
            "faithful": covered.faithful,
        },
        missing,
        dead,
        frozenset((hint.kind, hint.subject) for hint in report.hints if hint.kind != "sampling"),
    )
