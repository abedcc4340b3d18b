"""Captured telemetry through Apache Kafka and through `replay`: the same report."""

import asyncio
import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from monitor.demo.process import free_port
from tests.integration.kafka_client import create_topic
from tests.integration.real_feed import (
    MINUTE_MS,
    Captured,
    captured,
    last_ms,
    lines_of,
    messages,
    produce,
    shifted,
    write_jsonl,
)

GATEWAY = "frontend hipstershop.Frontend/Recv."
TOPICS = {"production": "boutique-production", "integration": "boutique-integration"}
PARTITIONS = 3
LIMIT_SECONDS = 300.0

pytestmark = [pytest.mark.kafka, pytest.mark.realdata]


def configuration(bootstrap: str, port: int) -> dict[str, Any]:
    """What a user would write for these two topics."""
    return {
        "kafka": {
            "brokers": [bootstrap],
            "prefix": "boutique",
            "initial_offset": "earliest",
            "flows": {"partitions": 3, "shards": 4},
            "traces": {"topics": list(TOPICS.values())},
        },
        "flows": {"pass_through": [GATEWAY]},
        "api": {"host": "127.0.0.1", "port": port},
    }


@contextmanager
def daemon(config: Path, log: Path) -> Iterator[None]:
    """`flowdrift run` with all roles; SIGTERM must end it cleanly."""
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "monitor", "run", "--config", str(config)], stdout=out, stderr=out
        )
        try:
            yield
            process.terminate()
            assert process.wait(30) == 0
        finally:
            process.kill()
            process.wait()


def reported(port: int) -> dict[str, Any] | None:
    """The report, or None while there is none."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/report", timeout=5) as answer:
            plain: dict[str, Any] = json.load(answer)
            return plain
    except (urllib.error.URLError, ConnectionError):
        return None


def report_once(port: int, spans: int, units: int) -> dict[str, Any]:
    """The report as soon as it speaks of `spans` spans and `units` units."""
    deadline = time.monotonic() + LIMIT_SECONDS
    last = None
    while time.monotonic() < deadline:
        last = reported(port)
        if last and (last["input"]["spans"], last["comparison"]["units"]) == (spans, units):
            return last
        time.sleep(0.5)
    pytest.fail(f"no report of {spans} spans and {units} units; the last one: {last and last['input']}")


def replayed(config: Path, reference: Path, candidate: Path) -> dict[str, Any]:
    """What `flowdrift replay -o json` prints."""
    command = [sys.executable, "-m", "monitor", "replay", "-o", "json", "--config", str(config)]
    files = ["--reference", f"production={reference}", "--candidate", f"integration={candidate}"]
    done = subprocess.run([*command, *files], capture_output=True, check=True, timeout=LIMIT_SECONDS)
    plain: dict[str, Any] = json.loads(done.stdout)
    return plain


def placed(normal: list[Captured], fault: list[Captured]) -> dict[str, list[Captured]]:
    """Shifted by whole minutes, so that the candidate ends now and the reference before it begins."""
    now = int(time.time() * 1000)
    candidate = shifted(fault, (now - last_ms(fault)) // MINUTE_MS * MINUTE_MS)
    begins = min(one.span.start for one in candidate) // 1_000_000
    reference = shifted(normal, (begins - last_ms(normal)) // MINUTE_MS * MINUTE_MS)
    return {"production": reference, "integration": candidate}


BY_ORDER = ("timing", "outcome")
"""Production's hours are counted in the order of arrival, which three partitions do not keep to the row."""


def verdicts(report: dict[str, Any]) -> set[tuple[str, ...]]:
    """What is claimed about what, without numbers, by the dimensions that do not depend on order."""
    names = ("flow", "outcome", "dimension", "subject", "service", "state")
    lines = (line for line in report["verdicts"] if line["dimension"] not in BY_ORDER)
    return {tuple(line[name] for name in names) for line in lines}


def by_order(report: dict[str, Any], *states: str) -> set[tuple[str, ...]]:
    """About what the other dimensions claim one of these states."""
    names = ("flow", "outcome", "dimension", "subject")
    lines = (line for line in report["verdicts"] if line["dimension"] in BY_ORDER and line["state"] in states)
    return {tuple(line[name] for name in names) for line in lines}


def test_kafka_and_replay_give_the_same_report(kafka: str, realdata: Path, tmp_path: Path) -> None:
    """The same captured traces give the same report through Kafka and through replay."""
    capture = realdata / "ob-0822"
    normal = list(captured(lines_of(capture / "normal.jsonl.gz")))
    sides = placed(normal, list(captured(lines_of(capture / "fault-03.jsonl.gz"))))
    files = {side: tmp_path / f"{side}.jsonl.gz" for side in sides}
    for side, spans in sides.items():
        write_jsonl(files[side], spans)
    port = free_port()
    config = tmp_path / "flowdrift.yaml"
    config.write_text(yaml.safe_dump(configuration(kafka, port)), encoding="utf-8")
    offline = replayed(config, files["production"], files["integration"])

    for side, spans in sides.items():
        asyncio.run(create_topic(kafka, TOPICS[side], PARTITIONS))
        asyncio.run(produce(kafka, TOPICS[side], messages(spans, side)))
    log = tmp_path / "daemon.log"
    with daemon(config, log):
        online = report_once(port, offline["input"]["spans"], offline["comparison"]["units"])

    assert verdicts(online) == verdicts(offline)
    # What stands close to a threshold may be on either side of it: what one is sure of, the other finds.
    for one, other in ((online, offline), (offline, online)):
        assert by_order(one, "drift") <= by_order(other, "drift", "suspect")
    assert by_order(online, "drift", "suspect") and by_order(offline, "drift", "suspect")
    # How long production has been watched is by log time, whose end three partitions reach one by one.
    watched = [report["coverage"].pop("watched_ms") for report in (online, offline)]
    assert watched[0] == pytest.approx(watched[1], rel=0.05)
    assert online["coverage"] == offline["coverage"]
    for name in ("spans", "traces", "flows", "duplicates", "rejected"):
        assert online["input"][name] == offline["input"][name], name
    for name in ("late", "incomplete"):
        assert online["input"][name] == pytest.approx(offline["input"][name], rel=0.001, abs=1), name
