"""The permissions that are documented."""

from typing import Any

import pytest

from monitor.kafka.client.acls import needed
from monitor.kafka.settings import KafkaSettings


def permitted(**settings: Any) -> dict[str, tuple[str, ...]]:
    return {each.name: each.operations for each in needed(KafkaSettings.model_validate(settings))}


def test_what_is_only_written_is_not_read() -> None:
    """Alerts and dead letters are written, sources read, groups joined; nobody deletes or alters."""
    found = permitted()
    assert found["otlp_spans"] == ("Read", "DescribeConfigs")
    assert found["flowdrift-alerts"] == found["flowdrift-dead-letters"] == ("Create", "Write")
    assert found["flowdrift-flows"] == ("Create", "Read", "Write")
    assert found["flowdrift-observer"] == found["flowdrift-auditor"] == ("Read",)
    assert "flowdrift-rekeyed" not in found


@pytest.mark.parametrize("create", [True, False])
def test_permissions_follow_the_settings(create: bool) -> None:
    """Names, the rekey stage, and whether topics may be created."""
    settings = {"prefix": "fd", "create_topics": create, "traces": {"topics": ["a", "^b.*"], "rekey": True}}
    found = permitted(**settings)
    first = ("Create",) if create else ()
    assert found["fd-rekeyed"] == (*first, "Read", "Write", "DescribeConfigs")
    assert found["fd-rekey"] == ("Read",)
    assert "a" in found and "^b.*" not in found
