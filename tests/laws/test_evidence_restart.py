"""What is known of both sides of a path is a pure function of the log: no cut, and no reader, changes it.

The logs come from `evidence_world`; what a cache remembers by identity, or a half-open slice, bucket or run
holds, must come back from its checkpoint as if nothing had happened.
"""

from random import Random

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.drift.records.alert import Alert
from monitor.flows.codec import decode
from monitor.flows.flow import Flow
from monitor.pipeline.audit.auditor import PartitionAuditor
from monitor.pipeline.audit.flow_state import FlowState
from monitor.pipeline.audit.path_state import PathState
from tests.examples import examples
from tests.laws.auditor_world import SHARDS, Entry, fold
from tests.laws.evidence_world import LOW, world
from tests.unit.pipeline.auditing import checkpoints

SAMPLE = range(8)
"""Worlds for tests that need no search."""


def states(seed: int) -> list[FlowState]:
    return fold(world(seed))[0].states()


def test_the_worlds_are_wild_enough() -> None:
    """The random logs hold shifts, epochs, watching, noise floors, and episodes of every dimension."""
    flows = [state for seed in SAMPLE for state in states(seed)]
    sides = [side for state in flows for side in state.sides.values()]
    pasts = [side.past for side in sides if side.past]
    assert sum(len(past.shifts) for past in pasts) > 3
    assert any(shift.began_with.startswith("shop 2") for past in pasts for shift in past.shifts)
    assert any(shift.began_with.startswith("run ci") for past in pasts for shift in past.shifts)
    assert any(past.watching and past.baseline for past in pasts)
    assert any(spread.floor for side in sides for spread in side.times["timing"].spreads.values())
    compared = [known for state in flows for known in state.comparisons.values()]
    assert any(path.places["timing"].streams for known in compared for path in known.paths.values())
    assert any(split.witness for known in compared for split in known.splits.values())
    begun = {name for known in compared for name, episode in known.episodes.items() if episode.ordinal}
    assert begun >= {"structure", "timing", "outcome"}


def resumed(entries: list[Entry], cut: int, reads: Random) -> tuple[PartitionAuditor, list[Alert]]:
    """The fold that is cut before offset `cut` and goes on from its checkpoints, read now and then."""
    before, alerts = fold(entries[:cut])
    after = PartitionAuditor(0, SHARDS, 1, checkpoints(before))
    for offset, (stamp, value) in enumerate(entries[cut:], cut):
        alerts += after.apply(offset, stamp, value)
        if reads.random() < 0.02:
            after.all_records()
    return after, alerts


@examples(25)
@given(seed=st.integers(0, 2**32), cut=st.floats(0, 1))
def test_a_restart_anywhere_changes_nothing(seed: int, cut: float) -> None:
    """Cut at any record and resumed, the log gives the same bytes, records and events as in one piece."""
    entries = world(seed)
    whole, alerts = fold(entries)
    after, again = resumed(entries, round(cut * len(entries)), Random(seed))
    assert again == alerts
    assert checkpoints(after) == checkpoints(whole)
    assert after.all_records() == whole.all_records()


def rows(seed: int, environment: str) -> list[Flow]:
    records = (decode(value) for _, value in world(seed))
    return [flow for one in records for flow in one.flows if flow.environment == environment]


@pytest.mark.parametrize("seed", SAMPLE)
def test_a_side_restored_after_every_row_is_the_side_that_never_was(seed: int) -> None:
    """In the middle of a slice, of a bucket, of a watch: every row finds what it would have."""
    one, other = PathState(), PathState()
    for side in (one, other):
        side.watch()
    for place, flow in enumerate(rows(seed, "production")):
        for side in (one, other):
            side.count(flow, LOW)
            if place % 50 == 0:
                side.renew(LOW, flow.began)
        other = PathState.unpack(orjson.loads(orjson.dumps(other.pack())))
    assert other.pack() == one.pack()
