"""What auditors say of themselves in the ids of their Kafka clients."""

import pytest

from monitor.flows.record import VERSION
from monitor.kafka.client.auditors import client_id, version_read


@pytest.mark.parametrize(
    ("client", "version"),
    [
        ("flowdrift-auditor", 1),
        ("flowdrift-auditor-reads-2", 2),
        ("flowdrift-auditor-reads-12", 12),
        ("flowdrift-auditor-reads-2@pod-1:77", 2),
        ("", None),
        ("flowdrift-auditor-", None),
        ("other.flowdrift-auditor", None),
    ],
)
def test_a_client_id_says_what_its_auditor_reads(client: str, version: int | None) -> None:
    """The first release had no number in it; ids of others say nothing."""
    assert version_read("flowdrift-auditor", client) == version


def test_a_client_id_is_read_as_it_is_written() -> None:
    """By this release, with the host and the process that it names."""
    assert version_read("flowdrift-auditor", client_id("flowdrift-auditor")) == VERSION
