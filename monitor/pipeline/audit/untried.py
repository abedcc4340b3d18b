"""What tests do not try of a flow: lines of its record over all tests, and remarks on one run.

Like the facts of open runs (`open_facts`) these are read from counts when somebody asks, and are no state.
"""

from collections.abc import Iterator, Mapping

from monitor.base.units import UNIT_WEIGHT
from monitor.dimensions import ENDS, OPTIONAL
from monitor.dimensions.dimension import Cases
from monitor.drift.gate import Remark
from monitor.drift.policy import Comparison, Policy
from monitor.drift.untried import Tried, Untried, line_of, quiet_line, tried
from monitor.drift.verdict import Verdict
from monitor.fingerprints.renaming import in_words_of
from monitor.fingerprints.snapshot import Share
from monitor.fingerprints.units import Batch, Unit, by_outcome
from monitor.flows.flow import OVERFLOW, Operation, Outcome
from monitor.pipeline.audit.flow_state import FlowState
from monitor.pipeline.timeline.runs import Closing
from monitor.wire.span import Kind

LISTED = 5
"""Branches of one path that have a line: those with the largest shares."""
OF_A_RUN = 3
"""Branches of one path that are said of a run."""
_ENTRIES = (Kind.SERVER, Kind.CONSUMER)
_ASKS = OPTIONAL.evidence


def untried_lines(state: FlowState, comparison: Comparison, policy: Policy) -> Iterator[Verdict]:
    """The lines of every path that tests have exercised, the largest shares of production first."""
    known = state.comparisons.get(comparison.name)
    if known is None or not known.paths or not _shows_all(state, comparison, policy):
        return
    for outcome in known.paths:
        found = _of_path(state, comparison, outcome, policy)
        yield from _lines(state, comparison, outcome, found)
    sides = {outcome: state.side(comparison.candidate, outcome) for outcome in Outcome}
    had: dict[str, int] = {outcome: side.fingerprint.traces for outcome, side in sides.items()}
    ends = _ends(state, comparison, policy, had, known.cases(""))
    yield from _lines(state, comparison, "", Tried(tuple(ends), 0))


def remarks_on_run(
    state: FlowState, batch: Batch, closing: Closing, policy: Policy
) -> dict[str, list[Remark]]:
    """By comparison, what a run leaves untried whose units of this flow are about to close.

    Nothing of a run that goes on, or of which other parts have closed: they may have tried it.
    """
    goes_on = closing.end >= batch.end(policy.bucket_ms)
    if not batch.run or goes_on:
        return {}
    return {
        comparison.name: list(_remarks(state, batch, comparison, policy))
        for comparison in policy.of_candidate(batch.environment)
        if _shows_all(state, comparison, policy) and not _closed_before(state, batch, comparison)
    }


def _remarks(state: FlowState, batch: Batch, comparison: Comparison, policy: Policy) -> Iterator[Remark]:
    units, flow = state.open[batch], str(state.id)
    for outcome, of_path in by_outcome(units).items():
        side = state.side(comparison.reference, outcome)
        known = side.latest(policy, batch.end(policy.bucket_ms))
        production = side.reference(comparison, policy)._replace(snapshot=known)
        found = tried(in_words_of(known, of_path), known, production.lost, production.before, batch.run)
        for each in found.untried[:OF_A_RUN]:
            yield each.remark(flow, outcome, side.fingerprint.weight)
    cases = units.cases()
    weight = state.weight(comparison.reference)
    for each in _ends(state, comparison, policy, cases, Cases(cases[""], 1, run=batch.run)):
        yield each.remark(flow, "", weight)


def _closed_before(state: FlowState, batch: Batch, comparison: Comparison) -> bool:
    known = state.comparisons.get(comparison.name)
    return known is not None and any(ran.batch and ran.batch.run == batch.run for ran in known.ran.values())


def _shows_all(state: FlowState, comparison: Comparison, policy: Policy) -> bool:
    """Whether what tests never show is what they never do: not where they are sampled, or flows are one."""
    tests = [state.side(comparison.candidate, outcome).fingerprint for outcome in Outcome]
    is_sampled = policy.sampling_of(comparison.candidate) in ("head", "tail")
    weighted = any(each.weight != each.traces * UNIT_WEIGHT for each in tests)
    return not (is_sampled or weighted or state.id == OVERFLOW or state.id.is_group)


def _of_path(state: FlowState, comparison: Comparison, outcome: Outcome, policy: Policy) -> Tried:
    """All that tests ever did on a path, as one unit, held against production."""
    production = state.side(comparison.reference, outcome).reference(comparison, policy)
    days = state.side(comparison.candidate, outcome).fingerprint.days
    cases = state.comparisons[comparison.name].cases(outcome)
    whole = cases if days.counted == days.traces else Cases(0, 0)
    units = in_words_of(production.snapshot, [Unit((days.tally(),))])
    return tried(units, production.snapshot, production.lost, production.before, cases=whole)


def _ends(
    state: FlowState, comparison: Comparison, policy: Policy, tests: Mapping[str, int], cases: Cases
) -> list[Untried]:
    """How requests end in production now and then, and in no test; tests: how many ended so."""
    sides = {outcome: state.reference(comparison, outcome) for outcome in Outcome}
    traces, weight = (sum(getattr(each, of) for each in sides.values()) for of in ("traces", "weight"))
    had = [outcome for outcome in Outcome if tests.get(outcome)]
    entry = _entry(state, comparison)
    instead = (_ASKS.ends(had[0], entry),) if len(had) == 1 else ()
    path = weight / UNIT_WEIGHT
    return [
        Untried(
            _ASKS.ends(outcome, entry),
            Share(side.weight / UNIT_WEIGHT, path, weighted=False),
            path,
            taken=False,
            cases=cases,
            instead=instead,
            stated=not state.withholds(ENDS.name, comparison, policy),
        )
        for outcome, side in sides.items()
        if had and outcome not in had and _is_optional(side.weight, weight, side.traces, traces)
    ]


def _is_optional(weight: int, whole: int, present: int, traces: int) -> bool:
    often = _ASKS.least * whole <= weight < _ASKS.most * whole
    return often and min(present, traces - present) >= _ASKS.rare


def _entry(state: FlowState, comparison: Comparison) -> Operation:
    """What a flow enters at: a request, unless production's spans say that it is a message."""
    sides = (state.reference(comparison, outcome).days.operations for outcome in Outcome)
    entries = (each for operations in sides for each in operations if each.kind in _ENTRIES)
    usual = Operation(state.id.service, Kind.SERVER, state.id.operation)
    return next((each for each in entries if (each.service, each.name) == state.id), usual)


def _lines(state: FlowState, comparison: Comparison, outcome: str, found: Tried) -> Iterator[Verdict]:
    examples = state.examples(comparison, outcome)
    listed, more = found.untried[:LISTED], len(found.untried) - LISTED
    for place, each in enumerate(listed, 1):
        yield line_of(each, str(state.id), outcome, examples, more if place == LISTED else 0)
    if found.is_sure and not listed:
        yield quiet_line(found, str(state.id), outcome, examples)
