"""The catalogue of metrics, held to the conventions of Prometheus and to its documentation."""

import re

import pytest

from monitor.telemetry.catalogue import BY_NAME, METRICS
from monitor.telemetry.metric import Kind, Metric, Scope

_each = pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)


def test_names_are_unique() -> None:
    """No metric is declared twice."""
    assert len(BY_NAME) == len(METRICS)


@_each
def test_name_follows_the_conventions(metric: Metric) -> None:
    """Our prefix, snake case, `_total` for counters and only for them, seconds where time is meant."""
    assert re.fullmatch(r"flowdrift_[a-z0-9]+(_[a-z0-9]+)*", metric.name)
    assert metric.name.endswith("_total") == (metric.kind is Kind.COUNTER)
    assert metric.name.endswith("_seconds") == (metric.unit == "seconds")


@_each
def test_it_says_what_to_do(metric: Metric) -> None:
    """Meaning and remedy are sentences, fit for one cell of a table."""
    for text in (metric.meaning, metric.remedy):
        assert text.endswith(".")
        assert "|" not in text
        assert "\n" not in text


@_each
def test_bounded_values_belong_to_a_single_label(metric: Metric) -> None:
    """Series that begin at 0 are those of a counter with one label."""
    assert not metric.values or (len(metric.labels) == 1 and metric.kind is Kind.COUNTER)


@_each
def test_what_a_process_owns_names_no_flow(metric: Metric) -> None:
    """Only what every replica knows has the label `flow`: its series would come and go otherwise."""
    assert "flow" not in metric.labels or metric.scope is Scope.FLEET
