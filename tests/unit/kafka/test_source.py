"""Which topics an observer subscribes to."""

import re

import pytest

from monitor.base.clock import ManualClock
from monitor.flows.record import Source
from monitor.kafka.offsets import Place
from monitor.kafka.settings import KafkaSettings, TracesSettings
from monitor.kafka.source import ObserverRole
from monitor.kafka.topics import SourceTopic
from monitor.pipeline.observer import SourceObserver


def unused(source: Source, place: Place, topic: SourceTopic) -> SourceObserver:
    """No partition is opened in these tests."""
    raise AssertionError(source, place, topic)


@pytest.mark.parametrize(
    ("topics", "topic", "wanted"),
    [
        (("spans",), "spans", True),
        (("spans",), "spans-2", False),
        (("spans", "other.spans"), "other.spans", True),
        (("other.spans",), "otherXspans", False),
        (("^otel-.*",), "otel-spans", True),
        (("^otel-.*",), "my-otel-spans", False),
        (("^a$", "b"), "b", True),
        (("^.*",), "flowdrift-flows", False),
        (("^.*",), "flowdrift-flows-of-others", True),
    ],
)
def test_names_and_patterns_select_topics(topics: tuple[str, ...], topic: str, wanted: bool) -> None:
    """A name is itself alone, '^' begins a pattern, and our own topics are never read as traces."""
    settings = KafkaSettings(traces=TracesSettings(topics=topics))
    role = ObserverRole(settings, unused, ManualClock(), reread_ms=1, on_rejected=print)
    assert bool(re.match(role._pattern(), topic)) == wanted
    assert not role.ready
