"""A shard: the unit of consistency of the auditor. Its state is a pure fold of rows, closings and commands.

Duplicates (delivery, auditor 3): a row is one if its offset is below the largest low offset known of its
source partition, or if its name was applied already. Low offsets are facts about this very partition of the
log, so what a zombie says late is only what is known.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Self

from msgspec import convert, to_builtins

from monitor.base.run import RunKey
from monitor.drift.gate import RunPart, copied, shared
from monitor.drift.policy import Policy
from monitor.drift.records.alert import Alert
from monitor.fingerprints.packing import as_one_table, with_own_tables
from monitor.fingerprints.span_gaps import Loss
from monitor.fingerprints.units import Batch, batch_of
from monitor.flows.flow import OVERFLOW, Flow, FlowId
from monitor.flows.record import Source
from monitor.ledgers.kept import Books
from monitor.ledgers.ledger import Room
from monitor.pipeline.audit.alert_quota import AlertQuota
from monitor.pipeline.audit.applied import Names, forget_below, names_in, packed_names
from monitor.pipeline.audit.at_once import AtOnce
from monitor.pipeline.audit.closed import Closed
from monitor.pipeline.audit.closed import closing as closing_now
from monitor.pipeline.audit.flow_state import FlowState
from monitor.pipeline.audit.folds import MOST_KEPT
from monitor.pipeline.audit.noting import learns, note
from monitor.pipeline.audit.page_budget import Days, spend
from monitor.pipeline.audit.rolling import close, parted
from monitor.pipeline.audit.run_audits import RunAudits
from monitor.pipeline.audit.unbounded import Unbounded
from monitor.pipeline.timeline.commands import Complete
from monitor.pipeline.timeline.runs import Closing
from monitor.pipeline.timeline.timeline import Step, Timeline

LEAST_FLOWS = 64
Ran = dict[FlowId, list[str]]


class Shard:
    """Flows whose hash puts them here; `admits` is how many it takes before the rest overflow.

    batches: flows with open units, per batch. took_part: the flows of a run, while it is remembered. gates:
    per run and comparison, what a gate wants to know of its units, while the run is remembered. updates: of
    paging detectors, by day, for the budget. alert_quota: of the events of flows. losses: of spans, per
    compared environment. at_once, audits, books: what ledgers keep. room: for what they keep of rows.
    old_names: rows named by older rules than those before them: counted, and nothing else. touched: flows of
    which there is something new to publish; no part of the state.
    """

    __slots__ = (
        "admits",
        "alert_quota",
        "at_once",
        "audits",
        "batches",
        "books",
        "duplicates",
        "evidence_dropped",
        "flows",
        "gates",
        "losses",
        "names",
        "old_names",
        "room",
        "took_part",
        "touched",
        "unbounded",
        "updates",
    )

    def __init__(self, admits: int) -> None:
        self.admits = max(LEAST_FLOWS, admits)
        self.flows: dict[FlowId, FlowState] = {}
        self.batches: dict[Batch, dict[FlowId, None]] = {}
        self.took_part: dict[RunKey, dict[FlowId, None]] = {}
        self.gates: dict[RunKey, dict[str, RunPart]] = {}
        self.names: Names = {}
        self.duplicates = self.evidence_dropped = self.old_names = 0
        self.updates: Days = {}
        self.losses: defaultdict[str, Loss] = defaultdict(Loss)
        self.touched: dict[FlowId, None] = {}
        self.alert_quota, self.unbounded = AlertQuota(), Unbounded()
        self.room = Room(MOST_KEPT)
        self.at_once, self.audits, self.books = AtOnce(), RunAudits(), Books()

    def begin_anew(self) -> None:
        """Forget what is known of every flow, since flows and calls have other names from now on."""
        self.flows = {flow: FlowState(flow) for flow in self.flows}
        self.room = Room(MOST_KEPT)
        self.touched |= dict.fromkeys(self.flows)
        self.unbounded.members.clear()
        self.batches.clear()
        self.took_part.clear()
        self.losses.clear()

    def rows(self, source: Source, flows: Sequence[Flow], timeline: Timeline, names: int) -> None:
        """Apply the rows of one record, against what earlier records said; names: of which rules."""
        if names < timeline.names:
            self.old_names += len(flows)
            return
        self._rows(source, flows, timeline)

    def _rows(self, source: Source, flows: Iterable[Flow], timeline: Timeline) -> None:
        low = timeline.sources.low(source)
        names = self.names.setdefault(source, {})
        for flow in flows:
            seen = names.setdefault(flow.offset, {}) if flow.offset >= low else None
            name = (flow.place, *flow.id, flow.ordinal)
            if seen is None or name in seen:
                self.duplicates += 1
            else:
                seen[name] = None
                self._observe(source, flow, timeline)

    def forget(self, source: Source, low: int) -> None:
        """Names below `low` need not be remembered: the offset alone shows that such a row is a duplicate."""
        forget_below(self.names, source, low)

    def _observe(self, source: Source, flow: Flow, timeline: Timeline) -> None:
        if timeline.policy.compares(flow.environment):
            self.losses[flow.environment].observe(flow)
            self.at_once.observe(flow)
        if flow.is_unfinished:
            return
        note(self.books, flow, timeline)
        state = self._admitted(self.unbounded.flow_of(flow))
        if not state.sides and state.id.is_group:
            self._group(state, self.unbounded.of(state.id))
        news = state.count(flow, timeline.policy)
        if state.folds.concern(flow) and learns(flow, timeline):
            news |= state.folds.observe(flow, state.id, timeline.policy, self.room)
        if news:
            self.touched[state.id] = None
        if state.id != OVERFLOW and timeline.policy.of_candidate(flow.environment):
            self._take(state, source, flow, timeline)

    def _take(self, state: FlowState, source: Source, flow: Flow, timeline: Timeline) -> None:
        policy, runs = timeline.policy, timeline.runs
        key = RunKey(flow.environment, flow.run)
        if flow.run and not runs.is_settled(key):
            self.took_part.setdefault(key, {})[state.id] = None
            if flow.grades:
                self.audits.observe(source, flow, policy, self.losses)
        batch = batch_of(flow, policy.unit, policy.bucket_ms, runs.cut(key))
        if batch is None:
            return
        if runs.is_closed(batch.key, batch.end(policy.bucket_ms)):
            self.evidence_dropped += 1
        else:
            if state.take(flow, batch, policy.unit):
                self.touched[state.id] = None
            self.batches.setdefault(batch, {})[state.id] = None

    def _group(self, group: FlowState, members: Iterable[FlowId]) -> None:
        """What is known of each flow goes into the group; its open units are given up."""
        for flow in [flow for flow in members if flow in self.flows]:
            self.room.left += self.flows[flow].folds.kept
            group.absorb(self.flows[flow], self.room)
            self.flows[flow] = FlowState(flow)
            self.touched[flow] = None
            for flows in (*self.batches.values(), *self.took_part.values()):
                flows.pop(flow, None)
        self.batches = {batch: flows for batch, flows in self.batches.items() if flows}

    def _admitted(self, flow: FlowId) -> FlowState:
        state = self.flows.get(flow)
        if state is None:
            if len(self.flows) >= self.admits:
                self.flows = {name: known for name, known in self.flows.items() if known.sides}
            flow = flow if len(self.flows) < self.admits else OVERFLOW
            state = self.flows.get(flow) or self.flows.setdefault(flow, FlowState(flow))
        return state

    def step(self, step: Step, timeline: Timeline) -> list[Alert]:
        """Close what settles, in the order (end, run, flow, slot), and fold a complete run."""
        alerts: list[Alert] = []
        several = set(self.gates)
        ran: dict[RunKey, Ran] = {}
        for closing, batch in sorted(closing_now(self.batches, step, timeline)):
            for flow in sorted(self.batches.pop(batch)):
                self.touched[flow] = None
                marks = timeline.runs.marks(closing.key)
                closed = close(self.flows[flow], batch, closing, timeline.policy, marks)
                alerts += closed.alerts
                spend(self.updates, closed.updates, closing.end, timeline.policy.page)
                if batch.run:
                    ran.setdefault(closing.key, {}).setdefault(flow, []).extend(self._ran(closing, closed))
        for closing in step.settled:
            self.audits.settle(closing.key)
            self._missed(closing, ran.get(closing.key, {}), timeline.policy, closing.key in several)
        if step.complete:
            alerts += self._complete(step.complete, timeline)
        for key in step.forgotten:
            self.took_part.pop(key, None)
            self.gates.pop(key, None)
            self.audits.forget(key)
        return (
            self.alert_quota.admitted(alerts, timeline.policy.alerts.per_flow_per_day) if alerts else alerts
        )

    def _ran(self, closing: Closing, closed: Closed) -> Iterator[str]:
        """Count the paths of a flow whose units of a run closed; their outcomes."""
        parts = self.gates[closing.key] = copied(self.gates.get(closing.key, {}))
        for name, paths in closed.results.items():
            part = parts.setdefault(name, RunPart())
            for path in paths:
                part.add(path)
                yield path.outcome

    def _missed(self, closing: Closing, ran: Ran, policy: Policy, several: bool) -> None:
        """Count the paths that the suite exercised before and this run, which settles, did not.

        several: parts of the run closed before, so that of flows that took part no outcome counts as missed.
        """
        took_part, parts = self.took_part.get(closing.key, {}), copied(self.gates.get(closing.key, {}))
        for comparison in policy.of_candidate(closing.key.environment):
            part = parts.setdefault(comparison.name, RunPart())
            part.min_traffic = policy.min_traffic
            for flow, state in self.flows.items():
                if several and flow in took_part:
                    continue
                if state.exercised(comparison, closing.suite or closing.key.environment):
                    missed = sorted(state.tested(comparison).difference(ran.get(flow, ())))
                    weights = {outcome: state.reference(comparison, outcome).weight for outcome in missed}
                    part.miss(str(flow), weights, whole=flow not in took_part)
        self.gates[closing.key] = shared(parts)

    def _complete(self, command: Complete, timeline: Timeline) -> list[Alert]:
        key = command.key
        policy, _ = parted(timeline.policy, *key, timeline.runs.marks(key))
        if policy is None:
            return []
        took_part = self.took_part.get(key, {})
        alerts: list[Alert] = []
        for flow in sorted(self.flows):
            if flow != OVERFLOW:
                self.touched[flow] = None
                seen = flow in took_part
                alerts += self.flows[flow].complete(command, policy, seen=seen)
                known = self.flows[flow].followed(command)
                spend(self.updates, known, command.at, timeline.policy.page)
        return alerts

    def flows_of(self, key: RunKey) -> int:
        """How many flows took part in a run; final once the run is settled."""
        return len(self.took_part.get(key, ()))

    def pack(self) -> dict[str, Any]:
        """Plain values for JSON."""
        place = {flow: index for index, flow in enumerate(self.flows)}
        flows, operations = as_one_table([state.pack() for state in self.flows.values()])
        return {
            "admits": self.admits,
            "flows": flows,
            "operations": operations,
            "batches": [[[*batch], [place[flow] for flow in flows]] for batch, flows in self.batches.items()],
            "runs": [[[*key], [place[flow] for flow in flows]] for key, flows in self.took_part.items()],
            "gates": [[[*key], to_builtins(parts)] for key, parts in self.gates.items()],
            "names": packed_names(self.names),
            "losses": [[environment, loss.pack()] for environment, loss in self.losses.items()],
            "duplicates": self.duplicates,
            "evidence_dropped": self.evidence_dropped,
            "old_names": self.old_names,
            "updates": [[day, *used] for day, used in self.updates.items()],
            "quota": self.alert_quota.pack(),
            "at_once": self.at_once.pack(),
            "audits": self.audits.pack(),
            "books": self.books.pack(),
            **self.unbounded.pack(),
        }

    @classmethod
    def unpack(cls, plain: Mapping[str, Any]) -> Self:
        """The shard that `pack` packed."""
        shard = cls(plain["admits"])
        shard.duplicates, shard.evidence_dropped = plain["duplicates"], plain["evidence_dropped"]
        shard.old_names = plain.get("old_names", 0)
        shard.alert_quota = AlertQuota.unpack(plain["quota"])
        shard.losses.update((environment, Loss.unpack(loss)) for environment, loss in plain["losses"])
        shard.at_once = AtOnce.unpack(plain.get("at_once", ()))
        shard.audits = RunAudits.unpack(plain.get("audits", [[], []]))
        shard.updates = {day: (updates, spent) for day, updates, spent in plain["updates"]}
        states = map(FlowState.unpack, with_own_tables(plain["flows"], plain.get("operations")))
        shard.flows = {state.id: state for state in states}
        shard.unbounded = Unbounded.unpack(plain)
        known = list(shard.flows)
        shard.batches = {Batch(*batch): {known[at]: None for at in of} for batch, of in plain["batches"]}
        shard.took_part = {RunKey(*key): {known[at]: None for at in of} for key, of in plain["runs"]}
        gates = ((key, convert(parts, dict[str, RunPart])) for key, parts in plain["gates"])
        shard.gates = {RunKey(*key): shared(parts) for key, parts in gates}
        shard.names = names_in(plain["names"])
        shard.books = Books.unpack(plain.get("books", {}))
        shard.room = Room(MOST_KEPT - sum(state.folds.kept for state in shard.flows.values()))
        return shard
