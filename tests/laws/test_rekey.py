"""The law of the rekey stage: flows are those of the same spans in a topic that is keyed by trace id."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from tests.examples import examples
from tests.laws.rekey_world import Stall, World, contents, keyed, scattered, traffic

SEEDS = st.integers(0, 2**32)


@examples(30)
@given(SEEDS)
def test_flows_equal_those_of_a_keyed_topic(seed: int) -> None:
    """Whatever crashes and whatever is sent again, flows equal those of the keyed layout."""
    random = Random(seed)
    spans = traffic(random, traces=60, seconds=240)
    world = World(random, scattered(random, spans))
    assert contents(world.run()) == contents(keyed(spans))


@examples(20)
@given(SEEDS)
def test_a_source_that_stalls_for_two_minutes_changes_nothing(seed: int) -> None:
    """While nobody reads one source the others wait for it, even where it was at its end."""
    random = Random(seed)
    spans = traffic(random, traces=60, seconds=240)
    begin = random.randrange(20_000, 100_000)
    world = World(random, scattered(random, spans), Stall(0, begin, begin + 120_000), crashes=False)
    assert contents(world.run()) == contents(keyed(spans))
