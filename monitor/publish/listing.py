"""The answers of the HTTP API that list flows and runs."""

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel

from monitor.base.units import UNIT_WEIGHT
from monitor.drift.verdict import State
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


def run_lines(view: View) -> list[dict[str, Any]]:
    """The records of all runs as the owner of partition 0 decided them."""
    return [dict(record) for record in view.under("run")]


def _worst(verdicts: Iterable[Mapping[str, Any]]) -> dict[str, State]:
    worst: dict[str, State] = {}
    for verdict in verdicts:
        state, dimension = State(verdict["state"]), verdict["dimension"]
        if dimension not in worst or state.rank > worst[dimension].rank:
            worst[dimension] = state
    return worst
