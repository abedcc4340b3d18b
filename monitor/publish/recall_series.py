"""The metrics of recall: parts of its ratio, how much is open, and a series for each open escape."""

from collections.abc import Iterator

from monitor.base.units import UNIT_WEIGHT
from monitor.drift.recall import kinds_of, recall_of
from monitor.drift.records.failure import FailureKind
from monitor.publish.view import View
from monitor.telemetry.events import Labels
from monitor.telemetry.readings import Reading

MOST_ESCAPES = 50
"""Open escapes of a comparison that have a series, those that fail most; the number of all is there, too."""


def recall_readings(view: View, comparison: str) -> Iterator[Reading]:
    """Everything about the recall of one comparison; client errors are no failures, and in none of it."""
    flows = view.flows(comparison)
    labels = (("comparison", comparison),)
    failed = [kind for kind in kinds_of(flows) if kind.outcome == "failed"]
    yield from _parts([kind for kind in failed if kind.state.counts], labels)
    recall = recall_of(flows)
    yield Reading("flowdrift_open_escapes", recall.open, labels)
    if recall.oldest is not None:
        yield Reading("flowdrift_oldest_escape_timestamp_seconds", recall.oldest / 1000, labels)
    for kind in [kind for kind in failed if kind.state.is_open][:MOST_ESCAPES]:
        about = (*labels, ("flow", kind.flow), ("escape", kind.id))
        yield Reading("flowdrift_escape_since_timestamp_seconds", kind.since / 1000, about)


def _parts(kinds: list[FailureKind], labels: Labels) -> Iterator[Reading]:
    """Numerators and denominators, so that ratios are made once, by a recording rule."""
    shown = [kind for kind in kinds if kind.state.is_recalled]
    for name, some in (("flowdrift_recall_observed", kinds), ("flowdrift_recall_shown", shown)):
        yield Reading(name, len(some), (*labels, ("weight", "signatures")))
        failures = sum(kind.weight for kind in some) / UNIT_WEIGHT
        yield Reading(name, failures, (*labels, ("weight", "failures")))
