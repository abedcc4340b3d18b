"""The catalogue of metrics as the tables of deploy/metrics.md."""

from collections.abc import Mapping

from monitor.telemetry.broken import GROUPS, SPANS
from monitor.telemetry.catalogue import METRICS
from monitor.telemetry.metric import Metric


def markdown() -> str:
    """The catalogue as deploy/metrics.md."""
    head = (
        "# Metrics\n\n"
        "Generated from `monitor/telemetry/catalogue.py`. *Over replicas* says how to aggregate: `sum` what\n"
        "each process owns, `max` what every process with the `api` role knows of the whole fleet.\n\n"
        "| metric | kind | labels | unit | over replicas | meaning | remedy |\n"
        "| --- | --- | --- | --- | --- | --- | --- |\n"
    )
    return head + "".join(_row(metric) + "\n" for metric in METRICS) + _anomalies()


def _row(metric: Metric) -> str:
    labels = ", ".join(f"`{label}`" for label in metric.labels) or "none"
    said = (metric.kind, labels, metric.unit, metric.scope, metric.meaning, metric.remedy)
    return f"| `{metric.name}` | {' | '.join(said)} |"


def _anomalies() -> str:
    """What the values of the label `anomaly` mean."""
    head = "\n## Broken telemetry\n\nNothing of this stops the monitor; all of it is counted.\n"
    return (
        head
        + _table("flowdrift_monitor_broken_spans_total", SPANS)
        + _table("flowdrift_monitor_broken_groups_total", GROUPS)
    )


def _table(metric: str, anomalies: Mapping[str, str]) -> str:
    lines = "".join(f"| `{name}` | {meaning} |\n" for name, meaning in anomalies.items())
    return f"\n| anomaly of `{metric}` | meaning |\n| --- | --- |\n{lines}"
