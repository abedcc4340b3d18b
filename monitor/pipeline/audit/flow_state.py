"""Everything a shard knows of one flow: fingerprints, open units, and its state in every comparison."""

from collections.abc import Mapping
from typing import Any, Self

from monitor.base.units import LogTime
from monitor.dimensions import FED, SPLITS
from monitor.drift.detectors.own import joined
from monitor.drift.facts import facts
from monitor.drift.gate import PathResult
from monitor.drift.path_detectors import Reference
from monitor.drift.policy import Comparison, Policy
from monitor.drift.records.alert import Alert
from monitor.drift.ruling import DECIDING, evidence_of, path_ruling
from monitor.drift.sampling import withheld
from monitor.drift.shift import who_moved
from monitor.drift.signal import STILL, Movement, Signal
from monitor.drift.verdict import Examples, Verdict, verdict
from monitor.fingerprints.fingerprint import Fingerprint
from monitor.fingerprints.renaming import in_words_of
from monitor.fingerprints.shares import Shares
from monitor.fingerprints.units import Batch, OpenUnits, Unit, UnitKind, by_outcome, in_turn, shares_of
from monitor.flows.flow import Flow, FlowId, Outcome
from monitor.ledgers import ACCOUNTS
from monitor.ledgers.ledger import Room
from monitor.pipeline.audit.closed import Closed, Fed
from monitor.pipeline.audit.comparison_state import ComparisonState
from monitor.pipeline.audit.folds import Folds
from monitor.pipeline.audit.path_state import PathState
from monitor.pipeline.timeline.commands import Complete
from monitor.pipeline.timeline.runs import Closing

COMPLETED = tuple(ACCOUNTS)
"""Questions that are fed by complete runs."""
MOST_PATHS = 64
"""With more paths, a flow's other environments are counted as one, unless they are compared."""
OTHER = "__overflow__"
"""The environment under which they are counted."""
_EVIDENCE = {split.name: split.evidence for split in SPLITS}
_NEEDS = {split.name: split.needs for split in SPLITS}


class FlowState:
    """State of one flow in its shard; changed only by the fold.

    sides: by (environment, outcome). shares: by environment and dimension. comparisons: by name. folds: of
    ledgers that fold rows. unknown: packed shares of dimensions that this release does not have.
    """

    __slots__ = ("comparisons", "folds", "id", "open", "shares", "sides", "unknown")

    def __init__(self, flow: FlowId) -> None:
        self.id = flow
        self.sides: dict[tuple[str, str], PathState] = {}
        self.open: dict[Batch, OpenUnits] = {}
        self.shares: dict[str, dict[str, Shares]] = {}
        self.comparisons: dict[str, ComparisonState] = {}
        self.folds = Folds()
        self.unknown: dict[str, dict[str, Any]] = {}

    def count(self, flow: Flow, policy: Policy) -> bool:
        """Count a flow in the fingerprint of its path; whether that is worth saying: at each doubling."""
        path = (flow.environment, flow.outcome)
        side = self.sides.get(path)
        if side is None:
            if len(self.sides) >= MOST_PATHS and not policy.compares(flow.environment):
                path = (OTHER, flow.outcome)
            side = self.sides.setdefault(path, PathState())
            side.met = any(flow.outcome in known.paths for known in self.comparisons.values())
        if flow.environment in policy.references and not flow.flaws:
            for shares in self._shares_in(flow.environment).values():
                shares.observe(flow, policy.half_life_ms)
        return side.count(flow, policy)

    def _shares_in(self, environment: str) -> dict[str, Shares]:
        shares = self.shares.get(environment)
        if shares is None:
            shares = self.shares[environment] = {name: Shares(each) for name, each in _EVIDENCE.items()}
        return shares

    def absorb(self, other: Self, room: Room) -> None:
        """Count what another flow has shown as this one's; its evidence and detectors are not taken over."""
        self.folds.absorb(other.folds, other.id, self.id, room)
        for path, side in other.sides.items():
            mine = self.sides.setdefault(path, PathState())
            mine.fingerprint = mine.fingerprint.merge(side.fingerprint)

    def take(self, flow: Flow, batch: Batch, kind: UnitKind) -> bool:
        """Keep a candidate's flow as evidence until its batch closes; whether it may say something new."""
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
            state = self.state(comparison)
            fed = [self._feed(comparison, *path, batch, closing, policy) for path in paths.items()]
            updates += sum(path.updates for path in fed)
            shares = {name: shares_of(closed, each) for name, each in _EVIDENCE.items()}
            references = {name: self._shares(comparison, name, policy) for name in _EVIDENCE}
            state.count(closed, batch, closing.began)
            state.feed_splits(shares, references, batch, closing.began, policy.page)
            lines = self.verdicts(comparison, policy)
            alerts += state.judge(comparison.name, str(self.id), FED, lines, closing.end)
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
        detectors = self.state(comparison).path(outcome)
        reference = self.side(comparison.reference, outcome)
        reference.meet(policy, closing.end)
        production = reference.reference(comparison, policy)
        units = in_words_of(production.snapshot, units)
        found = facts(units, production.snapshot, production.lost) if batch.run else []
        before = detectors.updates
        turns = in_turn(units, batch, closing.began)
        owns = joined(own for turn in turns for own in detectors.feed(*turn, production, policy.page))
        evidence = evidence_of(batch.run, len(units), found, owns, production.snapshot)
        return Fed(outcome, evidence, detectors.updates - before)

    def _watch_tests(
        self, outcome: Outcome, units: list[Unit], batch: Batch, closing: Closing, policy: Policy
    ) -> None:
        """Hold the tests against their own past."""
        tests = self.side(batch.environment, outcome)
        past = tests.watch()
        about = (batch.origin, closing.began, policy.page, policy.lost_in(batch.environment))
        past.feed(units, tests.snapshot, *about)
        tests.begin_epoch_if_changed(closing.end)
        if past.baseline is None:
            tests.renew(policy, closing.end)

    def _result(self, comparison: Comparison, path: Fed, lines: list[Verdict], *, before: bool) -> PathResult:
        """What became of a path that was fed."""
        about_it = [line for line in lines if line.outcome == path.outcome and line.dimension in DECIDING]
        return PathResult(
            flow=str(self.id),
            outcome=path.outcome,
            ruling=path_ruling(path.evidence, about_it),
            evidence=path.evidence,
            weight=self.reference(comparison, path.outcome).weight,
            before=before,
        )

    def exercised(self, comparison: Comparison, suite: str) -> bool:
        """Whether the last complete runs of a suite exercised this flow."""
        known = self.comparisons.get(comparison.name)
        return known is not None and known.exercised(suite)

    def tested(self, comparison: Comparison) -> set[str]:
        """The outcomes of this flow that ever gave a unit."""
        return set(self.state(comparison).paths) if comparison.name in self.comparisons else set()

    def complete(self, command: Complete, policy: Policy, *, seen: bool) -> list[Alert]:
        """Fold a complete run of a suite; `seen`: this flow was in it."""
        self.folds.complete(command)
        alerts: list[Alert] = []
        for comparison in policy.of_candidate(command.environment):
            state = self.state(comparison)
            state.complete(command, policy.page, seen=seen)
            lines = self.verdicts(comparison, policy)
            alerts += state.judge(comparison.name, str(self.id), COMPLETED, lines, command.at)
        return alerts

    def followed(self, command: Complete) -> int:
        """How many updates of detectors that can page the command makes."""
        accounts = (account for state in self.comparisons.values() for account in state.accounts.values())
        return sum(account.updates(command.suite) for account in accounts)

    def state(self, comparison: Comparison) -> ComparisonState:
        """What is known of this flow in a comparison, from now on kept."""
        return self.comparisons.setdefault(comparison.name, ComparisonState())

    def verdicts(self, comparison: Comparison, policy: Policy) -> list[Verdict]:
        """All lines about this flow in one comparison, as things stand."""
        state = self.comparisons.get(comparison.name) or ComparisonState()

        def reference_of(outcome: Outcome) -> Reference:
            return self.side(comparison.reference, outcome).reference(comparison, policy)

        def shares_of(name: str) -> Shares:
            return self._shares(comparison, name, policy)

        signals = list(state.signals(reference_of, shares_of, policy.warn))
        outcomes = dict.fromkeys(signal.outcome for signal in signals)
        examples = {outcome: self.examples(comparison, outcome) for outcome in outcomes}
        return [
            verdict(
                each, str(self.id), policy, examples[each.outcome], self._movement(each, comparison, policy)
            )
            for each in signals
        ]

    def _movement(self, signal: Signal, comparison: Comparison, policy: Policy) -> Movement:
        """Who made the gap that a signal is about: whoever changed since a while before its onset."""
        if signal.onset is None or not signal.subject or not (signal.firing or signal.beyond):
            return STILL
        since = LogTime(signal.onset - policy.half_life_ms)
        about = (signal.dimension, signal.subject, since, policy.warn)
        sides = (self.side(name, signal.outcome) for name in (comparison.reference, comparison.candidate))
        reference, candidate = (side.shift_of(*about) for side in sides)
        return who_moved(reference, candidate, signal)

    def _shares(self, comparison: Comparison, split: str, policy: Policy) -> Shares:
        """What the reference's flows are: nothing where it has none, or sampling hides it."""
        known = self.shares.get(comparison.reference, {}).get(split)
        hidden = self.withholds(split, comparison, policy)
        return Shares(_EVIDENCE[split]) if known is None or hidden else known

    def withholds(self, split: str, comparison: Comparison, policy: Policy) -> bool:
        """Whether sampling of the reference hides what its flows are, of one dimension."""
        known = self.shares.get(comparison.reference, {}).get(split)
        sampling = policy.sampling_of(comparison.reference)
        return known is not None and withheld(_NEEDS[split], sampling, known)

    def hides_shares(self, comparison: Comparison, policy: Policy) -> bool:
        """Whether there are shares to compare, and nobody has said how the reference was sampled."""
        sampling = policy.sampling_of(comparison.reference)
        known = self.shares.get(comparison.reference, {})
        return sampling == "unknown" and any(
            shares.size > 0 and withheld(_NEEDS[name], sampling, shares) for name, shares in known.items()
        )

    def side(self, environment: str, outcome: str) -> PathState:
        """One side of a path; an empty one where the environment does not have it."""
        return self.sides.get((environment, outcome)) or PathState()

    def reference(self, comparison: Comparison, outcome: str) -> Fingerprint:
        """The reference's fingerprint of a path; an empty one where it has none."""
        return self.side(comparison.reference, outcome).fingerprint

    def examples(self, comparison: Comparison, outcome: str) -> Examples:
        """Example trace ids of a path, or ('') of the whole flow, from both sides."""
        sides = (comparison.reference, comparison.candidate)
        return Examples(*(self._shown(name, (outcome,) if outcome else tuple(Outcome)) for name in sides))

    def _shown(self, environment: str, paths: tuple[str, ...]) -> tuple[str, ...]:
        sides = (self.sides.get((environment, path)) for path in paths)
        return tuple([trace for side in sides if side for trace in side.fingerprint.traces_to_show])

    def weight(self, environment: str) -> int:
        """Sum of sampling weights of this flow's traffic in an environment, in 1/1024."""
        return sum(side.fingerprint.weight for (name, _), side in self.sides.items() if name == environment)

    def pack(self) -> dict[str, Any]:
        """Plain values for JSON; what belongs to a dimension or ledger stands under its name."""
        return {
            "id": list(self.id),
            "sides": [[*path, side.pack()] for path, side in self.sides.items()],
            "open": [[list(batch), units.pack()] for batch, units in self.open.items()],
            "shares": {
                environment: {
                    **self.unknown.get(environment, {}),
                    **{name: each.pack() for name, each in shares.items()},
                }
                for environment, shares in self.shares.items()
            },
            "comparisons": {name: state.pack() for name, state in self.comparisons.items()},
            "folds": self.folds.pack(),
        }

    @classmethod
    def unpack(cls, plain: Mapping[str, Any]) -> Self:
        """The state that `pack` packed; what it did not have begins anew."""
        state = cls(FlowId(*plain["id"]))
        state.sides = {(e, Outcome(o)): PathState.unpack(side) for e, o, side in plain["sides"]}
        state.open = {Batch(*batch): OpenUnits.unpack(units) for batch, units in plain["open"]}
        for environment, packed in plain["shares"].items():
            shares = state._shares_in(environment)
            for name in _EVIDENCE.keys() & packed.keys():
                shares[name] = Shares.unpack(_EVIDENCE[name], packed[name])
            others = {name: each for name, each in packed.items() if name not in _EVIDENCE}
            if others:
                state.unknown[environment] = others
        state.folds = Folds.unpack(plain.get("folds", {}))
        state.comparisons = {n: ComparisonState.unpack(each) for n, each in plain["comparisons"].items()}
        return state
