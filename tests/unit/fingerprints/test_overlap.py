"""How many others a request overlaps with, whatever the sampling."""

from random import Random
from statistics import mean

import pytest

from monitor.fingerprints.overlap import HOURS, MOST, Overlap

HOUR_MS, SECOND_MS, MS = 3_600_000, 1_000, 1_000_000
BEGIN = 480_000 * HOUR_MS
ONE = 1024


def overlap(*requests: tuple[int, int], weight: int = ONE) -> Overlap:
    """Of requests by (begin in ms after BEGIN, duration in ms)."""
    kept = Overlap()
    for begin, lasted in requests:
        kept.observe(BEGIN + begin, lasted * MS, weight)
    return kept


def others(kept: Overlap) -> float:
    return kept.seen(1)[1]


def test_requests_at_once_see_each_other() -> None:
    """Of forty requests that begin together each overlaps with thirty-nine others."""
    assert others(overlap(*[(0, 300)] * 40)) == pytest.approx(39)


def test_requests_apart_see_nobody() -> None:
    """One request after the other overlaps with none, and closely following ones with less than one."""
    assert others(overlap(*((n * 1000, 200) for n in range(50)))) == 0.0
    assert others(overlap(*((n * 50, 50) for n in range(200)))) < 1.0


def test_load_that_comes_at_random_is_littles_law() -> None:
    """Of a Poisson stream a request overlaps with as many others as there are at any moment."""
    rng = Random(1)
    requests = [(rng.randrange(600 * SECOND_MS), 300) for _ in range(12_000)]
    assert others(overlap(*requests)) == pytest.approx(20 * 0.3, rel=0.1)


def test_sampling_changes_nothing() -> None:
    """One in ten, each standing for ten, overlap with as many on average as all do."""
    rng = Random(2)
    requests = [(burst * 700 + rng.randrange(50), 300) for burst in range(20) for _ in range(30)]
    found = []
    for _ in range(100):
        sampled = [each for each in requests if rng.random() < 0.1]
        found.append(others(overlap(*sampled, weight=10 * ONE)))
    assert mean(found) == pytest.approx(others(overlap(*requests)), rel=0.05)


def test_tenths_are_bounded_and_the_same_in_every_part() -> None:
    """However much comes, an hour keeps few sums; parts that were cut down apart add up as the whole was."""
    rng = Random(3)
    requests = [(rng.randrange(HOUR_MS - 1000), rng.randrange(900)) for _ in range(3_000)]
    whole = overlap(*requests)
    assert max(len(hour.sums) for hour in whole.hours.values()) <= MOST
    rng.shuffle(requests)
    parts = [overlap(*requests[start::3]) for start in range(3)]
    assert parts[0].merge(parts[1]).merge(parts[2]) == whole


def test_the_newest_hours_are_kept() -> None:
    """What is older than the last hours with requests is forgotten, whenever it comes."""
    kept = overlap((5 * HOUR_MS, 10), (0, 10), (9 * HOUR_MS, 10), (HOUR_MS, 10))
    assert [*sorted(kept.hours)] == [480_005, 480_009] and len(kept.hours) == HOURS


def test_the_newest_hour_with_enough_requests_speaks() -> None:
    """The hour before, where the newest one has too few; both, where neither has enough."""
    kept = overlap(*[(0, 300)] * 40, (HOUR_MS, 300))
    requests, together = kept.seen(10)
    assert (requests, round(together)) == (40, 39)
    assert kept.seen(100)[0] == 41


def test_a_stream_is_no_request() -> None:
    """What lasts longer than a minute is a stream or a socket, and counts for nothing."""
    assert overlap((0, 61_000)).hours == {}


def test_a_request_across_two_hours_counts_in_both() -> None:
    """It began in one of them, and fills tenths of each."""
    kept = overlap((HOUR_MS - 150, 300))
    assert [(hour.requests, len(hour.sums)) for hour in kept.hours.values()] == [(1, 2), (0, 2)]
