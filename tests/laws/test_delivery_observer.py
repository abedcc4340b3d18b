"""The law of delivery, observer half: whatever crashes, every flow counts exactly once."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.traces import assembler
from tests.examples import examples
from tests.factories import span
from tests.laws.delivery_world import Rules, World, uninterrupted
from tests.laws.source_logs import SourceLog, source_log

SEEDS = st.integers(0, 2**32)


@pytest.mark.fault(1, 2)
@examples(60)
@given(SEEDS)
def test_crashes_and_zombies_change_nothing(seed: int) -> None:
    """Under continuous traffic the deduplicated rows equal those of one uninterrupted fold."""
    # Also where the broker keeps no metadata of commits, so that timestamps say where to begin again.
    random = Random(seed)
    log = source_log(random, traces=120, seconds=900, orderly=False)
    world = World(log, random, Rules(), pauses=False, waypoints=random.random() < 0.5)
    assert world.run() == uninterrupted(log)


@pytest.mark.fault(32)
@examples(40)
@given(SEEDS)
def test_a_producer_with_a_wrong_clock_changes_nothing(seed: int) -> None:
    """Where one clock is ahead or behind, from the beginning or for a while, restarts group as before."""
    random = Random(seed)
    log = source_log(random, traces=120, seconds=300, orderly=False, skewed=True)
    assert World(log, random, Rules(), pauses=False).run() == uninterrupted(log)


@examples(40)
@given(SEEDS)
def test_idle_pauses_lose_and_double_nothing(seed: int) -> None:
    """Where a partition falls silent between records, the same flows are counted, each once."""
    random = Random(seed)
    log = source_log(random, traces=60, seconds=900, orderly=True)
    counted = [row.name for row in World(log, random, Rules(), pauses=True).run()]
    assert counted == [row.name for row in uninterrupted(log)]


@pytest.mark.parametrize("off", [200_000, 290_000])
def test_a_reader_that_saw_a_silence_groups_as_one_that_did_not(off: int) -> None:
    """A burst after an hour, with a wrong clock in it, gives one whole flow, whoever reads it when."""
    log = SourceLog()
    for number in range(5):
        log.append(number, [span(1, trace=2 + number)])
    begin = 3_600_000
    for at, place in ((0, 2), (off, 3), (1_000, 4), (4_000, 1), (5_000, 5), (off + 6_000, 6)):
        log.append(begin + at, [span(place, parent=int(place > 1))])
    seen, later = log.observer(0), log.observer(0)
    for record in log.records:
        for _ in range(1_000 if record.timestamp == begin else 0):
            seen.idle(1_000)
        seen.fold(record)
        later.fold(record)
    seen.close_all()
    later.close_all()
    rows = [row for target in seen._outbox._targets for row in target.queue]
    assert rows == [row for target in later._outbox._targets for row in target.queue]
    assert [row.offset for row in rows if row.offset >= 5] == [5]


BROKEN = {
    "commit the position instead of the low offset": Rules(commits_low_offset=False),
    "skip the re-read": Rules(rereads=False),
    "forget names above the low offset": Rules(remembers_above=False),
    "say the low offset before the flows below it are sent": Rules(sends_before_it_says=False),
    "pass the record in hand": Rules(holds_what_is_in_hand=False),
}


@pytest.mark.parametrize("rules", BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_rule_is_noticed(rules: Rules, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each rule is needed: without it some schedules lose, double or change a flow."""
    monkeypatch.setattr(assembler, "SPANS_PER_STEP", 1)
    traces = 120 if rules.holds_what_is_in_hand else 30  # what is open else holds the record in hand, too
    caught = 0
    for seed in range(96):
        random = Random(seed)
        log = source_log(random, traces=traces, seconds=900, orderly=False)
        world = World(log, random, rules, pauses=False, waypoints=False)
        caught += world.run() != uninterrupted(log)
        if caught == 4:
            return
    pytest.fail(f"noticed {caught} times only")
