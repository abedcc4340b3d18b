"""Everything a shard knows of one flow: fingerprints, open units, detectors, episodes."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple, Self

from monitor.base.units import LogTime
from monitor.drift.coverage import Coverage
from monitor.drift.facts import facts
from monitor.drift.gap import Gap
from monitor.drift.gate import PathResult, worst_line
from monitor.drift.judge import About, Alert, Episode, judge
from monitor.drift.moved import who_moved
from monitor.drift.outcome import OutcomeMix
from monitor.drift.policy import Comparison, Policy
from monitor.drift.sampling import tells_outcomes
from monitor.drift.signal import STILL, Dimension, Movement, Signal
from monitor.drift.verdict import State, Verdict, score, verdict
from monitor.fingerprints.fingerprint import Fingerprint
from monitor.fingerprints.outcomes import Outcomes
from monitor.fingerprints.units import Batch, OpenUnits, Unit, UnitKind, by_outcome, outcome_units
from monitor.flows.flow import Flaw, Flow, FlowId, Outcome
from monitor.pipeline.audit.path_state import Side
from monitor.pipeline.timeline.commands import Complete
from monitor.pipeline.timeline.runs import Closing

FED = (Dimension.STRUCTURE, Dimension.TIMING, Dimension.OUTCOME)
"""Dimensions that are fed when a batch closes."""
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

    __slots__ = ("coverage", "episodes", "gaps", "id", "mixes", "open", "outcomes", "scores", "sides")

    def __init__(self, flow: FlowId) -> None:
        self.id = flow
        self.sides: dict[tuple[str, str], Side] = {}
        self.open: dict[Batch, OpenUnits] = {}
        self.outcomes: dict[str, Outcomes] = {}
        self.gaps: dict[tuple[str, str], Gap] = {}
        self.mixes: dict[str, OutcomeMix] = {}
        self.coverage: dict[str, Coverage] = {}
        self.episodes: dict[tuple[str, str], Episode] = {}
        self.scores: dict[str, float] = {}

    def count(self, flow: Flow, policy: Policy) -> bool:
        """Count a flow in the fingerprint of its path; whether that is worth telling: at each doubling."""
        path = (flow.environment, flow.outcome)
        side = self.sides.get(path)
        if side is None:
            if len(self.sides) >= MOST_PATHS and not policy.compares(flow.environment):
                path = (OTHER, flow.outcome)
            side = self.sides.setdefault(path, Side())
        if flow.environment in policy.references and flow.flaws == Flaw.NONE:
            outcomes = self.outcomes.get(flow.environment)
            if outcomes is None:
                outcomes = self.outcomes[flow.environment] = Outcomes()
            outcomes.observe(flow, policy.half_life_ms)
        return side.count(flow, policy)

    def take(self, flow: Flow, batch: Batch, kind: UnitKind) -> bool:
        """Keep a candidate's flow as evidence until its batch closes; whether it may tell something new."""
        units = self.open.get(batch)
        if units is None:
            units = self.open[batch] = OpenUnits()
        return units.observe(flow, kind)

    def close(self, batch: Batch, closing: Closing, policy: Policy) -> Closed:
        """Feed the units of a batch that closes to the detectors of every comparison, and judge."""
        closed = self.open.pop(batch)
        paths = by_outcome(closed)
        alerts: list[Alert] = []
        results = {}
        updates = 0
        if batch.environment not in policy.references:  # else it is watched slice by slice
            for outcome, units in paths.items():
                self._watch_tests(outcome, units, batch, closing, policy)
        for comparison in policy.of_candidate(batch.environment):
            fed = [self._feed(comparison, *path, batch, closing, policy) for path in paths.items()]
            updates += sum(path.updates for path in fed)
            self.mixes.setdefault(comparison.name, OutcomeMix()).feed(
                outcome_units(closed),
                self._outcomes(comparison, policy),
                batch.name,
                closing.began,
                policy.page,
            )
            lines = self.verdicts(comparison, policy)
            alerts += self._judge(comparison, FED, lines, closing.end)
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
        gap = self.gaps.setdefault((comparison.name, outcome), Gap())
        reference = self.side(comparison.reference, outcome)
        reference.watch()
        reference.renew(policy, closing.end)
        production = reference.reference(comparison, policy)
        known = facts(units, production.snapshot, production.lost) if batch.run else []
        found = tuple(fact.says(batch.run) for fact in known)
        before = gap.updates
        e_value = gap.feed(units, production, batch.name, closing.began, policy.page)
        return Fed(outcome, len(units), gap.updates - before, e_value, found)

    def _watch_tests(
        self, outcome: Outcome, units: list[Unit], batch: Batch, closing: Closing, policy: Policy
    ) -> None:
        """Hold the tests against their own past."""
        tests = self.side(batch.environment, outcome)
        past = tests.watch()
        lost = policy.lost_in(batch.environment)
        past.feed(units, tests.snapshot, batch.name, closing.began, policy.page, lost)
        tests.begin_epoch_if_changed(closing.end)
        if past.baseline is None:
            tests.renew(policy, closing.end)

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
        return {outcome for name, outcome in self.gaps if name == comparison.name}

    def complete(self, command: Complete, policy: Policy, *, seen: bool) -> list[Alert]:
        """Fold a complete run of a suite; `seen`: this flow was in it."""
        alerts: list[Alert] = []
        for comparison in policy.of_candidate(command.environment):
            coverage = self.coverage.setdefault(comparison.name, Coverage())
            coverage.feed(command.suite, command.run, seen=seen, at=command.at, page=policy.page)
            lines = self.verdicts(comparison, policy)
            alerts += self._judge(comparison, (Dimension.COVERAGE,), lines, command.at)
        return alerts

    def followed(self, command: Complete) -> int:
        """In how many comparisons the command's suite is known to exercise this flow: updates it makes."""
        return sum(command.suite in coverage.suites for coverage in self.coverage.values())

    def _judge(
        self, comparison: Comparison, dimensions: Iterable[Dimension], lines: list[Verdict], now: LogTime
    ) -> list[Alert]:
        self.scores[comparison.name] = score(lines)
        alerts: list[Alert] = []
        for dimension in dimensions:
            about = About(comparison.name, str(self.id), dimension)
            key = (comparison.name, str(dimension))
            about_it = [line for line in lines if line.dimension == dimension]
            self.episodes[key], told = judge(about, about_it, self.episodes.get(key, Episode()), now)
            alerts += told
        return alerts

    def verdicts(self, comparison: Comparison, policy: Policy) -> list[Verdict]:
        """All lines about this flow in one comparison, as things stand."""
        signals = list(self._signals(comparison, policy))
        outcomes = dict.fromkeys(signal.outcome for signal in signals)
        examples = {outcome: self.examples(comparison, outcome) for outcome in outcomes}
        return [
            verdict(
                signal,
                str(self.id),
                policy,
                examples[signal.outcome],
                self._movement(signal, comparison, policy),
            )
            for signal in signals
        ]

    def _movement(self, signal: Signal, comparison: Comparison, policy: Policy) -> Movement:
        """Who made the gap that a signal tells of: whoever changed since a while before its onset."""
        if signal.onset is None or not signal.subject or not (signal.firing or signal.beyond):
            return STILL
        since = LogTime(signal.onset - policy.half_life_ms)
        sides = (self.side(name, signal.outcome) for name in (comparison.reference, comparison.candidate))
        reference, candidate = (side.shift_of(signal.subject, since, policy.warn) for side in sides)
        return who_moved(reference, candidate, signal)

    def _signals(self, comparison: Comparison, policy: Policy) -> Iterator[Signal]:
        for (name, outcome), gap in self.gaps.items():
            if name == comparison.name:
                known = self.side(comparison.reference, outcome).reference(comparison, policy)
                yield from gap.signals(outcome, known, policy.warn)
        if comparison.name in self.mixes:
            ends = self._outcomes(comparison, policy)
            yield from self.mixes[comparison.name].signals(ends, policy.warn)
        if comparison.name in self.coverage:
            yield from self.coverage[comparison.name].signals(policy.warn)

    def _outcomes(self, comparison: Comparison, policy: Policy) -> Outcomes:
        """How this flow ends in the reference: nothing where that has none, or sampling hides it."""
        known = self.outcomes.get(comparison.reference) or Outcomes()
        return known if tells_outcomes(policy.sampling_of(comparison.reference), known) else Outcomes()

    def side(self, environment: str, outcome: str) -> Side:
        """One side of a path; an empty one where the environment does not have it."""
        return self.sides.get((environment, outcome)) or Side()

    def reference(self, comparison: Comparison, outcome: str) -> Fingerprint:
        """The reference's fingerprint of a path; an empty one where it has none."""
        return self.side(comparison.reference, outcome).fingerprint

    def examples(self, comparison: Comparison, outcome: str) -> dict[str, list[str]]:
        """Example trace ids of a path from both sides."""
        sides = {"reference": comparison.reference, "candidate": comparison.candidate}
        return {
            role: [trace.hex() for trace in self.side(environment, outcome).fingerprint.examples]
            for role, environment in sides.items()
        }

    def weight(self, environment: str) -> int:
        """Sum of sampling weights of this flow's traffic in an environment, in 1/1024."""
        return sum(side.fingerprint.weight for (name, _), side in self.sides.items() if name == environment)

    def pack(self) -> list[Any]:
        """Plain lists for JSON."""
        return [
            list(self.id),
            [[*path, side.pack()] for path, side in self.sides.items()],
            [[list(batch), units.pack()] for batch, units in self.open.items()],
            [[name, outcomes.pack()] for name, outcomes in self.outcomes.items()],
            [[*path, gap.pack()] for path, gap in self.gaps.items()],
            [[name, mix.pack()] for name, mix in self.mixes.items()],
            [[name, coverage.pack()] for name, coverage in self.coverage.items()],
            [[*key, *episode] for key, episode in self.episodes.items()],
            self.scores,
        ]

    @classmethod
    def unpack(cls, plain: list[Any]) -> Self:
        """The state that `pack` packed."""
        flow, sides, batches, outcomes, gaps, mixes, coverage, episodes, scores = plain
        state = cls(FlowId(*flow))
        state.sides = {(e, Outcome(o)): Side.unpack(side) for e, o, side in sides}
        state.open = {Batch(*batch): OpenUnits.unpack(units) for batch, units in batches}
        state.outcomes = {name: Outcomes.unpack(each) for name, each in outcomes}
        state.gaps = {(name, Outcome(o)): Gap.unpack(gap) for name, o, gap in gaps}
        state.mixes = {name: OutcomeMix.unpack(mix) for name, mix in mixes}
        state.coverage = {name: Coverage.unpack(c) for name, c in coverage}
        state.episodes = {
            (name, dimension): Episode(State(current), ordinal, since)
            for name, dimension, current, ordinal, since in episodes
        }
        state.scores = scores
        return state
