"""The law of the rekey stage: flows are those of the same spans in a topic that is keyed by trace id."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.examples import examples
from tests.laws.rekey_traffic import START_MS, TARGETS, contents, keyed, scattered, traffic
from tests.laws.rekey_world import Rules, Stall, World

SEEDS = st.integers(0, 2**32)


@examples(20)
@given(SEEDS)
def test_flows_equal_those_of_a_keyed_topic(seed: int) -> None:
    """Whatever crashes and whatever is sent again, flows equal those of the keyed layout."""
    random = Random(seed)
    spans = traffic(random, traces=30, seconds=150)
    world = World(random, scattered(random, spans))
    assert contents(world.run()) == contents(keyed(spans))


@examples(20)
@given(SEEDS)
def test_a_source_that_stalls_for_two_minutes_changes_nothing(seed: int) -> None:
    """While nobody reads one source the others wait for it, even where it was at its end."""
    random = Random(seed)
    spans = traffic(random, traces=30, seconds=150)
    begin = random.randrange(20_000, 60_000)
    world = World(random, scattered(random, spans), Stall(0, begin, begin + 120_000), crashes=False)
    assert contents(world.run()) == contents(keyed(spans))


def test_catching_up_stays_bounded_in_memory() -> None:
    """Behind a slow source the others wait: an observer holds about a minute of spans, not all of them."""
    held = []
    for paced in (True, False):
        random = Random(3)
        spans = traffic(random, traces=250, seconds=900)
        sources = scattered(random, spans)
        world = World(random, sources, crashes=False, now=START_MS + 900_000, slow=0, paced=paced)
        assert contents(world.run()) == contents(keyed(spans))
        held.append(max(map(world.most_held, range(TARGETS))))
    assert 4 * held[0] < held[1]


BROKEN = {
    "take repetitions": Rules(passes_repetitions=False),
    "go on with the newest source": Rules(waits_for_all=False),
    "send in any order": Rules(resends_in_order=False),
}


@pytest.mark.parametrize("rules", BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_rule_is_noticed(rules: Rules) -> None:
    """Each rule is needed: without it some schedules lose, double or change a flow."""
    for seed in range(5, 17):
        random = Random(seed)
        spans = traffic(random, traces=30, seconds=150)
        world = World(random, scattered(random, spans), Stall(0, 30_000, 100_000), rules)
        if contents(world.run()) != contents(keyed(spans)):
            return
    pytest.fail("not noticed")
