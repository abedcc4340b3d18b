"""Facts of one test run: what nearly all of production does and no unit of the run did, or the reverse.

A fact is read from counts. It tells at once, even of a single unit, where detectors need several runs. It
never pages: it is shown while the run is open, and decides the verdict on that run (statistics 1.8).
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from monitor.drift.signal import STILL, Dimension
from monitor.drift.structure import NEARLY_ALL, NONE_LOST, production, share
from monitor.drift.verdict import State, Verdict
from monitor.fingerprints.snapshot import Snapshot
from monitor.fingerprints.span_gaps import lost_by
from monitor.fingerprints.structure import Edge
from monitor.fingerprints.units import Unit
from monitor.stats.effects import noise_floor

CHANCE = 1e-4
"""Of being wrong about an edge whose spans may have been lost."""
LEAST_TRACES = 1000
"""Production traces with the caller before its share of the edge is a fact."""


class Fact(NamedTuple):
    """An edge that `present` of `traces` production traces had, and all or none of `units` units of a run."""

    edge: Edge
    present: float
    traces: float
    units: int

    @property
    def missing(self) -> bool:
        """The run lacks what production does; else it does what production never did."""
        return self.present > 0

    def by_loss(self, lost: float) -> bool:
        """Whether all spans of a missing edge may have been lost, each with this probability."""
        return self.missing and lost**self.units > CHANCE

    def says(self, run: str) -> str:
        """The fact as a sentence."""
        units = f"{self.units:,} unit{'' if self.units == 1 else 's'}"
        usual = f"{share(self.present / self.traces)} of {round(self.traces):,} reference traces"
        return f"'{self.edge}' happens in {usual} and in {self._among} of the {units} of run {run}."

    @property
    def _among(self) -> str:
        return "none" if self.missing else "all"


def facts(units: Sequence[Unit], reference: Snapshot, lost: Mapping[str, float] = NONE_LOST) -> list[Fact]:
    """The facts of one path of a run, from its units so far and production as it is known now.

    lost: the share of a service's spans that the run lost. What that may explain is no fact.
    """
    if reference.traces < LEAST_TRACES:
        return []
    found = (_fact(edge, units, reference) for edge in _edges(units, reference))
    found = (fact for fact in found if fact and not fact.by_loss(lost_by(fact.edge.callee.service, lost)))
    return [fact for fact in found if fact is not None]


def _edges(units: Iterable[Unit], reference: Snapshot) -> Iterable[Edge]:
    return dict.fromkeys((*reference.edges, *(edge for unit in units for edge in unit.edges())))


def _fact(edge: Edge, units: Iterable[Unit], reference: Snapshot) -> Fact | None:
    known = production(reference, edge)
    nearly_all = known.present >= NEARLY_ALL * known.traces
    if known.traces < LEAST_TRACES or (known.present and not nearly_all):
        return None
    shares = [x for unit in units if (x := unit.presence(edge)) is not None]
    differs = not any(shares) if nearly_all else min(shares, default=0.0) == 1.0
    if not shares or not differs:
        return None
    return Fact(edge, known.present, known.traces, len(shares))


def line_of(fact: Fact, flow: str, outcome: str, run: str, examples: dict[str, list[str]]) -> Verdict:
    """The fact of an open run as a line of the report."""
    return Verdict(
        flow=flow,
        outcome=outcome,
        dimension=Dimension.STRUCTURE,
        subject=str(fact.edge),
        service=fact.edge.caller.service,
        state=State.SUSPECT,
        effect=round(fact.present / fact.traces if fact.missing else 1.0, 6),
        noise_floor=round(noise_floor(2, fact.units), 6),
        lower_bound=0.0,
        evidence_log10=0.0,
        reference_n=round(fact.traces),
        candidate_n=fact.units,
        onset=None,
        moved=STILL.who,
        began_with=STILL.began_with,
        reason=f"{fact.says(run)} The run is not over.",
        examples=examples,
    )
