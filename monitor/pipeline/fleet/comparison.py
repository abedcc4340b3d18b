"""The comparison as a whole, from the summaries of all partitions: sums first, ratios last."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from monitor.drift.policy import Comparison
from monitor.ledgers import LEDGERS
from monitor.ledgers.ledger import Fleet
from monitor.pipeline.audit.span_loss import lost_of
from monitor.pipeline.audit.span_loss import ratio as ratio_lost
from monitor.pipeline.audit.summary import COUNTS, LISTED
from monitor.pipeline.timeline.sightings import split_of


def comparison_record(comparison: Comparison, summaries: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Value of `comparison/NAME`: what is compared, the input, what is lost, ledgers, verdicts."""
    parts = [s["comparisons"][comparison.name] for s in summaries if comparison.name in s["comparisons"]]
    lost = lost_of(summaries)
    sums = {name: sum(part.get(name, 0) for part in parts) for name in COUNTS} if parts else {}
    missing = _busiest([entry for part in parts for entry in part["missing"]])
    dead = _by_name([entry for part in parts for entry in part["dead"]])
    aside = _busiest([entry for part in parts for entry in part.get("out_of_scope", ())])
    fleet = Fleet(comparison.reference, comparison.candidate, sums, missing, dead, aside)
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
        **{ledger.name: ledger.section(fleet) for ledger in LEDGERS},
        "sums": sums,
        "split": split_of(summaries),
        "verdicts": [line.plain() for ledger in LEDGERS for line in ledger.lines(fleet)],
    }


def flows_of(summaries: Iterable[Mapping[str, Any]]) -> Counter[str]:
    """Closed flows by environment, over all partitions."""
    flows: Counter[str] = Counter()
    for each in summaries:
        flows.update(each.get("tallies", {}).get("flows", {}))
    return flows


def _busiest(entries: list[list[Any]]) -> list[list[Any]]:
    return sorted(entries, key=lambda entry: (-entry[1], entry[0]))[:LISTED]


def _by_name(entries: list[list[Any]]) -> list[list[Any]]:
    return sorted(entries, key=lambda entry: str(entry[0]))[:LISTED]
