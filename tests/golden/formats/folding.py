"""Folds a log from a table of checkpoints: here, or as a program that imports another release.

`PYTHONPATH=TREE python folding.py` reads the arguments of `folded` as JSON and writes what it gives as JSON,
with bytes in base64. It imports nothing but the release itself.
"""

import sys
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from monitor.base.steps import result_of
from monitor.kafka.auditor.checkpoints import entries_of, restoring
from monitor.pipeline.audit.auditor import entry_key


class Folded(NamedTuple):
    """What an auditor leaves when it stops: its checkpoints by key, and what it published."""

    table: Mapping[str, bytes]
    records: Mapping[str, Any]


def folded(shards: int, table: Mapping[str, bytes], log: Sequence[tuple[int, bytes]]) -> Folded:
    """Fold a log, of append times and values, from where the checkpoints in `table` stand."""
    entries = ((key.encode(), entry) for key, entry in table.items())
    auditor = result_of(restoring(0, shards, 1, entries_of(0, shards, entries)))
    begin = auditor.next_offset
    for offset, (at, value) in enumerate(log[begin:], begin):
        auditor.apply(offset, at, value)
    written = {entry_key(0, number, shards): auditor.checkpoint(number) for number in range(shards)}
    return Folded(written, {key: orjson.loads(value) for key, value in auditor.all_records().items()})


def asked(shards: int, table: Mapping[str, bytes], log: Iterable[tuple[int, bytes]]) -> bytes:
    """The arguments of `folded` as JSON."""
    plain = {key: b64encode(entry).decode() for key, entry in table.items()}
    return orjson.dumps([shards, plain, [(at, b64encode(value).decode()) for at, value in log]])


def answered(answer: bytes) -> Folded:
    """What `folded` gave, from JSON."""
    table, records = orjson.loads(answer)
    return Folded({key: b64decode(entry) for key, entry in table.items()}, records)


def main() -> None:
    """Answer one question."""
    shards, table, log = orjson.loads(sys.stdin.buffer.read())
    given = {key: b64decode(entry) for key, entry in table.items()}
    made = folded(shards, given, [(at, b64decode(value)) for at, value in log])
    plain = {key: b64encode(entry).decode() for key, entry in made.table.items()}
    sys.stdout.buffer.write(orjson.dumps([plain, made.records]))


if __name__ == "__main__":
    main()
