"""What a gate may say of one path of a test run: its own units decide, the history lends them power.

Rules (statistics 1.8), for each trait that decides a gate:

1. DRIFT: a fact of this run says so; or the detector, this run included, drifts, and no unit of the run
   is as in production.
2. DIFFERS: the units of the run lie, in the mean, beyond the tolerance, and rule 1 does not hold.
3. OTHERS: the detector drifts by other runs. In this one the trait is as in production, or the question did
   not arise.
4. LIKE: nothing of that.

The worst ruling is the path's; without one of the first two it is ok if the history, this run included, has
the power to find what is missing.
"""

from collections.abc import Iterable, Mapping, Sequence
from enum import IntEnum
from typing import NamedTuple

from monitor.dimensions import PRESENCES, partners
from monitor.dimensions.dimension import Cases, Seen
from monitor.dimensions.trait import Trait
from monitor.drift.detectors.own import Own
from monitor.drift.detectors.replaced import Change, replaced
from monitor.drift.facts import Fact
from monitor.drift.verdict import State, Verdict
from monitor.fingerprints.snapshot import Snapshot
from monitor.stats.multiple import merged_dependent

DECIDING = {dimension.name: dimension for dimension in PRESENCES if dimension.decides_gate}
"""The dimensions of which a finding fails a run."""


class Ruling(IntEnum):
    """What a run says of a trait, or a path of a run of all its traits; larger is worse."""

    LIKE = 0
    OTHERS = 1
    DIFFERS = 2
    DRIFT = 3


def rule(*, fact: bool, drifts: bool, own: Own | None) -> Ruling:
    """The ruling on one trait; own: what the units of the run say, None where its question did not arise."""
    if fact or (drifts and own is not None and not own.agrees):
        return Ruling.DRIFT
    if own is not None and own.differs:
        return Ruling.DIFFERS
    return Ruling.OTHERS if drifts else Ruling.LIKE


class Evidence(NamedTuple):
    """What the units of a run say of a path by themselves.

    run: its id. units: how many. facts: of it. owns: what its units say of each trait that is judged.
    unjudged: traits that production has and that are not. production: its path before the run.
    """

    run: str
    units: int
    facts: Sequence[Fact]
    owns: Sequence[Own]
    unjudged: int
    production: Snapshot

    @property
    def e_value(self) -> float:
        """Evidence against 'within the tolerance', from this run alone."""
        return merged_dependent([own.bet for own in self.owns])


def evidence_of(
    run: str, units: int, facts: Sequence[Fact], owns: Iterable[Own], production: Snapshot
) -> Evidence:
    """The evidence of a run on a path: of what its units say only what decides gates."""
    deciding = [own for own in owns if own.trait.dimension in DECIDING]
    judged = {own.trait for own in deciding}
    known = (trait for name in DECIDING for trait in production.of(name).shares.get(name, {}))
    unjudged = sum(trait not in judged for trait in known)
    return Evidence(run, units, facts, deciding, unjudged, production)


class Found(NamedTuple):
    """A subject of a path with its ruling, and a sentence about it."""

    ruling: Ruling
    dimension: str
    subject: str
    says: str


class PathRuling(NamedTuple):
    """What a gate may say of a path: its state in this run, what was found, and why it is not ok, or ''."""

    state: State
    found: tuple[Found, ...]
    unproven: str


def path_ruling(evidence: Evidence, lines: Iterable[Verdict]) -> PathRuling:
    """Rule on a path; lines: all that is said of it after the run, of dimensions that decide gates."""
    by_subject = {(line.dimension, line.subject): line for line in lines}
    found = tuple(_found(evidence, by_subject))
    worst = max((each.ruling for each in found), default=Ruling.LIKE)
    weak = [line for (_, subject), line in by_subject.items() if not subject and line.state is not State.OK]
    if worst is Ruling.DRIFT:
        return PathRuling(State.DRIFT, found, "")
    if worst is Ruling.DIFFERS:
        differs = next(each for each in found if each.ruling is Ruling.DIFFERS)
        return PathRuling(State.SUSPECT, found, f"{differs.says} That is not proven yet.")
    return PathRuling(State.INSUFFICIENT if weak else State.OK, found, weak[0].reason if weak else "")


def strongest(evidence: Evidence) -> Found | None:
    """Of the traits that differ in the run the one that it won most on, against 'within the tolerance'."""
    differing = (own for own in evidence.owns if own.differs)
    own = max(differing, key=lambda own: own.bet, default=None)
    return own and _of_own(Ruling.DIFFERS, own, evidence, _keys(evidence))


def _found(evidence: Evidence, lines: Mapping[tuple[str, str], Verdict]) -> Iterable[Found]:
    """The subjects that are not as in production in this run or others, each once, the worst first."""
    found = {(fact.dimension.name, fact.subject): _of_fact(fact, evidence.run) for fact in evidence.facts}
    keys = _keys(evidence)
    for own in evidence.owns:
        key = keys[own.trait]
        ruling = rule(fact=False, drifts=_drifts(lines.get(key)), own=own)
        if ruling > (found[key].ruling if key in found else Ruling.LIKE):
            found[key] = _of_own(ruling, own, evidence, keys, lines.get(key))
    for key, line in lines.items():
        if key not in found and _drifts(line):
            found[key] = Found(Ruling.OTHERS, *key, _says_others(line))
    return sorted(found.values(), key=lambda each: -each.ruling)


def _drifts(line: Verdict | None) -> bool:
    return line is not None and line.state is State.DRIFT


Key = tuple[str, str]
"""A dimension and a subject."""


def _keys(evidence: Evidence) -> dict[Trait, Key]:
    """What each trait is about: one that stands in the place of another is about that one."""
    differing = (own for own in evidence.owns if own.differs)
    stands = replaced(
        Change(DECIDING[own.trait.dimension], own.trait, own.known.present > 0, own.mean) for own in differing
    )
    about = ((own.trait, stands.get(own.trait, own.trait)) for own in evidence.owns)
    return {trait: (trait.dimension, DECIDING[trait.dimension].subject(of)) for trait, of in about}


def _of_fact(fact: Fact, run: str) -> Found:
    return Found(Ruling.DRIFT, fact.dimension.name, fact.subject, fact.says(run))


def _of_own(
    ruling: Ruling, own: Own, evidence: Evidence, keys: Mapping[Trait, Key], line: Verdict | None = None
) -> Found:
    if ruling is Ruling.OTHERS and line is not None:
        return Found(ruling, *keys[own.trait], _says_others(line))
    return Found(ruling, *keys[own.trait], _says(own, evidence, keys))


def _says(own: Own, evidence: Evidence, keys: Mapping[Trait, Key]) -> str:
    """What the units of the run say of a trait, in the words of its dimension."""
    key, known = keys[own.trait], own.known
    alike = (other for other in evidence.owns if other.differs and not other.known.present)
    others = tuple([other.trait for other in alike if keys[other.trait] == key and other is not own])
    seen = Seen(
        known.present / known.traces,
        round(known.traces),
        own.mean,
        len(own.xs),
        Cases(own.cases, 1, run=evidence.run),
        others,
        partners(own.trait, evidence.production.of(own.trait.dimension).shares),
    )
    return DECIDING[own.trait.dimension].says(own.trait, seen)


def _says_others(line: Verdict) -> str:
    return f"Not shown by this run, and still open over others: {line.reason}"
