"""What a partition says on the verdicts topic: a record per flow and comparison, and its summary.

Sums only: fleet ratios are made from the latest summary of every partition, by whoever reads them.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from monitor.base.units import DAY_MS, LogTime
from monitor.drift.policy import Comparison, Policy
from monitor.drift.verdict import State, Verdict, shown
from monitor.fingerprints.span_gaps import Loss
from monitor.flows.flow import Outcome
from monitor.flows.ignore import IGNORED_OF
from monitor.flows.run import RunKey
from monitor.ledgers import LEDGERS
from monitor.pipeline.audit.flow_hints import for_hints
from monitor.pipeline.audit.flow_state import FlowState
from monitor.pipeline.audit.open_facts import open_facts
from monitor.pipeline.audit.page_budget import Days
from monitor.pipeline.audit.span_loss import plain_of
from monitor.pipeline.timeline.timeline import Timeline

_LEDGERS = frozenset([ledger.name for ledger in LEDGERS])
LISTED = 100
"""Of flows without tests (or without production) so many are named per partition, the busiest first."""
DEAD_MS = 7 * DAY_MS
"""A flow that production has not shown for so long is dead."""


def flow_records(
    states: Iterable[FlowState], comparisons: tuple[Comparison, ...], policy: Policy
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Key and value of every flow's record in every one of `comparisons`."""
    for state in states:
        for comparison in comparisons:
            key = f"flow/{comparison.name}/{state.id.service}\t{state.id.operation}"
            yield key, _flow_record(state, comparison, policy)


def _flow_record(state: FlowState, comparison: Comparison, policy: Policy) -> dict[str, Any]:
    lines = _with_facts(state.verdicts(comparison, policy), open_facts(state, comparison, policy))
    known = state.comparisons.get(comparison.name)
    return {
        "comparison": comparison.name,
        "flow": str(state.id),
        "verdicts": [line.plain() for line in _shown(lines)],
        "reference_weight": state.weight(comparison.reference),
        "candidate_weight": state.weight(comparison.candidate),
        "candidate_units": known.units if known else 0,
        **for_hints(state, comparison, policy),
    }


def _with_facts(lines: list[Verdict], facts: list[Verdict]) -> list[Verdict]:
    """Facts of open runs in the place of what is not yet suspect or drift: one line per subject."""
    found = {_about(line) for line in lines if line.state in (State.SUSPECT, State.DRIFT)}
    new = {_about(fact): fact for fact in facts if _about(fact) not in found}
    return [*(line for line in lines if _about(line) not in new), *new.values()]


def _about(line: Verdict) -> tuple[str, ...]:
    return line.outcome, line.dimension, line.subject


def _shown(lines: list[Verdict]) -> list[Verdict]:
    groups: dict[tuple[str, str], list[Verdict]] = {}
    for line in lines:
        groups.setdefault((line.outcome, line.dimension), []).append(line)
    return [line for key in sorted(groups) for line in _path(groups[key])]


def _path(lines: list[Verdict]) -> list[Verdict]:
    return lines if lines[0].dimension in _LEDGERS else shown(lines)


def summary(
    timeline: Timeline,
    states: list[FlowState],
    flows_of: Callable[[RunKey], int],
    gates_of: Callable[[RunKey], Mapping[str, Any]],
    dropped: Mapping[str, int],
    updates: Days,
    losses: Iterable[Mapping[str, Loss]],
) -> dict[str, Any]:
    """Sums over the flows of a partition per comparison, its runs, its tallies (`dropped` among them).

    flows_of: how many flows of this partition took part in a run. gates_of: what a gate wants to know of a
    settled one, per comparison. updates: of paging detectors. losses: of spans, by shard. The line of a
    settled run is final.
    """
    return {
        "command": timeline.number,
        "updates": [[day, *used] for day, used in updates.items()],
        "false_pages_per_30d": timeline.policy.alerts.false_pages_per_30d,
        "comparisons": {
            comparison.name: _sums(states, comparison, timeline) for comparison in timeline.comparisons
        },
        "runs": [
            {
                "environment": key.environment,
                "run": key.run,
                "suite": run.suite,
                "first": run.first,
                "last": run.last,
                "end": run.end,
                "finished": run.finished,
                "rolling": run.rolling,
                "settled_at": run.settled_at,
                "flows": flows_of(key),
                "gate": gates_of(key),
            }
            for key, run in timeline.runs.known.items()
        ],
        "announced": [list(key) for key in timeline.runs.announced.begun],
        "lost": {environment: timeline.lost.now(environment) for environment in timeline.lost.causes},
        "tallies": {
            "flows": _flows(states),
            **dropped,
            "silent_sources": len(timeline.sources.silent()),
        },
        "input": {name: timeline.sources.total(name) for name in INPUT},
        "ignored": timeline.sources.totals_of(IGNORED_OF),
        "compared": [name for name in timeline.arrivals.named if timeline.policy.compares(name)],
        "strangers": {
            name: list(each) for name, each in timeline.arrivals.strangers(timeline.policy).items()
        },
        "loss": plain_of(losses),
        "late": timeline.sources.lates.counts,
        "sightings": timeline.sightings.traces,
    }


def _flows(states: Iterable[FlowState]) -> dict[str, int]:
    """Closed flows by environment."""
    flows: dict[str, int] = {}
    for state in states:
        for (environment, _), side in state.sides.items():
            flows[environment] = flows.get(environment, 0) + side.fingerprint.traces
    return flows


INPUT = (
    "spans",
    "traces",
    "flows",
    "late",
    "duplicates",
    "incomplete",
    "unfinished",
    "rejected",
    "ignored",
)
"""Tallies of the observers, known to every partition from the headers."""


def _sums(states: list[FlowState], comparison: Comparison, timeline: Timeline) -> dict[str, Any]:
    """Sums per comparison, by the clock of the reference, so that its own silence makes no flow dead."""
    sums: dict[str, Any] = dict.fromkeys(COUNTS, 0)
    now = timeline.sources.clocks.get(comparison.reference, LogTime(0))
    missing, dead, aside = [], [], []
    for state in states:
        weight, tested = state.weight(comparison.reference), state.weight(comparison.candidate)
        if weight and not tested and (decision := timeline.policy.out_of_scope_of(str(state.id), now)):
            aside.append((weight, str(state.id), decision.reason, decision.until))
            continue
        if weight:
            _add_reference(sums, state, comparison, weight, covered=bool(tested))
        if weight and not tested:
            missing.append((weight, str(state.id)))
        if tested and _is_dead(state, comparison, now):
            dead.append((tested, str(state.id), last_seen(state, comparison.reference)))
        sums["candidate_flows"] += bool(tested)
        if known := state.comparisons.get(comparison.name):
            sums["units"] += known.units
            sums["updates"] += known.updates
    sums["missing"] = [[flow, weight] for weight, flow in sorted(missing, key=_busiest)[:LISTED]]
    sums["dead"] = [[flow, last] for _, flow, last in sorted(dead, key=_busiest)[:LISTED]]
    return sums | _set_aside(aside)


def _set_aside(flows: Sequence[tuple[int, str, str, str | None]]) -> dict[str, Any]:
    """Flows that are out of scope: weight, name, reason, until when."""
    busiest = sorted(flows, key=_busiest)[:LISTED]
    return {
        "out_of_scope_flows": len(flows),
        "out_of_scope_weight": sum(weight for weight, *_ in flows),
        "out_of_scope": [[flow, weight, *decision] for weight, flow, *decision in busiest],
    }


COUNTS = (
    "reference_flows",
    "covered_flows",
    "reference_traces",
    "reference_weight",
    "covered_weight",
    "faithful_weight",
    "failing_weight",
    "covered_failing_weight",
    "paths_seen_once",
    "paths_seen_twice",
    "candidate_flows",
    "units",
    "updates",
    "out_of_scope_flows",
    "out_of_scope_weight",
)


def _busiest(entry: tuple[Any, ...]) -> tuple[Any, ...]:
    return (-entry[0], entry[1])


def _add_reference(
    sums: dict[str, Any], state: FlowState, comparison: Comparison, weight: int, *, covered: bool
) -> None:
    known = state.comparisons.get(comparison.name)
    score = known.score if known else 0.0
    sums["reference_flows"] += 1
    sums["reference_weight"] += weight
    sums["covered_flows"] += covered
    sums["covered_weight"] += weight * covered
    sums["faithful_weight"] += round(weight * covered * (1 - score))
    for outcome in Outcome:
        path = state.reference(comparison, outcome)
        sums["reference_traces"] += path.traces
        sums["paths_seen_once"] += path.traces == 1
        sums["paths_seen_twice"] += path.traces == 2
        if outcome is not Outcome.OK:
            tested = (comparison.candidate, outcome) in state.sides
            sums["failing_weight"] += path.weight
            sums["covered_failing_weight"] += path.weight * tested


def last_seen(state: FlowState, environment: str) -> int | None:
    """Log time in ms at which the last flow of an environment began; None if it never had one."""
    times = [side.fingerprint.last for (name, _), side in state.sides.items() if name == environment]
    return max((time for time in times if time is not None), default=None)


def _is_dead(state: FlowState, comparison: Comparison, now: int) -> bool:
    last = last_seen(state, comparison.reference)
    return last is None or now - last > DEAD_MS
