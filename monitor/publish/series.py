"""The product metrics: coverage sums, and which flows get drift series of their own.

A flow gets series when it is not ok, and otherwise by traffic, up to a cap; the rest is counted, and the API
has it in full. One flow has one series per (comparison, dimension): the worst of its verdicts speaks for it.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from heapq import nsmallest

from monitor.base.units import UNIT_WEIGHT
from monitor.drift.clocks import clocks
from monitor.drift.inside import known_inside, of_the_whole
from monitor.drift.records.flow import FlowVerdicts
from monitor.drift.records.summary import Summary
from monitor.drift.records.sums import Sums
from monitor.drift.verdict import State, Verdict, strength
from monitor.ledgers import OF_FLOWS, QUESTIONS
from monitor.pipeline.audit.page_budget import days_of, used_ratio
from monitor.pipeline.timeline.sightings import split_of
from monitor.publish.recall_series import recall_readings
from monitor.publish.view import View
from monitor.telemetry.events import Labels
from monitor.telemetry.readings import Reading

_ABOUT = ("subject", "service", "moved", "began_with")
_ALARMING = State.SUSPECT.rank
OTHER = "other"
"""Label of environments that no comparison names: telemetry decides how many there are."""


@dataclass(slots=True)
class Subject:
    """A flow in a comparison: its weight in the reference (1/1024), its units, and every verdict on it."""

    comparison: str
    flow: str
    weight: int = 0
    units: int = 0
    verdicts: list[Verdict] = field(default_factory=list)

    @property
    def place(self) -> tuple[int, int, str, str]:
        """Sorts alarming subjects first, then by traffic, then by name."""
        worst = max((line.state.rank for line in self.verdicts), default=0)
        return (-worst if worst >= _ALARMING else 0, -self.weight, self.comparison, self.flow)

    def by_dimension(self) -> Iterator[tuple[Labels, list[Verdict]]]:
        """The verdicts of each dimension, with the labels of its series."""
        for dimension in sorted({line.dimension for line in self.verdicts}):
            labels = (("comparison", self.comparison), ("flow", self.flow), ("dimension", dimension))
            yield labels, [line for line in self.verdicts if line.dimension == dimension]


def product_readings(view: View, cap: int) -> Iterator[Reading]:
    """Everything that the view says, with drift series for at most `cap` flows."""
    for name, record in view.comparisons().items():
        yield from _coverage(name, record.sums)
        yield from recall_readings(view, name)
        if (ratio := record.audit.completeness) is not None:
            yield Reading("flowdrift_audit_completeness_ratio", ratio, (("comparison", name),))
    yield from _lost(view)
    yield from _span_loss(view)
    subjects = subjects_of(view)
    if subjects:
        yield from _questions()
    for subject in nsmallest(cap, subjects, key=lambda subject: subject.place):
        for labels, verdicts in subject.by_dimension():
            yield from _drift(labels, verdicts)
    yield Reading("flowdrift_monitor_series_left_out", max(0, len(subjects) - cap))


def fold_readings(view: View) -> Iterator[Reading]:
    """What the auditors counted, by the latest summary of every partition."""
    summaries = view.every(Summary)
    tallies = [summary.tallies for summary in summaries]
    yield Reading("flowdrift_monitor_duplicate_flows_total", sum(each.duplicate_flows for each in tallies))
    yield Reading("flowdrift_alerts_suppressed_total", sum(each.alerts_suppressed for each in tallies))
    yield from _flows(view, summaries)
    budget = min((summary.false_pages_per_30d for summary in summaries), default=1.0)
    yield Reading("flowdrift_false_page_budget_used_ratio", used_ratio(days_of(summaries), budget))
    silent = max((each.silent_sources for each in tallies), default=0)
    yield Reading("flowdrift_monitor_silent_source_partitions", silent)
    named = next((summary.strangers for summary in summaries if summary.partition == 0), {})
    yield Reading("flowdrift_monitor_uncompared_environments", len(named))
    off = {hint.subject for hint in clocks(view)}
    yield Reading("flowdrift_monitor_wrong_clocks", len(off))
    yield Reading("flowdrift_monitor_split_traces", split_of(summaries).split)


def _flows(view: View, summaries: Iterable[Summary]) -> Iterator[Reading]:
    """Flows of every side of what is shown, also of one that has none, and of what is compared and arrived.

    The rest, however many, counts as one.
    """
    shown = [record.comparison for record in view.comparisons().values()]
    compared = {name for sides in shown for name in (sides.reference, sides.candidate)}
    compared |= {name for summary in summaries for name in summary.compared}
    flows: Counter[str] = Counter(dict.fromkeys(sorted(compared), 0))
    for summary in summaries:
        for environment, count in summary.tallies.flows.items():
            flows[environment if environment in compared else OTHER] += count
    for environment, count in flows.items():
        yield Reading("flowdrift_monitor_flows_total", count, (("environment", environment),))


def _questions() -> Iterator[Reading]:
    """What a drift of each dimension does, for the rules of alerts."""
    for name, asked in QUESTIONS.items():
        labels = (("dimension", name), ("severity", asked.severity.of_alert), ("alert", asked.alert))
        yield Reading("flowdrift_dimension_info", 1, labels)


def _coverage(comparison: str, sums: Sums) -> Iterator[Reading]:
    """Numerators and denominators, so that ratios are made once, by a recording rule."""
    labels = (("comparison", comparison),)
    yield Reading("flowdrift_evidence_units_total", sums.units, labels)
    aside = (("flows", sums.out_of_scope_flows), ("traffic", sums.out_of_scope_weight / UNIT_WEIGHT))
    for weight, excused in aside:
        yield Reading("flowdrift_coverage_out_of_scope", excused, (*labels, ("weight", weight)))
    for weight, observed, covered in (
        ("flows", sums.reference_flows, sums.covered_flows),
        ("traffic", sums.reference_weight / UNIT_WEIGHT, sums.covered_weight / UNIT_WEIGHT),
        ("failures", sums.failing_weight / UNIT_WEIGHT, sums.covered_failing_weight / UNIT_WEIGHT),
    ):
        weighted = (*labels, ("weight", weight))
        yield Reading("flowdrift_coverage_observed", observed, weighted)
        yield Reading("flowdrift_coverage_covered", covered, weighted)


def _lost(view: View) -> Iterator[Reading]:
    """Each candidate environment once, however many comparisons name it."""
    lost = {record.comparison.candidate: record.lost for record in view.comparisons().values()}
    for environment, known in lost.items():
        yield Reading("flowdrift_telemetry_lost", float(known is not None), (("environment", environment),))


def _span_loss(view: View) -> Iterator[Reading]:
    """Each compared environment once; nothing of one whose spans could not be missed."""
    found: dict[str, float] = {}
    for sides in (record.comparison for record in view.comparisons().values()):
        ratios = ((sides.reference, sides.span_loss.reference), (sides.candidate, sides.span_loss.candidate))
        found |= {environment: ratio for environment, ratio in ratios if ratio is not None}
    for environment, ratio in found.items():
        yield Reading("flowdrift_span_loss_ratio", ratio, (("environment", environment),))


def subjects_of(view: View) -> Collection[Subject]:
    """Every flow of every comparison that is shown, with the verdicts of its own record and of the whole."""
    subjects: dict[tuple[str, str], Subject] = {}
    shown = view.comparisons()
    for flow in view.every(FlowVerdicts):
        if flow.comparison in shown:
            key = (flow.comparison, flow.flow)
            subjects[key] = Subject(*key, flow.reference_weight, flow.candidate_units, [*flow.verdicts])
    for comparison, record in shown.items():
        for line in of_the_whole(record, known_inside(view.flows(comparison))):
            if line.dimension not in OF_FLOWS:
                continue
            key = (comparison, line.flow)
            subjects.setdefault(key, Subject(*key)).verdicts.append(line)
    return subjects.values()


def _drift(labels: Labels, verdicts: list[Verdict]) -> Iterator[Reading]:
    worst = max(line.state.rank for line in verdicts)
    for state in State:
        yield Reading("flowdrift_drift_state", float(state.rank == worst), (*labels, ("state", state.value)))
    yield Reading("flowdrift_drift_score", max(line.effect for line in verdicts), labels)
    alarming = (line.onset for line in verdicts if line.state.rank >= _ALARMING)
    onsets = [onset for onset in alarming if onset is not None]
    if onsets:
        yield Reading("flowdrift_drift_onset_timestamp_seconds", min(onsets) / 1000, labels)
    if worst == State.DRIFT.rank:
        yield Reading("flowdrift_drift_info", 1, (*labels, *_info(max(verdicts, key=strength))))


def _info(line: Verdict) -> Labels:
    traces = {f"{side}_trace": next(iter(ids), "") for side, ids in line.examples.sides()}
    return (*((name, getattr(line, name)) for name in _ABOUT), *traces.items())
