"""The verdict on one finished test run, for gates: pass, drift, or not enough evidence (statistics 1.8).

A run drifts by a path that drifts in this run (`ruling`), or by its own evidence: e-BH at 10 % over the
paths of the run, whose e-values are means over a path's traits of the products of the run's bets. It passes
when nothing drifts and what is ok covers enough of the traffic that its suite exercised before.

A `RunPart` holds what one shard, partition or fleet has to say; parts add up in any order.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple, Self, TypeVar

import msgspec
from msgspec.structs import fields, replace

from monitor.dimensions.words import path_name
from monitor.drift.ruling import Evidence, PathRuling, Ruling, strongest
from monitor.drift.verdict import State
from monitor.stats.detector import MAX_EVIDENCE

FALSE_DISCOVERIES = 0.1
"""Of the paths that a run finds by its own evidence, at most this share is found by chance, on average."""
LEAST_E_VALUE = 1 / FALSE_DISCOVERIES
"""Less can never be a discovery, however many there are."""
MOST_E_VALUES = 100
MOST_FINDINGS, FEW = 100, 10
"""Of findings, notes, and what is not proven the first entries are kept; of runs long ago the first few."""
BY_RULING, BY_EVIDENCE = 0, 2
"""Ranks of findings: by the rules for a path; by evidence, of paths that differ and where no rule says so."""


class Finding(NamedTuple):
    """Something that a run shows. Findings with one dimension and subject are one; '' has none."""

    rank: int
    e_value: float
    flow: str
    outcome: str
    says: str
    dimension: str = ""
    subject: str = ""

    @property
    def order(self) -> tuple[Any, ...]:
        """The strongest first."""
        return (self.rank, -self.e_value, *self[2:])

    def __str__(self) -> str:
        return f"{path_name(self.flow, self.outcome)}: {self.says}"


class Remark(NamedTuple):
    """What a run does not prove, or what other runs show of a path; weight: in production (1/1024)."""

    weight: int
    flow: str
    outcome: str
    says: str

    @property
    def order(self) -> tuple[Any, ...]:
        """The busiest first."""
        return (-self.weight, *self[1:])

    def __str__(self) -> str:
        return f"{path_name(self.flow, self.outcome)}: {self.says}"


class PathResult(NamedTuple):
    """A path after the units of a run; weight: in production. before: its suite exercised it earlier.

    untried: branches of production that no unit of the run takes, or that all of them take.
    """

    flow: str
    outcome: str
    ruling: PathRuling
    evidence: Evidence
    weight: int
    before: bool
    untried: Sequence[Remark] = ()


class Counts(msgspec.Struct, kw_only=True):
    """What a run was, in numbers.

    paths: that it exercised; ok, suspect (its own units differ, which is not proven), drift, insufficient: by
    what it shows of them. facts: that it showed. units: of evidence. missed: flows that its suite exercised
    before and it did not. unjudged: calls of production, in the paths that it exercised, that are not judged.
    """

    paths: int = 0
    ok: int = 0
    suspect: int = 0
    drift: int = 0
    insufficient: int = 0
    facts: int = 0
    units: int = 0
    missed: int = 0
    unjudged: int = 0


class RunPart(Counts, kw_only=True):
    """Sums over paths of one run in one comparison.

    Weights are production's: ran, proven (of paths that are ok), before, before_proven (of those that the
    suite exercised before). notes: what drifts by other runs. untried: branches of production that the run
    leaves untried. All lists are sorted, the first ones.
    """

    min_traffic: float = 0.0
    ran_weight: int = 0
    proven_weight: int = 0
    before_weight: int = 0
    before_proven_weight: int = 0
    e_values: list[float] = []
    findings: list[Finding] = []
    unproven: list[Remark] = []
    notes: list[Remark] = []
    untried: list[Remark] = []

    def add(self, path: PathResult) -> None:
        """Count a path that the run exercised."""
        state, evidence = path.ruling.state, path.evidence
        proven = path.weight * (state is State.OK)
        self.paths += 1
        setattr(self, state.value, getattr(self, state.value) + 1)
        self.facts += len(evidence.facts)
        self.units += evidence.units
        self.unjudged += evidence.unjudged
        self.ran_weight += path.weight
        self.proven_weight += proven
        self.before_weight += path.weight * path.before
        self.before_proven_weight += proven * path.before
        self._note(path)

    def _note(self, path: PathResult) -> None:
        e_value = round(min(path.evidence.e_value, MAX_EVIDENCE), 3)
        if e_value >= LEAST_E_VALUE:
            self.e_values = _largest([*self.e_values, e_value])
        self.findings = _first([*self.findings, *_findings(path, e_value)])
        about = (path.weight, path.flow, path.outcome)
        others = (each.says for each in path.ruling.found if each.ruling is Ruling.OTHERS)
        self.notes = _first([*self.notes, *(Remark(*about, says) for says in others)])
        self.untried = _first([*self.untried, *path.untried])
        if path.ruling.unproven:
            self.unproven = _first([*self.unproven, Remark(*about, path.ruling.unproven)])

    def miss(self, flow: str, paths: Mapping[str, int], *, whole: bool) -> None:
        """Count what the suite exercised before, and this run did not: paths of a flow, weights by outcome.

        whole: it did not exercise the flow at all.
        """
        self.missed += whole
        self.before_weight += sum(paths.values())
        remarks = (Remark(weight, flow, outcome, _MISSED) for outcome, weight in paths.items())
        self.unproven = _first([*self.unproven, *remarks])

    def merge(self, other: Self) -> Self:
        """Both parts together; operands stay as they are."""
        sums = {name: getattr(self, name) + getattr(other, name) for name in _SUMS}
        lists = {name: _first([*getattr(self, name), *getattr(other, name)]) for name in _LISTS}
        e_values = _largest([*self.e_values, *other.e_values])
        return replace(self, e_values=e_values, **sums, **lists)

    def shortened(self) -> Self:
        """The part with the first few entries of its lists: all are counted still."""
        return replace(self, **{name: getattr(self, name)[:FEW] for name in _LISTS})


_MISSED = "This run did not exercise it."
_LISTS = ("findings", "unproven", "notes", "untried")
_SUMS = tuple([field.name for field in fields(RunPart) if field.type is int])


def _findings(path: PathResult, e_value: float) -> Iterable[Finding]:
    about = (e_value, path.flow, path.outcome)
    for each in path.ruling.found:
        if each.ruling is Ruling.DRIFT:
            yield Finding(BY_RULING, *about, each.says, each.dimension, each.subject)
    by_evidence = path.ruling.state is State.SUSPECT and e_value >= LEAST_E_VALUE
    if by_evidence and (found := strongest(path.evidence)):
        yield Finding(BY_EVIDENCE, *about, found.says, found.dimension, found.subject)


_Entry = TypeVar("_Entry", Finding, Remark)


def _first(entries: Iterable[_Entry]) -> list[_Entry]:
    return sorted(entries, key=lambda entry: entry.order)[:MOST_FINDINGS]


def _largest(e_values: Iterable[float]) -> list[float]:
    return sorted(e_values, reverse=True)[:MOST_E_VALUES]


def total(parts: Iterable[Mapping[str, RunPart]]) -> dict[str, RunPart]:
    """Parts by comparison, added up; in the order of their names."""
    sums: dict[str, RunPart] = {}
    for part in parts:
        for name, one in part.items():
            sums[name] = sums[name].merge(one) if name in sums else one
    return dict(sorted(sums.items()))


def copied(parts: Mapping[str, RunPart]) -> dict[str, RunPart]:
    """Parts by comparison that may be changed."""
    return {name: replace(part) for name, part in parts.items()}


def shared(parts: dict[str, RunPart]) -> dict[str, RunPart]:
    """The same parts; those that say nothing, as of most shards in most runs, are one object for all."""
    quiet = _quiet(tuple([(name, part.min_traffic) for name, part in parts.items()]))
    return quiet if parts == quiet else parts


@lru_cache(maxsize=64)
def _quiet(comparisons: tuple[tuple[str, float], ...]) -> dict[str, RunPart]:
    return {name: RunPart(min_traffic=least) for name, least in comparisons}
