"""Facts of one test run: what nearly all of production has and no unit of the run had, or the reverse.

A fact is read from counts. It is known at once, even from a single unit, where detectors need several runs.
It never pages: it is shown while the run is open, and decides the verdict on that run (statistics 1.8).
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from monitor.dimensions import PRESENCES, partners
from monitor.dimensions.dimension import Cases, Dimension, Presence, Seen
from monitor.dimensions.trait import Trait
from monitor.drift.detectors.replaced import Change, replaced
from monitor.drift.detectors.tolerance import NEARLY_ALL, NONE_LOST, Lost, hidden
from monitor.drift.signal import STILL
from monitor.drift.verdict import Examples, State, Verdict
from monitor.fingerprints.snapshot import Counts, Snapshot
from monitor.fingerprints.units import Unit, presences
from monitor.stats.effects import noise_floor

CHANCE = 1e-4
"""Of being wrong about a trait whose spans may have been lost."""
LEAST_TRACES = 1000
"""Production traces in which the question arises before its answer is a fact."""


class Fact(NamedTuple):
    """A trait that `present` of `traces` production traces had, and all or none of `units` units of a run.

    cases: test cases in the units. services: those that production's call asks. others: traits of the run
    alone, about the same subject.
    """

    dimension: Dimension[Presence]
    trait: Trait
    present: float
    traces: float
    units: int
    cases: int
    services: tuple[str, ...] = ()
    others: tuple[Trait, ...] = ()

    @property
    def subject(self) -> str:
        """What it is about: facts about one subject are one fact."""
        return self.dimension.subject(self.trait)

    @property
    def missing(self) -> bool:
        """The run lacks what production has; else it has what production never had."""
        return self.present > 0

    def by_loss(self, lost: Lost) -> bool:
        """Whether the spans of all units may have been lost that would show a missing trait."""
        hides = hidden(self.trait, self.dimension.evidence, lost)
        return self.missing and hides**self.units > CHANCE

    def says(self, run: str) -> str:
        """The fact in the words of its dimension."""
        rates = (self.present / self.traces, round(self.traces), float(not self.missing), self.units)
        cases = Cases(self.cases, 1, run=run)
        return self.dimension.says(self.trait, Seen(*rates, cases, self.others, self.services))


def facts(units: Sequence[Unit], reference: Snapshot, lost: Lost = NONE_LOST) -> list[Fact]:
    """The facts of one path of a run, from its units so far and production as it is known now.

    lost: the share of a service's spans that the run lost. What that may explain is no fact. Of one subject
    the fact that concerns most production traces stands for all.
    """
    known = [fact for fact in _facts(units, reference) if not fact.by_loss(lost)]
    stands = replaced(Change(fact.dimension, fact.trait, fact.missing, 1.0 - fact.missing) for fact in known)
    found: dict[tuple[str, str], list[Fact]] = {}
    for fact in known:
        subject = fact.dimension.subject(stands.get(fact.trait, fact.trait))
        found.setdefault((fact.dimension.name, subject), []).append(fact)
    return [_speaker(alike) for alike in found.values()]


def _speaker(alike: Sequence[Fact]) -> Fact:
    """Of facts about one subject the one that speaks for all: the last that most of production has."""
    *others, fact = sorted(alike, key=lambda fact: fact.present)
    return fact._replace(others=tuple([other.trait for other in others if not other.missing]))


def _facts(units: Sequence[Unit], reference: Snapshot) -> Iterator[Fact]:
    for dimension in PRESENCES:
        counts = reference.of(dimension.name)
        if dimension.decides_gate and counts.size.traces >= LEAST_TRACES:
            for trait in _traits(dimension, units, counts):
                if fact := _fact(dimension, trait, units, counts):
                    yield fact


def _traits(dimension: Dimension[Presence], units: Iterable[Unit], counts: Counts) -> Iterable[Trait]:
    production, arises = counts.shares.get(dimension.name, {}), dimension.evidence.arises
    brought = (trait for unit in units for trait in unit.traits(dimension.name))
    return dict.fromkeys(trait for trait in (*production, *brought) if arises(trait, production))


def _fact(dimension: Dimension[Presence], trait: Trait, units: Iterable[Unit], counts: Counts) -> Fact | None:
    known = counts.share(trait)
    nearly_all = known.present >= NEARLY_ALL * known.traces
    if known.traces < LEAST_TRACES or (known.present and not nearly_all):
        return None
    shares, cases = presences(units, trait)
    differs = not any(shares) if nearly_all else min(shares, default=0.0) == 1.0
    if not shares or not differs:
        return None
    services = partners(trait, counts.shares)
    return Fact(dimension, trait, known.present, known.traces, len(shares), cases, services)


def line_of(fact: Fact, flow: str, outcome: str, run: str, examples: Examples) -> Verdict:
    """The fact of an open run as a line of the report."""
    return Verdict(
        flow=flow,
        outcome=outcome,
        dimension=fact.dimension.name,
        severity=fact.dimension.severity,
        subject=fact.subject,
        service=fact.trait.service,
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
        seen_by=fact.dimension.evidence.seen_by(fact.trait) if fact.missing else "",
    )
