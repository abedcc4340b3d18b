"""The comparison as a whole, from the summaries of all partitions: sums first, ratios last."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from monitor.drift.policy import Comparison
from monitor.drift.records.comparison import ComparisonRecord, Sides, SpanLoss
from monitor.drift.records.coverage import Sums
from monitor.drift.records.placed import Place
from monitor.drift.records.summary import Summary
from monitor.fingerprints.span_gaps import Gaps
from monitor.ledgers.coverage.counting import added, covered
from monitor.ledgers.coverage.lines import never_tested, no_longer
from monitor.pipeline.audit.span_loss import lost_of, ratio
from monitor.pipeline.timeline.sightings import split_of


def comparison_record(comparison: Comparison, summaries: Sequence[Summary]) -> ComparisonRecord:
    """What is compared, the input, lost telemetry, coverage, verdicts; summaries: by partition."""
    first, names = summaries[0], (comparison.reference, comparison.candidate)
    sums = added([s.comparisons[comparison.name] for s in summaries if comparison.name in s.comparisons])
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
        coverage=covered(sums),
        sums=Sums(**{name: getattr(sums, name) for name in Sums.__struct_fields__}),
        split=split_of(summaries),
        verdicts=(*never_tested(sums.missing, *names, sums), *no_longer(sums.dead, *names, sums)),
    )


def _span_loss(comparison: Comparison, lost: Mapping[str, Mapping[str, Gaps]]) -> SpanLoss:
    return SpanLoss(
        reference=ratio(lost.get(comparison.reference, {})),
        candidate=ratio(lost.get(comparison.candidate, {})),
    )


def flows_of(summaries: Iterable[Summary]) -> Counter[str]:
    """Closed flows by environment, over all partitions."""
    flows: Counter[str] = Counter()
    for each in summaries:
        flows.update(each.tallies.flows)
    return flows
