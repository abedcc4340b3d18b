"""Entries that only pass on: do they answer by themselves, or go another way, more often than in production?

What passes on gives its requests the names of others, so no flow has all of them, and a fault that cuts
traces short looks like other flows, or fewer of them. So the report adds up, by entry, how many traces of
each side went which way. Evidence that a way is more frequent than production's odds times RHO allow is the
mean likelihood ratio over rates above that, an e-value at any number of units (Ville): of the way 'by
itself', and of ways that production never went. Runs of tests repeat themselves, and how many units they
gave in these days is an estimate: what differs is suspect, and a drift only where each trace is a unit.
"""

from collections.abc import Iterable, Iterator, Sequence
from math import exp, log, log10
from typing import NamedTuple

from monitor.base.units import UNIT_WEIGHT
from monitor.dimensions import ENDS
from monitor.dimensions.words import counted, share
from monitor.drift.records.flow import Entered, FlowVerdicts
from monitor.drift.signal import STILL
from monitor.drift.verdict import Examples, State, Verdict
from monitor.stats.detector import MAX_EVIDENCE
from monitor.stats.effects import noise_floor
from monitor.stats.interval import clopper_pearson, widened

RHO = 3.0
LEAST_TRACES = 200
"""Production traces of an entry before anything is said of its ways."""
SUSPECT, DRIFT = 1e3, 1e6
"""Evidence of the states: the least thresholds of a policy (`stats.budget`)."""
_RATES = 50
BY_ITSELF = "answered by the entry itself"


class Way(NamedTuple):
    """One way that `usual` of `production` traces of an entry went, and `seen` of `units` test units."""

    usual: int
    production: int
    seen: float
    units: int

    @property
    def evidence(self) -> float:
        """Against every rate that is tolerated."""
        _, upper = clopper_pearson(self.usual, self.production)
        high = widened(0.0, upper, RHO)[1]
        if high >= 1.0:
            return 0.0
        rates = [high + (1.0 - high) * (step + 0.5) / _RATES for step in range(_RATES)]
        return sum(min(exp(min(self._won(rate, high), 690.0)), MAX_EVIDENCE) for rate in rates) / _RATES

    def _won(self, rate: float, high: float) -> float:
        missed = self.units - self.seen
        return self.seen * log(rate / high) + missed * log((1.0 - rate) / (1.0 - high))


def ways(flows: Iterable[FlowVerdicts]) -> Iterator[Verdict]:
    """A line for each way of an entry that tests go too often."""
    by_entry: dict[str, list[FlowVerdicts]] = {}
    for flow in flows:
        if flow.entered and flow.entered.by:
            by_entry.setdefault(flow.entered.by, []).append(flow)
    for entry, alike in by_entry.items():
        if any(flow.flow != entry for flow in alike):
            yield from _of_entry(entry, alike)


def _of_entry(entry: str, flows: Sequence[FlowVerdicts]) -> Iterator[Verdict]:
    entered = [flow.entered for flow in flows if flow.entered]
    production, tests = sum(each.reference for each in entered), sum(each.candidate for each in entered)
    if production < LEAST_TRACES or not tests:
        return
    # Units of runs share causes, so those of several flows are no more than those of one; traces are.
    alone = all(each.alone for each in entered)
    n = tests if alone else min(max(map(_units, flows, entered)), tests)
    for flow, each in zip(flows, entered, strict=True):
        way = Way(each.reference, production, n * each.candidate / tests, n)
        if (flow.flow == entry or not each.reference) and way.evidence >= SUSPECT:
            yield _line(entry, flow, way, certain=alone and way.evidence >= DRIFT)


def _units(flow: FlowVerdicts, entered: Entered) -> int:
    """The units of a flow in the days of `entered`, as far as its traffic tells."""
    if not flow.candidate_weight:
        return flow.candidate_units
    share = min(1.0, entered.candidate * UNIT_WEIGHT / flow.candidate_weight)
    return round(flow.candidate_units * share)


def _line(entry: str, flow: FlowVerdicts, way: Way, *, certain: bool) -> Verdict:
    p, seen = way.usual / way.production, way.seen / way.units
    subject = BY_ITSELF if flow.flow == entry else f"passed on to {flow.flow}"
    says = (
        f"{share(p) if p else 'None'} of the {counted(way.production, 'production trace')} that enter at "
        f"'{entry}' is {subject}, and {share(seen)} of the tests. What production does next is cut off, or "
        "tests ask for something else."
    )
    return Verdict(
        flow=entry,
        outcome="",
        dimension=ENDS.name,
        severity=ENDS.severity,
        subject=subject,
        service=flow.entered.service if flow.entered else "",
        state=State.DRIFT if certain else State.SUSPECT,
        effect=round(seen - p, 6),
        noise_floor=round(noise_floor(2, way.units), 6),
        lower_bound=0.0,
        evidence_log10=round(log10(way.evidence), 3),
        reference_n=way.production,
        candidate_n=way.units,
        onset=None,
        moved=STILL.who,
        reason=says,
        examples=Examples(),
    )
