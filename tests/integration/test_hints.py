"""Hints of the daemon as a process: in the report, at /metrics, and once in the log."""

import asyncio
import json
import uuid
from pathlib import Path

from aiokafka import AIOKafkaProducer

from monitor.base.clock import SystemClock
from monitor.pipeline.timeline.sightings import is_sampled
from tests.factories import EPOCH, span_id
from tests.integration.daemon import Daemon
from tests.integration.kafka_client import create_topic
from tests.unit.wire.requests import request, sent

SAMPLED = [trace for n in range(1000) if is_sampled(trace := n.to_bytes(16, "big"))]
BEGIN = [(300 + 2.5 * n, trace) for n in range(90, 0, -1) if not is_sampled(trace := bytes([n] * 16))]
"""Seconds ago: for two minutes from the first records, what has no root counts as cut off by the start. A
gap would be no time that passes."""
PRODUCTION = {"service.name": "shop", "deployment.environment.name": "production"}


def spans(trace: bytes, parent: bytes = b"") -> bytes:
    """One server span of production; below another one, or a root."""
    one = sent(trace_id=trace, span_id=span_id(7 + len(parent)), parent_id=parent, start=EPOCH, end=EPOCH + 1)
    return request([one], PRODUCTION).SerializeToString()


async def send(broker: str, topic: str) -> None:
    """Roots on partition 0 and what is below them on partition 1."""
    await create_topic(broker, topic, 2)
    now = int(SystemClock().now() * 1000)
    producer = AIOKafkaProducer(bootstrap_servers=broker, acks=-1)
    await producer.start()
    try:
        for partition, parent in ((0, b""), (1, span_id(7))):
            for seconds, trace in (*BEGIN, *((300, trace) for trace in SAMPLED)):
                at = now - int(seconds * 1000)
                await producer.send_and_wait(
                    topic, spans(trace, parent), partition=partition, timestamp_ms=at
                )
    finally:
        await producer.stop()


def test_split_traces_are_told(kafka: str, tmp_path: Path) -> None:
    """Traces on two partitions give a hint in the report, a metric, and one log line with the remedy."""
    prefix = f"t{uuid.uuid4().hex[:12]}"
    asyncio.run(send(kafka, f"{prefix}-spans"))
    settings = {
        "KAFKA__BROKERS": kafka,
        "KAFKA__PREFIX": prefix,
        "KAFKA__TRACES__TOPICS": f"{prefix}-spans",
        "KAFKA__INITIAL_OFFSET": "earliest",
        "KAFKA__FLOWS": '{"partitions": 2, "shards": 4}',
        "COMPARISONS": "[{name: c, reference: production, candidate: integration}]",
        "ASSEMBLY": '{"quiet_gap": "1s", "orphan_wait": "1s", "remote_wait": "1s"}',
    }
    with Daemon(tmp_path, **settings) as daemon:
        daemon.until(lambda: "telemetry suggests a setting" in daemon.log, "a hint is told")
        hints = json.loads(daemon.ask("/api/v1/report")[1])["hints"]
        assert [hint["kind"] for hint in hints] == ["split"]
        assert "kafka.traces.rekey: true" in daemon.log
        assert f"default/{prefix}-spans/0 and default/{prefix}-spans/1" in hints[0]["says"]
        assert f"\nflowdrift_monitor_split_traces {len(SAMPLED)}.0\n" in daemon.ask("/metrics")[1]
        assert daemon.log.count("telemetry suggests a setting") == 1
