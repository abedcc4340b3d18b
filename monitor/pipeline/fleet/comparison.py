"""The comparison as a whole, from the summaries of all partitions: sums first, ratios last."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from monitor.drift.policy import Comparison
from monitor.ledgers.coverage import DEAD_AFTER, never_tested, no_longer
from monitor.pipeline.audit.span_loss import lost_of
from monitor.pipeline.audit.span_loss import ratio as ratio_lost
from monitor.pipeline.audit.summary import COUNTS, LISTED
from monitor.pipeline.timeline.sightings import split_of
from monitor.stats.missing_mass import missing_mass_upper


def comparison_record(comparison: Comparison, summaries: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Value of `comparison/NAME`: what is compared, the input, lost telemetry, coverage, verdicts."""
    parts = [s["comparisons"][comparison.name] for s in summaries if comparison.name in s["comparisons"]]
    lost = lost_of(summaries)
    sums = {name: sum(part[name] for part in parts) for name in COUNTS} if parts else {}
    missing = _busiest([entry for part in parts for entry in part["missing"]])
    dead = _dead([entry for part in parts for entry in part["dead"]], sums)
    names = (comparison.reference, comparison.candidate)
    return {
        "comparison": {
            "reference": comparison.reference,
            "candidate": comparison.candidate,
            "units": sums.get("units", 0),
            "span_loss": {
                "reference": ratio_lost(lost.get(comparison.reference, {})),
                "candidate": ratio_lost(lost.get(comparison.candidate, {})),
            },
        },
        "input": summaries[0]["input"],
        "lost": summaries[0].get("lost", {}).get(comparison.candidate),
        "coverage": coverage(sums, missing, dead),
        "sums": sums,
        "split": split_of(summaries),
        "verdicts": [
            line.plain() for line in (*never_tested(missing, *names, sums), *no_longer(dead, *names, sums))
        ],
    }


def flows_of(summaries: Iterable[Mapping[str, Any]]) -> Counter[str]:
    """Closed flows by environment, over all partitions."""
    flows: Counter[str] = Counter()
    for each in summaries:
        flows.update(each.get("tallies", {}).get("flows", {}))
    return flows


def _busiest(entries: list[list[Any]]) -> list[list[Any]]:
    return sorted(entries, key=lambda entry: (-entry[1], entry[0]))[:LISTED]


def _dead(entries: list[list[Any]], sums: Mapping[str, Any]) -> list[list[Any]]:
    """Flows without production count as dead only once production has shown enough of itself."""
    return (
        sorted(entries, key=lambda entry: str(entry[0]))[:LISTED]
        if sums.get("reference_traces", 0) >= DEAD_AFTER
        else []
    )


def coverage(sums: Mapping[str, Any], missing: list[list[Any]], dead: list[list[Any]]) -> dict[str, Any]:
    """The coverage part of the report; ratios are None where their denominator is 0."""
    weight = sums.get("reference_weight", 0)
    return {
        "flows": ratio(sums.get("covered_flows", 0), sums.get("reference_flows", 0)),
        "traffic": ratio(sums.get("covered_weight", 0), weight),
        "failures": ratio(sums.get("covered_failing_weight", 0), sums.get("failing_weight", 0)),
        "faithful": ratio(sums.get("faithful_weight", 0), weight),
        "unknown_mass": missing_mass_upper(
            sums.get("paths_seen_once", 0), sums.get("paths_seen_twice", 0), sums.get("reference_traces", 0)
        ),
        "missing": [[flow, ratio(part, weight)] for flow, part in missing],
        "dead": dead,
    }


def ratio(part: float, whole: float) -> float | None:
    """Part / whole to six digits; None for a whole of 0."""
    return round(part / whole, 6) if whole else None
