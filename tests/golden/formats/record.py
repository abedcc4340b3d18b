"""Records what this release writes: `python -m tests.golden.formats.record DIRECTORY`.

Each file holds one random log of the flows topic (`tests/laws/auditor_world.py`), the checkpoints that an
auditor leaves on the way, each shard at another offset, and what it says on the verdicts topic at the end.
"""

import gzip
import sys
from base64 import b64encode
from pathlib import Path

import orjson

from monitor.pipeline.audit.auditor import PartitionAuditor, entry_key
from tests.laws.auditor_world import SHARDS, World

SEEDS = (1, 3, 8)
"""Worlds with duplicates, late evidence, alerts, bad records and all commands among them."""


def recorded(seed: int) -> bytes:
    """One world as JSON: `log` as [append time, text], `checkpoints` by entry key, `records` by their key."""
    entries = World(seed).entries
    stands = {(number + 1) * len(entries) // (SHARDS + 2): number for number in range(SHARDS)}
    auditor = PartitionAuditor(0, SHARDS, 1, {})
    checkpoints: dict[str, str] = {}
    for offset, (at, value) in enumerate(entries):
        auditor.apply(offset, at, value)
        if (number := stands.get(offset)) is not None:
            entry = auditor.checkpoint(number)
            checkpoints[entry_key(0, number, SHARDS)] = b64encode(entry).decode()
    return orjson.dumps(
        {
            "log": [[at, value.decode()] for at, value in entries],
            "checkpoints": checkpoints,
            "records": {key: orjson.loads(value) for key, value in auditor.all_records().items()},
        }
    )


def main(directory: Path) -> None:
    """Write a file per world."""
    directory.mkdir(exist_ok=True)
    for seed in SEEDS:
        (directory / f"world-{seed}.json.gz").write_bytes(gzip.compress(recorded(seed), mtime=0))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
