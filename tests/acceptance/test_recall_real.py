"""Recall on real telemetry: passed runs of Train Ticket's tests as tests, failed ones as production.

In two of the cases most tests failed by waiting in vain: their traces show no failure, and are none here.
"""

import gzip
import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest

from monitor.drift.recall import Recall
from monitor.drift.records.failure import Standing
from monitor.replay import capture, compare
from monitor.settings import load

pytestmark = [pytest.mark.slow, pytest.mark.realdata]
PASSED = 300
"""Traces of passed tests: enough to show which flows are exercised."""


def recall_of(folder: Path, case: str, directory: Path) -> Recall:
    """What a replay says of a case's failed traces, held against passed ones."""
    passed = directory / "passed.jsonl"
    with gzip.open(folder / f"{case}-pass.jsonl.gz", "rt") as file:
        passed.write_text("".join(islice(file, PASSED)))
    sides = capture("reference", [str(folder / f"{case}-fail.jsonl.gz")]), capture("candidate", [str(passed)])
    return compare(*sides, load(None, offline=True), lambda *_: None, lambda _: None).recall


def faulty(labels: Path) -> Iterator[tuple[str, str]]:
    """Id and faulty service of each failed trace whose label names one."""
    with gzip.open(labels, "rt") as file:
        said = [json.loads(line) for line in file]
    known = ((each["trace_id"], each["faulty_service"]) for each in said if each["failed"])
    return ((trace, service) for trace, service in known if service not in (None, "unknown"))


@pytest.mark.parametrize(("case", "failures", "kinds"), [("f1", 980, 3), ("f5", 10, 2)])
def test_the_faulty_service_is_named(
    realdata: Path, tmp_path: Path, case: str, failures: int, kinds: int
) -> None:
    """Every failure that a trace shows is of one of a few kinds, each of which names the faulty service."""
    folder = realdata / "mepfl-rw"
    recall = recall_of(folder, case, tmp_path)
    assert sum(kind.traces for kind in recall.escapes) == failures
    assert 0 < len(recall.escapes) <= kinds
    assert {kind.state for kind in recall.escapes} <= {Standing.ESCAPED, Standing.UNJUDGED}
    labels = dict(faulty(folder / f"{case}-labels.jsonl.gz"))
    named = {
        (kind.service, labels[trace])
        for kind in recall.escapes
        for trace in kind.reference
        if trace in labels
    }
    assert named
    assert {service for service, _ in named} == set(dict(named).values())
    assert all(service == blamed for service, blamed in named)
