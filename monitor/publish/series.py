"""The product metrics: coverage sums, and which flows get drift series of their own.

A flow gets series when it is not ok, and otherwise by traffic, up to a cap; the rest is counted, and the API
has it in full. One flow has one series per (comparison, dimension): the worst of its verdicts speaks for it.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from heapq import nsmallest
from typing import Any

from monitor.base.units import UNIT_WEIGHT
from monitor.drift.verdict import State
from monitor.ledgers import QUESTIONS
from monitor.pipeline.audit.page_budget import days_of, used_ratio
from monitor.pipeline.timeline.sightings import split_of
from monitor.publish.view import View
from monitor.telemetry.events import Labels
from monitor.telemetry.readings import Reading

_RANKS = {state.value: state.rank for state in State}
"""Larger is worse."""
_ALARMING = State.SUSPECT.rank
OTHER = "other"
"""Label of environments that no comparison names: telemetry decides how many there are."""
_SUMS = {
    "flows": ("reference_flows", "covered_flows", 1),
    "traffic": ("reference_weight", "covered_weight", UNIT_WEIGHT),
    "failures": ("failing_weight", "covered_failing_weight", UNIT_WEIGHT),
}
"""Per weight: what was observed, what was covered, and how many of the sum's units make one flow."""


@dataclass(slots=True)
class Subject:
    """A flow in a comparison: its weight in the reference (1/1024), its units, and every verdict on it."""

    comparison: str
    flow: str
    weight: int = 0
    units: int = 0
    verdicts: list[Mapping[str, Any]] = field(default_factory=list)

    @property
    def place(self) -> tuple[int, int, str, str]:
        """Sorts alarming subjects first, then by traffic, then by name."""
        worst = max((_RANKS[verdict["state"]] for verdict in self.verdicts), default=0)
        return (-worst if worst >= _ALARMING else 0, -self.weight, self.comparison, self.flow)

    def by_dimension(self) -> Iterator[tuple[Labels, list[Mapping[str, Any]]]]:
        """The verdicts of each dimension, with the labels of its series."""
        for dimension in sorted({str(verdict["dimension"]) for verdict in self.verdicts}):
            labels = (("comparison", self.comparison), ("flow", self.flow), ("dimension", dimension))
            yield labels, [verdict for verdict in self.verdicts if verdict["dimension"] == dimension]


def product_readings(view: View, cap: int) -> Iterator[Reading]:
    """Everything that the view says, with drift series for at most `cap` flows."""
    for name, record in view.comparisons():
        yield from _coverage(name, record.get("sums", {}))
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
    tallies = [summary["tallies"] for summary in view.under("summary")]
    yield Reading("flowdrift_monitor_duplicate_flows_total", sum(t["duplicate_flows"] for t in tallies))
    suppressed = sum(tally.get("alerts_suppressed", 0) for tally in tallies)
    yield Reading("flowdrift_alerts_suppressed_total", suppressed)
    yield from _flows(view, tallies)
    budgets = [summary.get("false_pages_per_30d", 1.0) for summary in view.under("summary")]
    used = used_ratio(days_of(view.under("summary")), min(budgets)) if budgets else 0.0
    yield Reading("flowdrift_false_page_budget_used_ratio", used)
    silent = max((tally["silent_sources"] for tally in tallies), default=0)
    yield Reading("flowdrift_monitor_silent_source_partitions", silent)
    named = view.records.get("summary/0", {}).get("strangers", {})
    yield Reading("flowdrift_monitor_uncompared_environments", len(named))
    yield Reading("flowdrift_monitor_split_traces", split_of(view.under("summary"))["split"])


def _flows(view: View, tallies: Iterable[Mapping[str, Any]]) -> Iterator[Reading]:
    """Flows of every side of what is shown, also of one that has none, and of what is compared and arrived.

    The rest, however many, counts as one.
    """
    sides = ("reference", "candidate")
    compared = {record["comparison"][side] for _, record in view.comparisons() for side in sides}
    compared |= {name for summary in view.under("summary") for name in summary.get("compared", ())}
    flows: Counter[str] = Counter(dict.fromkeys(sorted(compared), 0))
    for tally in tallies:
        for environment, count in tally["flows"].items():
            flows[environment if environment in compared else OTHER] += count
    for environment, count in flows.items():
        yield Reading("flowdrift_monitor_flows_total", count, (("environment", environment),))


def _questions() -> Iterator[Reading]:
    """What a drift of each dimension does, for the rules of alerts."""
    for name, asked in QUESTIONS.items():
        labels = (("dimension", name), ("severity", asked.severity.of_alert), ("alert", asked.alert))
        yield Reading("flowdrift_dimension_info", 1, labels)


def _coverage(comparison: str, sums: Mapping[str, int]) -> Iterator[Reading]:
    """Numerators and denominators, so that ratios are made once, by a recording rule."""
    labels = (("comparison", comparison),)
    yield Reading("flowdrift_evidence_units_total", sums.get("units", 0), labels)
    for weight, (observed, covered, unit) in _SUMS.items():
        weighted = (*labels, ("weight", weight))
        yield Reading("flowdrift_coverage_observed", sums.get(observed, 0) / unit, weighted)
        yield Reading("flowdrift_coverage_covered", sums.get(covered, 0) / unit, weighted)


def _lost(view: View) -> Iterator[Reading]:
    """Each candidate environment once, however many comparisons name it."""
    lost = {record["comparison"]["candidate"]: record.get("lost") for _, record in view.comparisons()}
    for environment, known in lost.items():
        yield Reading("flowdrift_telemetry_lost", float(bool(known)), (("environment", environment),))


def _span_loss(view: View) -> Iterator[Reading]:
    """Each compared environment once; nothing of one whose spans could not be missed."""
    found = {
        record["comparison"][side]: ratio
        for _, record in view.comparisons()
        for side, ratio in record["comparison"].get("span_loss", {}).items()
        if ratio is not None
    }
    for environment, ratio in found.items():
        yield Reading("flowdrift_span_loss_ratio", ratio, (("environment", environment),))


def subjects_of(view: View) -> Collection[Subject]:
    """Every flow of every comparison that is shown, with the verdicts of its own record and of the whole."""
    subjects: dict[tuple[str, str], Subject] = {}
    shown = {name for name, _ in view.comparisons()}
    for record in view.under("flow"):
        if record["comparison"] not in shown:
            continue
        subject = Subject(record["comparison"], record["flow"], record["reference_weight"])
        subject.units = record["candidate_units"]
        subject.verdicts.extend(record["verdicts"])
        subjects[subject.comparison, subject.flow] = subject
    for comparison, record in view.comparisons():
        for verdict in record.get("verdicts", ()):
            key = (comparison, verdict["flow"])
            subjects.setdefault(key, Subject(*key)).verdicts.append(verdict)
    return subjects.values()


def _drift(labels: Labels, verdicts: list[Mapping[str, Any]]) -> Iterator[Reading]:
    ranks = [_RANKS[verdict["state"]] for verdict in verdicts]
    worst = max(ranks)
    for state, rank in _RANKS.items():
        yield Reading("flowdrift_drift_state", float(rank == worst), (*labels, ("state", state)))
    yield Reading("flowdrift_drift_score", max(float(v["effect"]) for v in verdicts), labels)
    alarming = (v for v, rank in zip(verdicts, ranks, strict=True) if rank >= _ALARMING)
    onsets = [int(v["onset"]) for v in alarming if v["onset"] is not None]
    if onsets:
        yield Reading("flowdrift_drift_onset_timestamp_seconds", min(onsets) / 1000, labels)
