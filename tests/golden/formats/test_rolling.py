"""A rolling upgrade to the next release and back: one that has a dimension more, and writes more fields."""

import shutil
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import orjson
import pytest

from tests.deploy.files import ROOT
from tests.dimensions.added import NAME, add_to
from tests.golden.formats import folding
from tests.golden.formats.folding import Folded, folded
from tests.golden.formats.record import SEEDS
from tests.laws.auditor_world import SHARDS, Entry, World

Auditor = Callable[[Mapping[str, bytes], list[Entry]], Folded]


@pytest.fixture(scope="module")
def later(tmp_path_factory: pytest.TempPathFactory) -> Auditor:
    """An auditor of the next release, in a process of its own."""
    tree = tmp_path_factory.mktemp("later")
    shutil.copytree(ROOT / "monitor", tree / "monitor", ignore=shutil.ignore_patterns("__pycache__"))
    add_to(tree)

    def fold(table: Mapping[str, bytes], log: list[Entry]) -> Folded:
        command, given = [sys.executable, folding.__file__], folding.asked(SHARDS, table, log)
        done = subprocess.run(
            command, input=given, cwd=tree, env={"PYTHONPATH": str(tree)}, stdout=subprocess.PIPE, check=True
        )
        return folding.answered(done.stdout)

    return fold


def ours(table: Mapping[str, bytes], log: list[Entry]) -> Folded:
    """An auditor of this release."""
    return folded(SHARDS, table, log)


def widened(value: bytes) -> bytes:
    """A record as the next release writes it: with a section, fields of the header and of a command more."""
    if not value.startswith(b"{"):
        return value
    document = orjson.loads(value)
    for part in (document, document.get("header"), document.get("command")):
        if isinstance(part, dict):
            part["later"] = {"any": [1]}
    return orjson.dumps(document)


def written(log: list[Entry], observers: range) -> list[Entry]:
    """The log when observers of the next release write these offsets, as the owner's commands there."""
    return [(at, widened(value) if offset in observers else value) for offset, (at, value) in enumerate(log)]


def flows(records: Mapping[str, Any]) -> dict[str, Any]:
    """The records of flows, without the lines that only the next release has."""
    known = {key: record for key, record in records.items() if key.startswith("flow/")}
    lines = {key: [each for each in known[key]["verdicts"] if each["dimension"] != NAME] for key in known}
    return {key: {**known[key], "verdicts": lines[key]} for key in known}


def later_state(table: Mapping[str, bytes]) -> list[Any]:
    """What checkpoints hold of the next release's dimension, path by path, where it was fed."""

    def found(plain: Any) -> Iterator[Any]:
        if isinstance(plain, dict):
            if isinstance(plain.get("dimensions"), dict) and NAME in plain["dimensions"]:
                yield plain["dimensions"][NAME]
            plain = list(plain.values())
        if isinstance(plain, list):
            for each in plain:
                yield from found(each)

    packed = (orjson.loads(zlib.decompress(table[key])) for key in sorted(table))
    return [each for plain in packed for each in found(plain) if each["units"]]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("order", ["auditors first", "observers first"])
def test_up_and_back_changes_nothing(later: Auditor, order: str, seed: int) -> None:
    """Whoever is upgraded first, and goes back last, every flow has the verdicts of a log without upgrade."""
    log = World(seed).entries
    outer, inner = range(len(log) // 5, 4 * len(log) // 5), range(2 * len(log) // 5, 3 * len(log) // 5)
    observers, auditors = (inner, outer) if order == "auditors first" else (outer, inner)
    mixed = written(log, observers)
    before = ours({}, mixed[: auditors.start])
    upgraded = later(before.table, mixed[: auditors.stop])
    back = ours(upgraded.table, mixed)
    assert flows(back.records) == flows(ours({}, log).records)


def test_forward_again_loses_nothing(later: Auditor) -> None:
    """What the next release knew of its own dimension stands in every checkpoint of this one, as it was."""
    log = World(SEEDS[0]).entries
    upgraded = later({}, log[: len(log) // 2])
    back = ours(upgraded.table, log)
    again = later(back.table, log)
    assert later_state(upgraded.table)
    assert later_state(back.table) == later_state(again.table) == later_state(upgraded.table)
