"""Everything a shard knows of one flow: fingerprints, open units, detectors, episodes."""

from collections.abc import Iterator
from typing import Any, NamedTuple, Self

from monitor.base.units import LogTime
from monitor.drift.coverage import Coverage
from monitor.drift.facts import facts, line_of
from monitor.drift.gate import PathResult, worst_line
from monitor.drift.judge import About, Alert, Episode, judge
from monitor.drift.policy import Comparison, Policy
from monitor.drift.signal import Dimension, Signal
from monitor.drift.structure import Structure
from monitor.drift.verdict import State, Verdict, score, verdict
from monitor.fingerprints.fingerprint import Fingerprint
from monitor.fingerprints.snapshot import Snapshot
from monitor.fingerprints.units import Batch, OpenUnits, Unit, UnitKind, by_outcome
from monitor.flows.flow import Flow, FlowId, Outcome
from monitor.pipeline.commands import Complete
from monitor.pipeline.runs import Closing
from monitor.stats.multiple import merged_dependent

_NOTHING = Fingerprint()
_EMPTY = Snapshot()
MOST_PATHS = 64
"""Beyond so many paths, a flow's other environments are counted as one, unless they are compared."""
OTHER = "__overflow__"
"""The environment under which they are counted."""


class Fed(NamedTuple):
    """What the units of a path say by themselves: how many, updates, their e-value, facts as sentences."""

    outcome: Outcome
    units: int
    updates: int
    e_value: float
    facts: tuple[str, ...]


class Closed(NamedTuple):
    """What a batch that closed made happen: events, per comparison what became of its paths, updates."""

    alerts: list[Alert]
    results: dict[str, list[PathResult]]
    updates: int


class FlowState:
    """State of one flow in its shard; changed only by the fold."""

    __slots__ = ("coverage", "episodes", "fingerprints", "id", "open", "scores", "snapshots", "structure")

    def __init__(self, flow: FlowId) -> None:
        self.id = flow
        self.fingerprints: dict[tuple[str, str], Fingerprint] = {}
        self.snapshots: dict[tuple[str, str], Snapshot] = {}
        self.open: dict[Batch, OpenUnits] = {}
        self.structure: dict[tuple[str, str], Structure] = {}
        self.coverage: dict[str, Coverage] = {}
        self.episodes: dict[tuple[str, str], Episode] = {}
        self.scores: dict[str, float] = {}

    def count(self, flow: Flow, policy: Policy) -> bool:
        """Count a flow in the fingerprint of its path; whether that is worth telling: at each doubling."""
        path = (flow.environment, flow.outcome)
        fingerprint = self.fingerprints.get(path)
        if fingerprint is None:
            if len(self.fingerprints) >= MOST_PATHS and not policy.compares(flow.environment):
                path = (OTHER, flow.outcome)
            fingerprint = self.fingerprints.setdefault(path, Fingerprint())
        days = len(fingerprint.days.counts)
        fingerprint.observe(flow)
        if len(fingerprint.days.counts) > days:
            fingerprint.days.forget(policy.days_kept)
        return fingerprint.traces & (fingerprint.traces - 1) == 0

    def take(self, flow: Flow, batch: Batch, kind: UnitKind) -> bool:
        """Keep a candidate's flow as evidence until its batch closes; whether it may tell something new."""
        units = self.open.get(batch)
        if units is None:
            units = self.open[batch] = OpenUnits()
        return units.observe(flow, kind)

    def close(self, batch: Batch, closing: Closing, policy: Policy) -> Closed:
        """Feed the units of a batch that closes to the detectors of every comparison, and judge."""
        paths = by_outcome(self.open.pop(batch))
        alerts: list[Alert] = []
        results = {}
        updates = 0
        for comparison in policy.of_candidate(batch.environment):
            fed = [self._feed(comparison, *path, batch, closing, policy) for path in paths.items()]
            updates += sum(path.updates for path in fed)
            lines = self.verdicts(comparison, policy)
            alerts += self._judge(comparison, Dimension.STRUCTURE, lines, closing.end)
            before = self.exercised(comparison, closing.suite or batch.environment)
            results[comparison.name] = [self._result(comparison, path, lines, before=before) for path in fed]
        return Closed(alerts, results, updates)

    def _feed(
        self,
        comparison: Comparison,
        outcome: Outcome,
        units: list[Unit],
        batch: Batch,
        closing: Closing,
        policy: Policy,
    ) -> Fed:
        """Feed the units of a path; what they say by themselves."""
        watch = self.structure.setdefault((comparison.name, outcome), Structure())
        known = self._before(comparison, outcome, policy, closing.end)
        found = tuple(fact.says(batch.run) for fact in facts(units, known)) if batch.run else ()
        before = watch.updates
        bets = watch.feed(units, known, f"{batch.run} {batch.bucket}", closing.began, policy.page)
        e_value = merged_dependent(list(bets.values()))
        return Fed(outcome, len(units), watch.updates - before, e_value, found)

    def _result(self, comparison: Comparison, path: Fed, lines: list[Verdict], *, before: bool) -> PathResult:
        """What became of a path that was fed."""
        worst = worst_line(lines, path.outcome)
        return PathResult(
            flow=str(self.id),
            outcome=path.outcome,
            state=worst.state,
            says=worst.reason,
            units=path.units,
            e_value=path.e_value,
            facts=path.facts,
            weight=self.reference(comparison, path.outcome).weight,
            before=before,
        )

    def exercised(self, comparison: Comparison, suite: str) -> bool:
        """Whether the last complete runs of a suite exercised this flow."""
        known = self.coverage.get(comparison.name)
        stream = known.suites.get(suite) if known else None
        return stream is not None and stream.mean != 0.0

    def tested(self, comparison: Comparison) -> set[str]:
        """The outcomes of this flow that ever gave a unit."""
        return {outcome for name, outcome in self.structure if name == comparison.name}

    def complete(self, command: Complete, policy: Policy, *, seen: bool) -> list[Alert]:
        """Fold a complete run of a suite; `seen`: this flow was in it."""
        alerts: list[Alert] = []
        for comparison in policy.of_candidate(command.environment):
            coverage = self.coverage.setdefault(comparison.name, Coverage())
            coverage.feed(command.suite, command.run, seen=seen, at=command.at, page=policy.page)
            lines = self.verdicts(comparison, policy)
            alerts += self._judge(comparison, Dimension.COVERAGE, lines, command.at)
        return alerts

    def followed(self, command: Complete) -> int:
        """In how many comparisons the command's suite is known to exercise this flow: updates it makes."""
        return sum(command.suite in coverage.suites for coverage in self.coverage.values())

    def _judge(
        self, comparison: Comparison, dimension: Dimension, lines: list[Verdict], now: LogTime
    ) -> list[Alert]:
        about = About(comparison.name, str(self.id), dimension)
        key = (comparison.name, str(dimension))
        previous = self.episodes.get(key, Episode())
        self.scores[comparison.name] = score(lines)
        about_it = [line for line in lines if line.dimension == dimension]
        self.episodes[key], alerts = judge(about, about_it, previous, now)
        return alerts

    def verdicts(self, comparison: Comparison, policy: Policy) -> list[Verdict]:
        """All lines about this flow in one comparison, as things stand."""
        return [
            verdict(signal, str(self.id), policy, self.examples(comparison, signal.outcome))
            for signal in self._signals(comparison, policy)
        ]

    def open_facts(self, comparison: Comparison, policy: Policy) -> list[Verdict]:
        """What the open runs show already: a line per fact, each edge once."""
        lines: dict[tuple[str, str], Verdict] = {}
        for batch in sorted(batch for batch in self.open if batch.run):
            if batch.environment == comparison.candidate:
                for line in self._facts_of(batch, comparison, policy):
                    lines.setdefault((line.outcome, line.subject), line)
        return list(lines.values())

    def _facts_of(self, batch: Batch, comparison: Comparison, policy: Policy) -> Iterator[Verdict]:
        for outcome, units in by_outcome(self.open[batch]).items():
            end = batch.end(policy.bucket_ms)
            for fact in facts(units, self._latest(comparison, outcome, policy, end)):
                yield line_of(fact, str(self.id), outcome, batch.run, self.examples(comparison, outcome))

    def _signals(self, comparison: Comparison, policy: Policy) -> Iterator[Signal]:
        for (name, outcome), structure in self.structure.items():
            if name == comparison.name:
                yield from structure.signals(outcome, self.snapshot(comparison, outcome), policy.warn)
        if comparison.name in self.coverage:
            yield from self.coverage[comparison.name].signals(policy.warn)

    def reference(self, comparison: Comparison, outcome: str) -> Fingerprint:
        """The reference's fingerprint of a path; an empty one where it has none."""
        return self.fingerprints.get((comparison.reference, outcome), _NOTHING)

    def snapshot(self, comparison: Comparison, outcome: str) -> Snapshot:
        """The last snapshot of a path of the reference; an empty one where none was taken."""
        return self.snapshots.get((comparison.reference, outcome), _EMPTY)

    def _before(self, comparison: Comparison, outcome: str, policy: Policy, end: LogTime) -> Snapshot:
        """The snapshot against which a unit is fed that ended at log time `end`; it is kept."""
        snapshot = self._latest(comparison, outcome, policy, end)
        if snapshot.seen:
            self.snapshots[(comparison.reference, outcome)] = snapshot
        return snapshot

    def _latest(self, comparison: Comparison, outcome: str, policy: Policy, end: LogTime) -> Snapshot:
        """The last snapshot, or another where that is due; `end`: of what it is held against."""
        known = self.reference(comparison, outcome)
        now = LogTime(min(known.last or 0, end))
        last = self.snapshot(comparison, outcome)
        if known.days.traces and last.is_due(known.days, now):
            return Snapshot.of(known.days, policy.half_life_ms, now)
        return last

    def examples(self, comparison: Comparison, outcome: str) -> dict[str, list[str]]:
        """Example trace ids of a path from both sides."""
        candidate = self.fingerprints.get((comparison.candidate, outcome), _NOTHING)
        sides = {"reference": self.reference(comparison, outcome), "candidate": candidate}
        return {side: [trace.hex() for trace in f.examples] for side, f in sides.items()}

    def weight(self, environment: str) -> int:
        """Sum of sampling weights of this flow's traffic in an environment, in 1/1024."""
        return sum(f.weight for (name, _), f in self.fingerprints.items() if name == environment)

    def pack(self) -> list[Any]:
        """Plain lists for JSON."""
        return [
            list(self.id),
            [[*path, f.pack()] for path, f in self.fingerprints.items()],
            [[*path, snapshot.pack()] for path, snapshot in self.snapshots.items()],
            [[list(batch), units.pack()] for batch, units in self.open.items()],
            [[*path, structure.pack()] for path, structure in self.structure.items()],
            [[name, coverage.pack()] for name, coverage in self.coverage.items()],
            [[*key, *episode] for key, episode in self.episodes.items()],
            self.scores,
        ]

    @classmethod
    def unpack(cls, plain: list[Any]) -> Self:
        """The state that `pack` packed."""
        flow, fingerprints, snapshots, batches, structure, coverage, episodes, scores = plain
        state = cls(FlowId(*flow))
        state.fingerprints = {(e, Outcome(o)): Fingerprint.unpack(f) for e, o, f in fingerprints}
        state.snapshots = {(e, Outcome(o)): Snapshot.unpack(s) for e, o, s in snapshots}
        state.open = {Batch(*batch): OpenUnits.unpack(units) for batch, units in batches}
        state.structure = {(name, Outcome(o)): Structure.unpack(s) for name, o, s in structure}
        state.coverage = {name: Coverage.unpack(c) for name, c in coverage}
        state.episodes = {
            (name, dimension): Episode(State(current), ordinal, since)
            for name, dimension, current, ordinal, since in episodes
        }
        state.scores = scores
        return state
