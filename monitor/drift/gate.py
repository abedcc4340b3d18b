"""The verdict on one finished test run, for gates: pass, drift, or not enough evidence (statistics 1.8).

A run drifts by a path that drifts after its units, by a fact, or by its own evidence: e-BH at 10 % over
the paths of the run, whose e-values are means over a path's streams of the products of the run's bets.
It passes when nothing drifts and what is `ok` covers enough of the traffic that its suite exercised before.

A `RunPart` holds what one shard, partition or fleet has to say; parts add up in any order.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple, Self

from monitor.dimensions import DIMENSIONS
from monitor.dimensions.words import share as percent
from monitor.drift.verdict import State, Verdict
from monitor.stats.detector import MAX_EVIDENCE
from monitor.stats.multiple import discoveries

FALSE_DISCOVERIES = 0.1
"""Of the paths that a run finds by its own evidence, at most this share is expected to be found by chance."""
LEAST_E_VALUE = 1 / FALSE_DISCOVERIES
"""Less can never be a discovery, however many there are."""
MOST_E_VALUES = 100
LISTED = 10
"""Of findings, and of paths that are not proven, so many are named."""


class PathResult(NamedTuple):
    """A path after the units of a run, with its weight in production (1/1024) and the run's e-value.

    says: the reason of its state. facts: sentences. before: its suite exercised it in a run before this one.
    """

    flow: str
    outcome: str
    state: State
    says: str
    units: int
    e_value: float
    facts: tuple[str, ...]
    weight: int
    before: bool


@dataclass(slots=True)
class RunPart:
    """Sums over paths of one run in one comparison.

    Weights are production's: ran, proven (of paths that are ok), before, before_proven (of those that the
    suite exercised before). findings: (rank, e-value, flow, outcome, sentence); unproven: (weight, flow,
    outcome, sentence); both sorted, the first ones.
    """

    min_traffic: float = 0.0
    paths: int = 0
    ok: int = 0
    suspect: int = 0
    drift: int = 0
    insufficient: int = 0
    facts: int = 0
    units: int = 0
    ran_weight: int = 0
    proven_weight: int = 0
    before_weight: int = 0
    before_proven_weight: int = 0
    e_values: list[float] = field(default_factory=list)
    findings: list[Sequence[Any]] = field(default_factory=list)
    unproven: list[Sequence[Any]] = field(default_factory=list)

    def add(self, path: PathResult) -> None:
        """Count a path that the run exercised."""
        proven = path.weight if path.state is State.OK and not path.facts else 0
        self.paths += 1
        setattr(self, path.state, getattr(self, path.state) + 1)
        self.facts += len(path.facts)
        self.units += path.units
        self.ran_weight += path.weight
        self.proven_weight += proven
        self.before_weight += path.weight * path.before
        self.before_proven_weight += proven * path.before
        self._note(path)

    def _note(self, path: PathResult) -> None:
        e_value = round(min(path.e_value, MAX_EVIDENCE), 3)
        if e_value >= LEAST_E_VALUE:
            self.e_values = _largest([*self.e_values, e_value])
        found = [(0 if path.state is State.DRIFT else 2, path.says)] * (
            path.state is State.DRIFT or e_value >= LEAST_E_VALUE
        )
        lines = [
            (rank, e_value, path.flow, path.outcome, says)
            for rank, says in (*found, *((1, fact) for fact in path.facts))
        ]
        self.findings = _first(_by_finding, [*self.findings, *lines])
        if path.state in (State.INSUFFICIENT, State.SUSPECT):
            self._unproven(path.weight, path.flow, path.outcome, path.says)

    def miss(self, flow: str, outcome: str, weight: int) -> None:
        """Count a path that the suite exercised before, and this run did not."""
        self.before_weight += weight
        self._unproven(weight, flow, outcome, "This run did not exercise it.")

    def _unproven(self, *line: Any) -> None:
        self.unproven = _first(_by_weight, [*self.unproven, line])

    def merge(self, other: Self) -> Self:
        """Both parts together; operands stay as they are."""
        sums = {name: getattr(self, name) + getattr(other, name) for name in _SUMS}
        return type(self)(
            min_traffic=self.min_traffic,
            e_values=_largest([*self.e_values, *other.e_values]),
            findings=_first(_by_finding, [*self.findings, *other.findings]),
            unproven=_first(_by_weight, [*self.unproven, *other.unproven]),
            **sums,
        )

    def plain(self) -> dict[str, Any]:
        """For JSON; `RunPart(**plain)` gives it back."""
        return asdict(self)


def total(parts: Iterable[Mapping[str, RunPart]]) -> dict[str, RunPart]:
    """Parts by comparison, added up; in the order of their names."""
    sums: dict[str, RunPart] = {}
    for part in parts:
        for name, one in part.items():
            sums[name] = sums[name].merge(one) if name in sums else one
    return dict(sorted(sums.items()))


def worst_line(lines: Iterable[Verdict], outcome: str) -> Verdict:
    """Of all lines that decide a gate, the one that speaks for a path; there must be one."""
    return max(
        (line for line in lines if line.outcome == outcome and line.dimension in _DECIDING),
        key=lambda line: (line.state.rank, line.evidence_log10, line.subject == ""),
    )


_DECIDING = frozenset([dimension.name for dimension in DIMENSIONS if dimension.decides_gate])
_SUMS = tuple(name for name, kind in RunPart.__annotations__.items() if kind is int or kind == "int")


def _largest(e_values: Iterable[float]) -> list[float]:
    return sorted(e_values, reverse=True)[:MOST_E_VALUES]


def _first(key: Any, lines: Iterable[Sequence[Any]]) -> list[Sequence[Any]]:
    return sorted(lines, key=key)[:LISTED]


def _by_finding(line: Sequence[Any]) -> tuple[Any, ...]:
    rank, e_value, *rest = line
    return (rank, -e_value, *rest)


def _by_weight(line: Sequence[Any]) -> tuple[Any, ...]:
    weight, *rest = line
    return (-weight, *rest)


def run_verdict(part: RunPart) -> dict[str, Any]:
    """The verdict on the whole run, as flat JSON: counts, the state and its reasons.

    traffic: share (0..1, None without any) of production's traffic that is proven, of what the suite
    exercised before, or in its first run of what it exercised now.
    """
    e_values = [*part.e_values, *[0.0] * (part.paths - len(part.e_values))]
    found = [e_values[place] for place in discoveries(e_values, FALSE_DISCOVERIES)]
    traffic = _traffic(part)
    state = _state(part, len(found), traffic)
    least = min(found, default=MAX_EVIDENCE)
    findings = [line for line in part.findings if line[0] < _BY_EVIDENCE or line[1] >= least]
    reasons = [f"{flow} ({outcome}): {says}" for _, _, flow, outcome, says in findings]
    return {
        "state": state,
        "reason": _says(part, state, len(found), traffic),
        "reasons": list(dict.fromkeys(reasons)),
        "unproven": [f"{flow} ({outcome}): {says}" for _, flow, outcome, says in part.unproven],
        "traffic": traffic,
        "min_traffic": part.min_traffic,
        "found_by_run": len(found),
        **{name: getattr(part, name) for name in _COUNTS},
    }


_BY_EVIDENCE = 2
"""Rank of findings that only the run's own evidence may make."""
_COUNTS = ("paths", "ok", "suspect", "drift", "insufficient", "facts", "units")


def _traffic(part: RunPart) -> float | None:
    proven, of = part.proven_weight, part.ran_weight
    if part.before_weight:
        proven, of = part.before_proven_weight, part.before_weight
    return round(proven / of, 6) if of else None


def _state(part: RunPart, found: int, traffic: float | None) -> str:
    if part.drift or part.facts or found:
        return "drift"
    return "pass" if traffic is not None and traffic >= part.min_traffic else "insufficient"


def _says(part: RunPart, state: str, found: int, traffic: float | None) -> str:
    if state == "drift":
        counts = (
            (part.drift, "drifting path"),
            (part.facts, "fact"),
            (found, "finding by its evidence alone"),
        )
        return f"This run has {', '.join(f'{count:,} x {what}' for count, what in counts if count)}."
    if traffic is None:
        return "Production has none of what this run exercised, or its suite before."
    whose = "the suite exercised before" if part.before_weight else "this run exercised"
    return (
        f"Nothing drifts; paths that are ok carry {percent(traffic)} of the traffic that {whose} "
        f"(the gate asks for {percent(part.min_traffic)})."
    )
