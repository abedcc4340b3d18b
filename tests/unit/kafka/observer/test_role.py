"""Which topics an observer subscribes to."""

import re

import pytest

from monitor.kafka.client.topics import source_pattern
from monitor.kafka.settings import KafkaSettings, TracesSettings


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
        (("^.*",), "flowdrift-rekeyed", False),
        (("flowdrift-rekeyed",), "flowdrift-rekeyed", True),
    ],
)
def test_names_and_patterns_select_topics(topics: tuple[str, ...], topic: str, wanted: bool) -> None:
    """A name is itself alone, '^' begins a pattern, and our own topics are never read as traces."""
    settings = KafkaSettings(traces=TracesSettings(topics=topics))
    assert bool(re.match(source_pattern(settings), topic)) == wanted
