"""What a partition says on the verdicts topic: a record per flow and comparison, and its summary.

Sums only: fleet ratios are made from the latest summary of every partition, by whoever reads them.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import partial

from monitor.base.units import LogTime
from monitor.drift.policy import Comparison
from monitor.drift.records.comparison import Input
from monitor.drift.records.flow import FlowVerdicts, flow_key
from monitor.drift.records.placed import Place
from monitor.drift.records.run import RunLine
from monitor.drift.records.summary import Spent, Summary, Tallies
from monitor.drift.records.sums import PartSums
from monitor.drift.verdict import State, Verdict, shown
from monitor.fingerprints.overlap import Overlap
from monitor.fingerprints.span_gaps import Loss
from monitor.flows.flow import OVERFLOW, Outcome
from monitor.flows.ignore import IGNORED_OF
from monitor.ledgers import LEDGERS
from monitor.ledgers.fleet import FlowSeen, PathSeen, gone_since, sums_of
from monitor.pipeline.audit.at_once import Of, sides
from monitor.pipeline.audit.call_tree import path_trees
from monitor.pipeline.audit.crossings import crossings_of
from monitor.pipeline.audit.escapes import failures_of, left_out
from monitor.pipeline.audit.flow_hints import with_hints
from monitor.pipeline.audit.flow_state import FlowState
from monitor.pipeline.audit.history import birth_of, changes_of
from monitor.pipeline.audit.open_facts import open_facts
from monitor.pipeline.audit.page_budget import Days
from monitor.pipeline.audit.span_loss import counted
from monitor.pipeline.audit.untried import untried_lines
from monitor.pipeline.observe.wrong_clocks import AHEAD_OF, BEHIND_OF
from monitor.pipeline.timeline.timeline import Timeline

_LEDGERS = frozenset([ledger.name for ledger in LEDGERS])


def flow_records(
    states: Iterable[FlowState], timeline: Timeline, place: Place
) -> Iterator[tuple[str, FlowVerdicts]]:
    """Key and value of every flow's record in every comparison that may be shown."""
    for state in states:
        for comparison in timeline.comparisons:
            yield flow_key(comparison.name, *state.id), _flow_record(state, comparison, timeline, place)


def _flow_record(state: FlowState, comparison: Comparison, timeline: Timeline, place: Place) -> FlowVerdicts:
    policy, clocks = timeline.policy, timeline.sources.clocks
    lines = _with_facts(state.verdicts(comparison, policy), open_facts(state, comparison, policy))
    known = state.comparisons.get(comparison.name)
    record = FlowVerdicts(
        **place._asdict(),
        comparison=comparison.name,
        flow=str(state.id),
        verdicts=(*_shown(lines), *untried_lines(state, comparison, policy)),
        reference_weight=state.weight(comparison.reference),
        candidate_weight=state.weight(comparison.candidate),
        candidate_units=known.units if known else 0,
        slow=tuple(known.slow(policy.warn)) if known else (),
        failures=failures_of(state, comparison, policy, clocks.get(comparison.reference, LogTime(0))),
        failures_left_out=left_out(state),
        paths=tuple(path_trees(state, comparison, policy)),
        crossed=crossings_of(state, comparison) if state.id != OVERFLOW else (),
    )
    return with_hints(record, state, comparison, policy)


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
    overlaps: Mapping[Of, Overlap],
    counts: Mapping[str, int],
    updates: Days,
    losses: Iterable[Mapping[str, Loss]],
    runs: Iterable[RunLine],
    place: Place,
) -> Summary:
    """Sums over the flows of a partition per comparison, its runs, its tallies.

    overlaps: of both sides of every comparison. counts: of what was dropped, by the names of the tallies.
    updates: of paging detectors. losses: of spans, by shard.
    """
    return Summary(
        **place._asdict(),
        command=timeline.number,
        updates=tuple(Spent(day, *used) for day, used in updates.items()),
        false_pages_per_30d=timeline.policy.alerts.false_pages_per_30d,
        comparisons={
            comparison.name: _sums(states, comparison, timeline, overlaps)
            for comparison in timeline.comparisons
        },
        runs=tuple(runs),
        announced=tuple(timeline.runs.announced.begun),
        lost={environment: timeline.lost.now(environment) for environment in timeline.lost.causes},
        tallies=Tallies(flows=_flows(states), **counts, silent_sources=_silent(timeline)),
        input=Input(**{name: timeline.sources.total(name) for name in Input.__struct_fields__}),
        ignored=timeline.sources.totals_of(IGNORED_OF),
        ahead=timeline.sources.most_of(AHEAD_OF),
        behind=timeline.sources.most_of(BEHIND_OF),
        compared=tuple(name for name in timeline.arrivals.named if timeline.policy.compares(name)),
        strangers=timeline.arrivals.strangers(timeline.policy),
        loss=counted(losses),
        late=timeline.sources.lates.counts,
        sightings={trace: tuple(places) for trace, places in timeline.sightings.traces.items()},
    )


def _silent(timeline: Timeline) -> int:
    """How many partitions fell silent of topics that are still to be read."""
    return sum(timeline.policy.reads(each.cluster, each.topic) for each in timeline.sources.silent())


def _flows(states: Iterable[FlowState]) -> dict[str, int]:
    """Closed flows by environment."""
    flows: dict[str, int] = {}
    for state in states:
        for (environment, _), side in state.sides.items():
            flows[environment] = flows.get(environment, 0) + side.fingerprint.traces
    return flows


def _sums(
    states: Iterable[FlowState], comparison: Comparison, timeline: Timeline, overlaps: Mapping[Of, Overlap]
) -> PartSums:
    """Sums per comparison, by the clock of the reference, so that its own silence makes no flow dead."""
    now = timeline.sources.clocks.get(comparison.reference, LogTime(0))
    tests = timeline.sources.clocks.get(comparison.candidate, LogTime(0))
    scope = partial(timeline.policy.out_of_scope_of, now=now)
    sums = sums_of([_seen(state, comparison, tests) for state in states], now, scope)
    sums.overlaps = sides(overlaps, comparison.reference, comparison.candidate)
    return sums


def _seen(state: FlowState, comparison: Comparison, clock: LogTime) -> FlowSeen:
    """A flow as ledgers count it; clock: of the candidate."""
    known = state.comparisons.get(comparison.name)
    paths = ((outcome, state.reference(comparison, outcome)) for outcome in Outcome)
    return FlowSeen(
        flow=str(state.id),
        weight=state.weight(comparison.reference),
        tested=state.weight(comparison.candidate),
        last=last_seen(state, comparison.reference),
        score=known.score if known else 0.0,
        units=known.units if known else 0,
        updates=known.updates if known else 0,
        paths=[
            PathSeen(
                path.traces,
                path.weight,
                fails=outcome is not Outcome.OK,
                tested=(comparison.candidate, outcome) in state.sides,
            )
            for outcome, path in paths
        ],
        birth=birth_of(state, comparison.reference),
        changes=tuple(changes_of(state, comparison)),
        gone=gone_since(known.absent_since if known else None, last_seen(state, comparison.candidate), clock),
    )


def last_seen(state: FlowState, environment: str) -> LogTime | None:
    """Log time in ms at which the last flow of an environment began; None if it never had one."""
    times = [side.fingerprint.last for (name, _), side in state.sides.items() if name == environment]
    return max((time for time in times if time is not None), default=None)
