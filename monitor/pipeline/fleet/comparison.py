"""The comparison as a whole, from the summaries of all partitions: sums first, ratios last."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from monitor.drift.policy import Comparison, Policy
from monitor.drift.records.comparison import ComparisonRecord, Sides, SpanLoss
from monitor.drift.records.placed import Place
from monitor.drift.records.run import RunRecord
from monitor.drift.records.summary import Summary
from monitor.drift.records.sums import Sums
from monitor.fingerprints.span_gaps import Gaps
from monitor.ledgers import LEDGERS
from monitor.ledgers.fleet import AuditedRun, Fleet, added, overlaps_of
from monitor.ledgers.kept import Books, together
from monitor.pipeline.audit.span_loss import lost_of, lost_share
from monitor.pipeline.timeline.sightings import split_of


def comparison_record(
    comparison: Comparison, summaries: Sequence[Summary], policy: Policy, runs: Iterable[RunRecord] = ()
) -> ComparisonRecord:
    """What is compared, what came in, what is lost, ledgers; summaries: by partition; runs: to audit."""
    first = summaries[0]
    parts = [s.comparisons[comparison.name] for s in summaries if comparison.name in s.comparisons]
    sums = added(parts)
    audited = [AuditedRun(run.run, run.audited) for run in runs if run.environment == comparison.candidate]
    fleet = Fleet(
        comparison.reference,
        comparison.candidate,
        sums,
        overlaps_of(parts),
        audited,
        together(Books.unpack(summary.books) for summary in summaries),
        policy.warn,
        policy.may_differ,
    )
    sections: dict[str, Any] = {ledger.name: ledger.section(fleet) for ledger in LEDGERS}
    return ComparisonRecord(
        **Place(0, first.offset)._asdict(),
        comparison=Sides(
            reference=comparison.reference,
            candidate=comparison.candidate,
            units=sums.units,
            span_loss=_span_loss(comparison, lost_of(summaries)),
        ),
        input=first.input,
        lost=first.lost.get(comparison.candidate),
        **sections,
        sums=Sums(**{name: getattr(sums, name) for name in Sums.__struct_fields__}),
        split=split_of(summaries),
        verdicts=tuple(line for ledger in LEDGERS for line in ledger.lines(fleet)),
    )


def _span_loss(comparison: Comparison, lost: Mapping[str, Mapping[str, Gaps]]) -> SpanLoss:
    reference, candidate = (lost.get(name, {}) for name in (comparison.reference, comparison.candidate))
    return SpanLoss(reference=lost_share(reference), candidate=lost_share(candidate))


def flows_of(summaries: Iterable[Summary]) -> Counter[str]:
    """Closed flows by environment, over all partitions."""
    flows: Counter[str] = Counter()
    for each in summaries:
        flows.update(each.tallies.flows)
    return flows
