"""The catalogue of metrics as the table of deploy/metrics.md."""

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
    return head + "".join(_row(metric) + "\n" for metric in METRICS)


def _row(metric: Metric) -> str:
    labels = ", ".join(f"`{label}`" for label in metric.labels) or "none"
    said = (metric.kind, labels, metric.unit, metric.scope, metric.meaning, metric.remedy)
    return f"| `{metric.name}` | {' | '.join(said)} |"
