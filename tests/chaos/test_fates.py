"""The storm is drawn from its seed."""

import signal

from tests.chaos.fates import fate, members
from tests.chaos.points import DRAINED, NAMED, POINTS
from tests.chaos.traffic import Traffic

KILLS = 200


def test_a_seed_has_one_storm() -> None:
    """The same seed gives the same fates, members and traffic, another seed gives others."""
    storms = [[(fate(seed, n), members(seed, n)) for n in range(KILLS)] for seed in (1, 1, 2)]
    assert storms[0] == storms[1] != storms[2]
    traffic = [[Traffic(seed, 2, 0).second() for _ in range(5)] for seed in (1, 1, 2)]
    assert traffic[0] == traffic[1] != traffic[2]


def test_every_fault_is_drawn() -> None:
    """Within a storm of 200 lives each fault point comes up, as do freezes, leaves and twins."""
    fates = [fate(1, number) for number in range(KILLS)]
    assert {one.strike.point for one in fates if one.strike} == NAMED.keys()
    assert {one.signal for one in fates} == {signal.SIGKILL, signal.SIGSTOP, signal.SIGTERM}
    assert {members(1, number) for number in range(KILLS)} == {1, 2, 3}
    assert any(one.twin for one in fates)
    assert all(one.signal is signal.SIGTERM for one in fates if one.strike and one.strike.point == DRAINED)


def test_every_fault_point_is_in_the_product() -> None:
    """A function that is renamed takes its fault point along, rather than leave it unreached."""
    assert [point.name for point in POINTS if not callable(getattr(point.owner, point.method, None))] == []
    assert len(NAMED) == len(POINTS)
