"""Upgrades from the releases whose formats are recorded here, and the way back.

Every case folds a recorded log of the flows topic: what its flows add up to is known from the release that
wrote it.
"""

import gzip
import subprocess
import sys
import tarfile
from base64 import b64decode, b64encode
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

import orjson
import pytest
from structlog.testing import capture_logs

from monitor.base.steps import result_of
from monitor.flows.codec import decode, encode
from monitor.kafka.auditor.checkpoints import entries_of, restoring
from monitor.kafka.client.auditors import version_read
from monitor.pipeline.audit.auditor import PartitionAuditor, entry_key
from tests.golden.formats.record import SEEDS
from tests.laws.auditor_world import SHARDS

HERE = Path(__file__).parent
COMMITS = {"0.1": "e1a31ac"}
"""The commits of the releases, whose code plays the older side."""
Log = list[tuple[int, bytes]]
Counts = dict[str, tuple[int, int]]


class World(NamedTuple):
    """What a release recorded: its log, the checkpoints that it left on the way, its verdicts at the end."""

    log: Log
    checkpoints: list[tuple[bytes, bytes]]
    records: Mapping[str, Any]


@pytest.fixture(params=[f"{release}/world-{seed}" for release in COMMITS for seed in SEEDS])
def world(request: pytest.FixtureRequest) -> World:
    """Each recorded world in turn."""
    plain = orjson.loads(gzip.decompress((HERE / f"{request.param}.json.gz").read_bytes()))
    table = [(key.encode(), b64decode(entry)) for key, entry in plain["checkpoints"].items()]
    return World([(at, value.encode()) for at, value in plain["log"]], table, plain["records"])


def auditor_of(world: World) -> PartitionAuditor:
    """The auditor of this release, restored from the checkpoints of the release before."""
    return result_of(restoring(0, SHARDS, 1, entries_of(0, SHARDS, world.checkpoints)))


def fold(log: Log, auditor: PartitionAuditor) -> PartitionAuditor:
    """Fold a log from where `auditor` stands."""
    begin = auditor.next_offset
    for offset, (at, value) in enumerate(log[begin:], begin):
        auditor.apply(offset, at, value)
    return auditor


def counts(records: Mapping[str, Any]) -> Counts:
    """Per flow and comparison the traces of both sides, as weights."""
    flows = {key: record for key, record in records.items() if key.startswith("flow/")}
    return {key: (flow["reference_weight"], flow["candidate_weight"]) for key, flow in flows.items()}


def records_of(auditor: PartitionAuditor) -> dict[str, Any]:
    return {key: orjson.loads(value) for key, value in auditor.all_records().items()}


def counted(auditor: PartitionAuditor) -> Counts:
    return counts(records_of(auditor))


def rewritten(value: bytes) -> bytes:
    """A record of flows as observers of this release write it; whatever else stays as it is."""
    if not value.startswith(b"{"):
        return value
    record = decode(value)
    return encode(record) if record.header else value


def test_checkpoints_of_the_release_before_are_restored(world: World) -> None:
    """Every shard goes on from the offset at which the older auditor left it: none begins anew."""
    with capture_logs() as lines:
        auditor = auditor_of(world)
    assert lines == []
    assert auditor.next_offset == 1 + len(world.log) // (SHARDS + 2)


def test_an_upgraded_auditor_counts_every_flow_once(world: World) -> None:
    """Its references are those of the older auditor, and what follows is added to them."""
    assert counted(fold(world.log, auditor_of(world))) == counts(world.records)
    assert counts(world.records)


def test_a_new_fold_of_an_old_log_counts_the_same(world: World) -> None:
    """Without any checkpoint the records of the release before give its numbers."""
    assert counted(fold(world.log, PartitionAuditor(0, SHARDS, 1, {}))) == counts(world.records)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.6, 0.9])
def test_old_and_new_observers_are_folded_alike(world: World, share: float) -> None:
    """Wherever in the log the observers are upgraded, every flow is counted once."""
    switch = int(share * len(world.log))
    log = [*world.log[:switch], *((at, rewritten(value)) for at, value in world.log[switch:])]
    assert counted(fold(log, auditor_of(world))) == counts(world.records)


def test_old_and_new_observers_at_once_are_folded_alike(world: World) -> None:
    """A flow that an observer of each release publishes, in its own format, is counted once."""
    log = [(at, each) for at, value in world.log for each in (value, rewritten(value))]
    assert counted(fold(log, PartitionAuditor(0, SHARDS, 1, {}))) == counts(world.records)


# The older side: its own code, in a process of its own.

FOLD = (HERE / "0.1" / "fold.txt").read_text(encoding="utf-8")
"""A program for the tree of 0.1, in which modules have the names of that time."""


@pytest.fixture(scope="module")
def older(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package of the first release, from the history of this repository."""
    command = ["git", "archive", f"{COMMITS['0.1']}^{{tree}}", "monitor"]
    archive = subprocess.run(command, cwd=HERE.parents[2], capture_output=True, check=False)
    if archive.returncode:
        pytest.skip(f"commit {COMMITS['0.1']} is not in this checkout")
    folder = tmp_path_factory.mktemp("older")
    with tarfile.open(fileobj=BytesIO(archive.stdout)) as files:
        files.extractall(folder, filter="data")
    return folder


def asked(older: Path, table: list[tuple[bytes, bytes]], log: Log) -> dict[str, Any]:
    """What the older auditor makes of these checkpoints and this log."""
    given = {
        "shards": SHARDS,
        "table": [(key.decode(), b64encode(entry).decode()) for key, entry in table],
        "log": [(at, b64encode(value).decode()) for at, value in log],
    }
    answer = subprocess.run(
        [sys.executable, "-c", FOLD],
        input=orjson.dumps(given),
        cwd=older,
        env={"PYTHONPATH": str(older)},
        stdout=subprocess.PIPE,
        check=True,
    )
    plain: dict[str, Any] = orjson.loads(answer.stdout)
    return plain


def upgraded_table(world: World) -> list[tuple[bytes, bytes]]:
    """The table after an auditor of this release has written its checkpoints beside the older ones."""
    auditor = fold(world.log, auditor_of(world))
    written = [
        (entry_key(0, number, SHARDS).encode(), auditor.checkpoint(number)) for number in range(SHARDS)
    ]
    return list(dict([*world.checkpoints, *written]).items())


def test_an_older_auditor_refuses_newer_state(older: Path, world: World) -> None:
    """It neither reads nor overwrites it, and says what to do."""
    refused = asked(older, upgraded_table(world), world.log)["refused"]
    assert "ConfigurationError" in refused and "newer flowdrift" in refused


def test_an_older_auditor_applies_new_commands(older: Path, world: World) -> None:
    """What the owner of this release forwards reaches partitions whose auditors are not upgraded yet."""
    log = [(at, encode(decode(value)) if b'"command"' in value else value) for at, value in world.log]
    answer = asked(older, world.checkpoints, log)
    assert answer["records"] == world.records


def test_the_first_release_skips_newer_records(older: Path, world: World) -> None:
    """It counts them and goes on, so that flows are lost: observers that write them wait for it to leave."""
    log = [(at, value.replace(b'{"v":1,"header"', b'{"v":2,"header"')) for at, value in world.log]
    answer = asked(older, [], log)
    assert answer["undecodable"] > len(world.log) / 2
    assert counts(answer["records"]) == {}
    assert version_read("flowdrift-auditor", "flowdrift-auditor") == 1


def test_the_way_back_is_exact(older: Path, world: World) -> None:
    """Without the newer entries an older auditor goes on from its own, and ends as if nothing had been."""
    left = [(key, entry) for key, entry in upgraded_table(world) if (key, entry) in world.checkpoints]
    answer = asked(older, left, world.log)
    assert answer["next_offset"] == 1 + len(world.log) // (SHARDS + 2)
    assert answer["records"] == world.records
