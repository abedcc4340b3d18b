"""Whether tests have as many requests of a service at once as production."""

from monitor.drift.records.sums import PartSums
from monitor.fingerprints.overlap import Overlap
from monitor.ledgers.concurrency import CONCURRENCY, LEAST_REQUESTS, LEAST_TESTED
from monitor.ledgers.fleet import Fleet

MS = 1_000_000


def bursts(number: int, at_once: int) -> Overlap:
    """So many bursts of requests, a second apart, each of so many requests at once."""
    kept = Overlap()
    for burst in range(number):
        for _ in range(at_once):
            kept.observe(burst * 1000, 200 * MS, 1024)
    return kept


def lines(reference: Overlap, candidate: Overlap) -> list[str]:
    overlaps = {"orders": (reference, candidate)}
    fleet = Fleet("production", "integration", PartSums(), overlaps)
    return [line.reason for line in CONCURRENCY.lines(fleet)]


def test_tests_one_at_a_time_are_reported() -> None:
    """The line names the service, both sides, and what to do."""
    [line] = lines(bursts(10, 40), bursts(20, 1))
    assert line == (
        "In production a request of orders overlaps with 39.0 others on average (400 requests in an hour), "
        "in the tests with none (20 requests). Run tests of orders side by side to find races."
    )


def test_as_many_at_once_is_no_line() -> None:
    """The quiet twin, and requests that hardly overlap in production either."""
    assert lines(bursts(10, 40), bursts(2, 40)) == []
    assert lines(bursts(200, 1), bursts(20, 1)) == []


def test_a_few_requests_say_nothing() -> None:
    """Both sides need enough of them."""
    assert lines(bursts(1, LEAST_REQUESTS - 1), bursts(20, 1)) == []
    assert lines(bursts(10, 40), bursts(LEAST_TESTED - 1, 1)) == []


def test_more_at_once_in_tests_is_no_line() -> None:
    """A load test has more than production: nothing is missing there."""
    assert lines(bursts(100, 2), bursts(10, 40)) == []
