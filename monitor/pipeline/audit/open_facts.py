"""What the open runs of a flow show already: facts, published before the end of the run."""

from collections.abc import Iterator

from monitor.drift.facts import facts, line_of
from monitor.drift.policy import Comparison, Policy
from monitor.drift.verdict import Verdict
from monitor.fingerprints.renaming import in_words_of
from monitor.fingerprints.units import Batch, by_outcome
from monitor.pipeline.audit.flow_state import FlowState


def open_facts(state: FlowState, comparison: Comparison, policy: Policy) -> list[Verdict]:
    """A line per fact, each subject once."""
    lines: dict[tuple[str, ...], Verdict] = {}
    for batch in sorted(batch for batch in state.open if batch.run):
        if batch.environment == comparison.candidate:
            for line in _of_batch(state, batch, comparison, policy):
                lines.setdefault((line.outcome, line.dimension, line.subject), line)
    return list(lines.values())


def _of_batch(state: FlowState, batch: Batch, comparison: Comparison, policy: Policy) -> Iterator[Verdict]:
    for outcome, units in by_outcome(state.open[batch]).items():
        known = state.side(comparison.reference, outcome).latest(policy, batch.end(policy.bucket_ms))
        for fact in facts(in_words_of(known, units), known, policy.lost_in(batch.environment)):
            examples = state.examples(comparison, outcome)
            yield line_of(fact, str(state.id), outcome, batch.run, examples)
