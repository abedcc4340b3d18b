"""What only tests have pages after three rolling runs: often the change is on its way to production."""

from typing import Any

import pytest

from monitor.base.units import LogTime
from monitor.drift.detectors.stream import Expected, RateStream
from monitor.fingerprints.units import Origin
from tests.acceptance.test_gate import verdicts_of
from tests.acceptance.test_pr_branch import log_of
from tests.unit.pipeline.auditing import Log, verdicts

CHARGE = ("POST /charge",)
FRAUD = ("POST /charge", "POST /fraud")
NEW = "shop POST /orders -> POST /fraud"


def log(*runs: tuple[str, ...]) -> Log:
    """Production that charges, and runs of eight cases with these calls."""
    log = Log()
    log.production(20_000, calls=CHARGE)
    for number, calls in enumerate(runs):
        log.run(number, calls=calls, cases=8)
    return log


def lines(log: Log) -> list[Any]:
    found = verdicts(log.fold(), ("structure",))
    return [(line["state"], line["subject"]) for line in found]


@pytest.mark.parametrize(("runs", "state"), [(2, "suspect"), (3, "drift")])
def test_a_call_that_only_tests_make_pages_after_three_runs(runs: int, state: str) -> None:
    """Two runs have all the evidence that is needed, and it is suspect; with the third it is a drift."""
    told = log(*[FRAUD] * runs)
    assert lines(told) == [(state, NEW)]
    assert ("firing" in {alert.phase for alert in told.alerts}) is (state == "drift")


def test_runs_before_it_began_do_not_count() -> None:
    """Three runs with the call make a drift, however many there were without it."""
    usual = [CHARGE] * 5
    assert lines(log(*usual, FRAUD, FRAUD)) == [("suspect", NEW)]
    assert lines(log(*usual, FRAUD, FRAUD, FRAUD)) == [("drift", NEW)]


def test_a_call_of_production_that_tests_lack_pages_after_two() -> None:
    """The twin: what is missing is not delayed."""
    assert lines(log((), ())) == [("drift", "shop POST /orders -> POST /charge")]


def test_the_gate_is_not_delayed() -> None:
    """The first run that makes the call fails."""
    assert verdicts_of(log(FRAUD))["ci-0"]["state"] == "drift"


def test_runs_that_do_not_roll_do_not_count() -> None:
    """Pull requests get their verdict and bring nobody nearer to a page."""
    told = log_of(*["feature/1"] * 4)
    for number in range(6, 8):
        told.run(number, calls=FRAUD, branch="main", cases=8)
    assert lines(told) == [("suspect", NEW)]


@pytest.mark.parametrize(("x", "buckets"), [(1.0, 3), (0.0, 2)])
def test_without_ids_buckets_count(x: float, buckets: int) -> None:
    """Three buckets with what production never has, two without what it always has."""
    expected = Expected(0.0, 0.001, 0.0) if x else Expected(0.999, 1.0, 1.0)
    stream = RateStream()
    for number in range(buckets):
        assert not stream.firing
        stream.feed([x] * 8, expected, Origin("", number), LogTime(number), 1e6)
    assert stream.firing
