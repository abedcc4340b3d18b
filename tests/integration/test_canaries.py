"""Values that telemetry carries are found in nothing that the daemon says of itself."""

import asyncio
from pathlib import Path

import pytest

from monitor.telemetry.events import HINT, RECORD_REJECTED
from tests.acceptance import planting
from tests.acceptance.test_no_value_is_stored import broken_records
from tests.canaries import found
from tests.integration.daemon import Daemon
from tests.integration.kafka_client import create_topic, write
from tests.integration.observing import name
from tests.integration.test_daemon import _metrics, _settings

PAGES = ("/metrics", "/readyz?verbose", "/api/v1/report", "/api/v1/flows", "/api/v1/runs")


@pytest.mark.fault("personal data")
def test_the_daemon_says_no_value(kafka: str, tmp_path: Path) -> None:
    """What it read, and what it could not read, stands neither in its log, nor in metrics, nor in answers."""
    prefix, values = name(), planting.everything()[::7]
    records = [
        *planting.payloads("otlp_proto", values, "production", 1),
        *planting.payloads("otlp_proto", values, "integration", len(values) + 1),
        *broken_records(),
    ]
    asyncio.run(create_topic(kafka, f"{prefix}-spans"))
    asyncio.run(write(kafka, f"{prefix}-spans", *records))
    with Daemon(tmp_path, **_settings(kafka, prefix)) as daemon:
        counted = ("flowdrift_monitor_flows_total production", "flowdrift_monitor_flows_total integration")
        daemon.until(lambda: all(_metrics(daemon).get(each) for each in counted), "flows arrive")
        daemon.until(lambda: HINT.name in daemon.log, "it has looked for hints")
        answers = {page: daemon.ask(page) for page in PAGES}
        assert daemon.terminate()[0] == 0
        assert daemon.log.count(RECORD_REJECTED.name) == len(broken_records())
    said = {page: text for page, (_, text) in answers.items()} | {"log": daemon.log}
    assert {page: found(text) for page, text in said.items() if found(text)} == {}
    assert [status for status, _ in answers.values()] == [200] * len(PAGES)
