"""The answers of the HTTP API that list flows and runs."""

from collections.abc import Iterable

from pydantic import BaseModel

from monitor.base.units import UNIT_WEIGHT
from monitor.drift.verdict import State, Verdict
from monitor.publish.series import subjects_of
from monitor.publish.view import View


class FlowLine(BaseModel):
    """One flow of a comparison: the worst state per dimension, traces in the reference, evidence units.

    Sampled traces count as often as their weight says.
    """

    flow: str
    states: dict[str, State]
    reference_traces: float
    candidate_units: int


class Accepted(BaseModel):
    """A command that was written: its number, and the moment that it speaks of in ms since the epoch."""

    run: str
    environment: str
    at_ms: int
    number: int


def flow_lines(view: View, comparison: str) -> list[FlowLine]:
    """The flows of `comparison`, those with the most traffic in the reference first."""
    lines = [
        FlowLine(
            flow=subject.flow,
            states=_worst(subject.verdicts),
            reference_traces=subject.weight / UNIT_WEIGHT,
            candidate_units=subject.units,
        )
        for subject in subjects_of(view)
        if subject.comparison == comparison
    ]
    return sorted(lines, key=lambda line: (-line.reference_traces, line.flow))


def _worst(verdicts: Iterable[Verdict]) -> dict[str, State]:
    worst: dict[str, State] = {}
    for line in verdicts:
        if line.dimension not in worst or line.state.rank > worst[line.dimension].rank:
            worst[line.dimension] = line.state
    return worst
