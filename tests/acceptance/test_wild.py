"""Captures of real systems, broken as they are: all of it is read, and what is odd is counted to the span."""

import gzip
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.wire_path import SECOND, WirePath

pytestmark = pytest.mark.realdata

_ENTRIES = (2, 5)


def spans_of(line: bytes) -> Iterator[dict[str, Any]]:
    """The spans of an OTLP/JSON line, by the standard library."""
    for resource in json.loads(line)["resourceSpans"]:
        for scope in resource["scopeSpans"]:
            yield from scope["spans"]


def odd(lines: list[bytes]) -> Counter[str]:
    """What is odd in these traces, one a line, counted by another program than ours."""
    counts: Counter[str] = Counter()
    for line in lines:
        spans = list(spans_of(line))
        ids = {span["spanId"] for span in spans}
        counts["copies"] += len(spans) - len(ids)
        for span in spans:
            begin, end = int(span.get("startTimeUnixNano", 0)), int(span.get("endTimeUnixNano", 0))
            orphan = span.get("parentSpanId", "") not in {"", *ids}
            counts["spans"] += 1
            counts["missing_parent"] += orphan
            counts["orphaned"] += orphan and not span.get("kind", 0)
            counts["unfinished"] += orphan and span.get("kind", 0) not in (0, *_ENTRIES)
            counts["kindless"] += not span.get("kind")
            counts["negative_durations"] += end < begin
            counts["implausible_times"] += begin < 946_684_800 * 10**9
    return counts


@pytest.mark.parametrize("pieces", [1, 5], ids=["a trace in one message", "in five"])
def test_wild(realdata: Path, pieces: int) -> None:
    """No record is refused, no span vanishes, and each anomaly is counted as often as it is there."""
    files = sorted((realdata / "wild").glob("*.jsonl.gz"))
    assert len(files) == 13
    for file in files:
        lines = gzip.decompress(file.read_bytes()).splitlines()
        path, expected = WirePath(encoding="otlp_json"), odd(lines)
        for number, line in enumerate(lines):
            for piece in in_pieces(line, pieces):
                path.send_bytes(number * SECOND, piece)
        path.observer.close_all()
        path.publish()
        tally, counts, broken = path.decoder.tally, path.observer.tallies, path.observer.anomalies
        found = {
            "copies": counts["duplicates"] + broken["shared_id"],
            "spans": counts["spans"],
            "missing_parent": broken["missing_parent"],
            "orphaned": broken["orphaned"],
            "unfinished": broken["unfinished"],
            "kindless": tally.kindless,
            "negative_durations": tally.negative_durations,
            "implausible_times": tally.implausible_times,
        }
        assert found == {name: expected[name] for name in found}, file.name
        assert (tally.undecodable, tally.invalid_ids, path.auditor.undecodable) == (0, 0, 0)
        assert path.counted_flows == (counts["flows"], counts["incomplete"])
        assert broken["orphaned"] <= counts["incomplete"]


def in_pieces(line: bytes, pieces: int) -> Iterator[bytes]:
    """The spans of a trace dealt out to so many messages; no message without any is sent."""
    for piece in range(pieces):
        request = json.loads(line)
        dealt = 0
        for resource in request["resourceSpans"]:
            for scope in resource["scopeSpans"]:
                mine = [span for place, span in enumerate(scope["spans"], dealt) if place % pieces == piece]
                dealt += len(scope["spans"])
                scope["spans"] = mine
        if dealt > piece:
            yield json.dumps(request).encode()
