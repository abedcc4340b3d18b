"""Deployments in the middle of production: what tests stand for is production as it is now.

Whatever way a version reaches production, a call that every trace makes from then on and no test makes is
found, with version and time: when tests met the path before, and when they meet it later, as in `replay`,
where all of production is folded first.
"""

from random import Random
from typing import NamedTuple

import pytest

from monitor.flows.flow import Versions
from tests.rows import MINUTE, header, row
from tests.unit.pipeline.auditing import PRODUCTION, Log, verdicts

CHARGE = ("POST /charge",)
FRAUD = ("POST /charge", "POST /fraud")
SCORE = ("POST /charge", "POST /fraud", "POST /score")
SUBJECT = "shop POST /orders -> POST /fraud"


class Version(NamedTuple):
    """What is deployed, and which calls it makes."""

    number: str
    calls: tuple[str, ...]

    @property
    def stated(self) -> Versions:
        return (("shop", self.number),)


OLD, NEW, NEWER, MENDED = Version("1", CHARGE), Version("2", FRAUD), Version("3", SCORE), Version("3", CHARGE)
Phase = tuple[int, dict[Version, float]]
"""Minutes, and the share of the traffic that each version has."""


def produce(log: Log, phases: list[Phase], a_minute: int = 30, begin: int = 0, first: int = 0) -> int:
    """Production phase after phase, from a minute on; the minute in which it ends."""
    chance = Random(5)
    for minutes, mix in phases:
        for minute in range(begin, begin + minutes):
            versions = chance.choices(list(mix), list(mix.values()), k=a_minute)
            rows = [
                row(
                    first + place, calls=version.calls, began=(minute * a_minute + place) * MINUTE // a_minute
                )._replace(versions=version.stated)
                for place, version in enumerate(versions)
            ]
            now = (minute + 1) * MINUTE
            log.append(
                header(PRODUCTION, low=first, log_time=now, at_end=True, low_times={"production": now}), *rows
            )
            first += a_minute
        begin += minutes
    return begin


def run_tests(log: Log, begin: int, runs: int = 6, first: int = 0) -> int:
    """Test runs that never make the new call, ten minutes apart; the minute after the last one."""
    for number in range(runs):
        log.run(first + number, calls=CHARGE, cases=4, at=begin + 5 + 10 * number)
    return begin + 10 * runs


def found(log: Log) -> dict[str, tuple[str, str, str]]:
    """Per subject of a finding about structure: state, who moved, and with what."""
    lines = verdicts(log.fold(), ("structure",))
    return {line["subject"]: (line["state"], line["moved"], line["began_with"]) for line in lines}


DRIFT = ("drift", "reference", "shop 2")
QUIET = {"": ("ok", "unknown", "")}


@pytest.mark.parametrize(
    ("phases", "a_minute"),
    [
        pytest.param([(30, {OLD: 1}), (30, {NEW: 1})], 30, id="at once"),
        pytest.param([(90, {OLD: 1}), (8, {NEW: 1})], 30, id="shortly before the tests"),
        pytest.param([(40, {OLD: 1}), (40, {NEW: 1})], 4, id="a path with little traffic"),
        pytest.param(
            [(30, {OLD: 1}), *((10, {OLD: 1 - p, NEW: p}) for p in (0.1, 0.3, 0.6)), (30, {NEW: 1})],
            30,
            id="step by step",
        ),
        pytest.param([(30, {OLD: 1}), (90, {OLD: 0.9, NEW: 0.1}), (20, {NEW: 1})], 30, id="a long canary"),
        pytest.param([(30, {OLD: 1}), (90, {OLD: 0.5, NEW: 0.5}), (20, {NEW: 1})], 30, id="half for long"),
    ],
)
def test_a_deployment_before_tests_meet_the_path(phases: list[Phase], a_minute: int) -> None:
    """However the version came, the call that the tests lack is a drift, and production is what moved."""
    log = Log()
    run_tests(log, produce(log, phases, a_minute))
    assert found(log) == {SUBJECT: DRIFT}


def test_its_onset_is_when_tests_first_showed_it_and_the_reference_is_the_new_production() -> None:
    """The drift says since when tests lack the call; traces from before the deployment do not count."""
    log = Log()
    end = produce(log, [(30, {OLD: 1}), (30, {NEW: 1})])
    run_tests(log, end)
    [line] = verdicts(log.fold(), ("structure",))
    assert line["onset"] == (end + 5) * MINUTE
    assert line["reference_n"] <= 30 * 30
    assert "(with shop 2), and the tests did not follow." in line["reason"]


@pytest.mark.parametrize("met_after", [1, 30])
def test_a_deployment_after_tests_met_the_path(met_after: int) -> None:
    """Live: tests met the path in its first minutes, or later, and were as production was then."""
    log = Log()
    begin = produce(log, [(met_after, {OLD: 1})])
    begin = run_tests(log, begin, runs=3)
    begin = produce(log, [(60, {OLD: 1}), (30, {NEW: 1})], begin=begin, first=10_000)
    run_tests(log, begin, first=3)
    assert found(log) == {SUBJECT: DRIFT}


def test_two_deployments_are_two_findings_with_a_version_each() -> None:
    """Each call is reported with the version that brought it."""
    log = Log()
    run_tests(log, produce(log, [(30, {OLD: 1}), (30, {NEW: 1}), (30, {NEWER: 1})]))
    assert found(log) == {
        SUBJECT: DRIFT,
        "shop POST /orders -> POST /score": ("drift", "reference", "shop 3"),
    }


def test_a_call_that_production_no_longer_makes() -> None:
    """The other way round: tests go on making a call that the new version dropped."""
    log = Log()
    end = produce(log, [(30, {Version("1", FRAUD): 1}), (30, {Version("2", CHARGE): 1})])
    for number in range(6):
        log.run(number, calls=FRAUD, cases=4, at=end + 5 + 10 * number)
    assert found(log) == {SUBJECT: DRIFT}


@pytest.mark.parametrize(
    "phases",
    [
        pytest.param([(30, {OLD: 1}), (20, {NEW: 1}), (30, {MENDED: 1})], id="rolled back"),
        pytest.param([(30, {OLD: 1}), (3, {NEW: 1}), (30, {MENDED: 1})], id="rolled back at once"),
        pytest.param([(30, {OLD: 1}), (60, {OLD: 0.5, NEW: 0.5}), (30, {OLD: 1})], id="a canary that ended"),
        pytest.param([(60, {OLD: 1}), (60, {OLD: 0.7, NEW: 0.3})], id="a canary that goes on"),
        pytest.param([(30, {OLD: 1}), (30, {Version("2", CHARGE): 1})], id="a version that changes nothing"),
    ],
)
def test_a_deployment_that_was_taken_back_is_no_drift(phases: list[Phase]) -> None:
    """The quiet twins: what production does now is what it did, or some of it still does what tests do."""
    log = Log()
    run_tests(log, produce(log, phases))
    assert found(log) == QUIET
    assert log.alerts == []
