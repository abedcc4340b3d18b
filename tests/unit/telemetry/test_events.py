"""Events: one telling, one line of log, one count."""

import pytest

from monitor.telemetry.catalogue import BY_NAME
from monitor.telemetry.events import EVENTS, RECORD_REJECTED, STARTED, STUCK, Reporter


class _Lines:
    """A log that keeps what it is reported."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str, dict[str, object]]] = []

    def info(self, event: str, **fields: object) -> None:
        self.lines.append(("info", event, fields))

    def warning(self, event: str, **fields: object) -> None:
        self.lines.append(("warning", event, fields))

    def error(self, event: str, **fields: object) -> None:
        self.lines.append(("error", event, fields))


def test_an_event_is_logged_and_counted() -> None:
    """The line has all fields, the metric only its labels."""
    log = _Lines()
    reporter = Reporter(log)
    reporter.report(RECORD_REJECTED, reason="otlp_proto", topic="t", partition=1, offset=7)
    reporter.report(RECORD_REJECTED, 3, reason="otlp_proto", topic="t", partition=1, offset=8)
    assert reporter.counts == {(RECORD_REJECTED.metric, (("reason", "otlp_proto"),)): 4}
    assert log.lines[1] == (
        "warning",
        RECORD_REJECTED.name,
        {"reason": "otlp_proto", "topic": "t", "partition": 1, "offset": 8, "count": 3},
    )


def test_an_event_without_metric_is_only_logged() -> None:
    """An event without a metric is logged and not counted."""
    log = _Lines()
    reporter = Reporter(log)
    reporter.report(STARTED, version="1")
    reporter.report(STUCK, part="observer")
    assert [line[0] for line in log.lines] == ["info", "error"]
    assert not reporter.counts


def test_a_label_needs_its_field() -> None:
    """An event told without a label of its metric is a mistake in the code, not a series named ''."""
    with pytest.raises(KeyError):
        Reporter(_Lines()).report(RECORD_REJECTED, topic="t")


def test_every_metric_of_an_event_is_in_the_catalogue() -> None:
    """Events count nothing that is not declared, and no two share a name."""
    assert {event.metric for event in EVENTS if event.metric} <= set(BY_NAME)
    assert len({event.name for event in EVENTS}) == len(EVENTS)
