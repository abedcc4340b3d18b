"""The auditor is a fold: what was restored, repeated, split or delayed cannot be reported from what was not.

The logs come from `auditor_world`; the last tests break the auditor on purpose and see it caught.
"""

import os
import subprocess
import sys
import zlib
from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.drift.records.alert import Alert
from monitor.pipeline.audit.auditor import PartitionAuditor, shard_of
from monitor.pipeline.audit.shard import Shard
from tests.laws.auditor_world import FLOWS, SHARDS, Entry, World, fold, without_repeats
from tests.unit.pipeline.auditing import checkpoints

seeds = st.integers(0, 2**32)
SAMPLE = range(20)
"""Worlds that are wild enough together."""
FEW = SAMPLE[:10]
"""Worlds for tests that break the auditor, and see it in nearly each of them."""


def test_the_worlds_are_wild_enough() -> None:
    """The random logs hold duplicates, late evidence, settled runs, units, alerts and bad records."""
    folded = [fold(World(seed).entries) for seed in SAMPLE]
    auditors = [auditor for auditor, _ in folded]
    assert sum(auditor.duplicates for auditor in auditors) > 100
    assert sum(auditor.evidence_dropped for auditor in auditors) > 0
    assert sum(auditor.undecodable for auditor in auditors) > 0
    assert sum(len(alerts) for _, alerts in folded) > 0
    runs = [run for auditor in auditors for run in auditor.timeline.runs.known.values()]
    assert any(run.complete for run in runs)
    assert any(run.end is None for run in runs)


def restored(
    entries: list[Entry], draw: Random
) -> tuple[PartitionAuditor, PartitionAuditor, list[str], list[str]]:
    """The whole fold, and one with every shard restored where `draw` says, or fresh.

    The events of the second, and those it ought to give.
    """
    stands = {number: draw.randrange(-1, len(entries)) for number in range(SHARDS)}
    whole = PartitionAuditor(0, SHARDS, 1, {})
    saved: dict[int, bytes] = {}
    expected: list[str] = []
    for offset, (stamp, value) in enumerate(entries):
        alerts = whole.apply(offset, stamp, value)
        expected += [a.id for a in alerts if offset > told_after(a, stands)]
        saved |= {n: whole.checkpoint(n) for n, stand in stands.items() if stand == offset}
    auditor, events = fold(entries, PartitionAuditor(0, SHARDS, 1, saved))
    return whole, auditor, [event.id for event in events], expected


def told_after(alert: Alert, stands: Mapping[int, int]) -> int:
    """Where the shard of the event's flow stands; for one of no flow, the shard that is furthest behind."""
    flow = alert.flow
    homes = [shard_of(one, SHARDS) for one in FLOWS if str(one) == flow]
    return min(stands[home] for home in homes or stands)


@pytest.mark.fault(1)
@given(seed=seeds, draw=st.integers(0, 2**32))
def test_a_restart_from_any_mix_of_checkpoints_changes_nothing(seed: int, draw: int) -> None:
    """Shards restored at any offsets, in any mix, end in the bytes, records and events of the whole fold."""
    whole, auditor, events, expected = restored(World(seed).entries, Random(draw))
    assert auditor.level
    assert checkpoints(auditor) == checkpoints(whole)
    assert auditor.all_records() == whole.all_records()
    assert sorted(events) == sorted(expected)


@given(seed=seeds)
def test_a_record_that_comes_again_is_skipped(seed: int) -> None:
    """Offsets that were applied before change nothing, and make no event."""
    entries = World(seed).entries
    auditor, _ = fold(entries)
    before = checkpoints(auditor)
    for offset, (stamp, value) in enumerate(entries):
        assert auditor.apply(offset, stamp, value) == []
    assert checkpoints(auditor) == before


def verdict_state(auditor: PartitionAuditor) -> list[Any]:
    """All that verdicts are made from."""
    return [state.pack() for state in auditor.states()]


@pytest.mark.fault(2)
@given(seed=seeds)
def test_rows_published_twice_count_once(seed: int) -> None:
    """The verdict state is that of the log without the rows that zombies and second owners repeat."""
    entries = World(seed).entries
    auditor, alerts = fold(entries)
    clean, clean_alerts = fold(without_repeats(entries))
    assert clean.duplicates == 0
    assert verdict_state(auditor) == verdict_state(clean)
    assert alerts == clean_alerts


def test_the_fold_does_not_depend_on_the_hash_seed() -> None:
    """Two processes with different PYTHONHASHSEED give the same bytes for the same log."""
    code = "from tests.laws.auditor_world import digest; print([digest(seed) for seed in range(3)])"
    told = []
    for hash_seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
        root = Path(__file__).resolve().parents[2]
        done = subprocess.run(
            [sys.executable, "-c", code],
            cwd=root,
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        told.append(done.stdout)
    assert told[0] == told[1]
    assert len(told[0]) > 100


def test_forgetting_names_above_the_low_offset_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """An auditor that forgets the names at or above the low offset counts rows twice, and the law says so."""
    worlds = [World(seed).entries for seed in FEW]
    clean = [verdict_state(fold(without_repeats(entries))[0]) for entries in worlds]
    monkeypatch.setattr(Shard, "forget", lambda self, source, low: self.names.pop(source, None))
    broken = [verdict_state(fold(entries)[0]) for entries in worlds]
    assert broken != clean


def test_heeding_the_records_own_low_offset_first_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """An auditor that hears a record's header before its rows drops what was never counted."""
    worlds = [World(seed).entries for seed in FEW]
    whole = [verdict_state(fold(entries)[0]) for entries in worlds]
    rows = Shard.rows

    def hasty(self: Shard, source: Any, flows: Any, timeline: Any, names: int) -> None:
        later = [flow for flow in flows if flow.offset >= timeline.sources.low(source) + 5]
        rows(self, source, later, timeline, names)

    monkeypatch.setattr(Shard, "rows", hasty)
    assert [verdict_state(fold(entries)[0]) for entries in worlds] != whole


def test_state_and_offset_from_two_records_are_caught() -> None:
    """A checkpoint whose offset is of another moment than its state ends elsewhere than the whole fold."""
    caught = 0
    for seed in FEW:
        entries = World(seed).entries
        middle = len(entries) // 2
        early, late = (checkpoints(fold(entries[:end])[0]) for end in (middle // 2, middle))
        torn = {number: mixed(early[number], late[number]) for number in range(SHARDS)}
        auditor, _ = fold(entries, PartitionAuditor(0, SHARDS, 1, torn))
        caught += checkpoints(auditor) != checkpoints(fold(entries)[0])
    assert caught == len(FEW)


def mixed(state: bytes, offset: bytes) -> bytes:
    """The state of one checkpoint with the timeline of another."""
    one, other = (orjson.loads(zlib.decompress(entry)) for entry in (state, offset))
    return zlib.compress(orjson.dumps([one[0], other[1], one[2]]))
