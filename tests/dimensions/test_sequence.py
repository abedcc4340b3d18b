"""Sequence: reordered: production reserves and then charges, tests charge and then reserve."""

from random import Random

import pytest

from monitor.base.units import DAY_MS, LogTime
from monitor.dimensions.sequence import SEQUENCE
from monitor.drift.detectors.presence import PresenceDetector
from monitor.fingerprints.days import Days
from monitor.fingerprints.snapshot import Snapshot
from monitor.fingerprints.tally import Tally
from monitor.fingerprints.units import Origin, Unit
from monitor.flows.flow import Flow
from monitor.flows.order import LATER, NEXT, TOGETHER, WAYS
from tests.dimensions.scenario import Make, Scenario, calling, found, lines, log_of
from tests.rows import row

RESERVE, CHARGE = "POST /reserve", "POST /charge"
SUBJECT = "order of calls of shop"
AT_ONCE = len(WAYS)
"""How a call follows that still runs when the next one begins."""


def calling_in_order(*calls: str, follows: tuple[int, ...] = (LATER, NEXT)) -> Make:
    """Flows of the usual entry that make these calls, which follow each other so."""

    def make(number: int) -> Flow:
        steps = enumerate(follows, 1)
        return row(number, calls=calls)._replace(order=((0, *(each for step in steps for each in step)),))

    return make


SCENARIO = Scenario(
    production=calling_in_order(RESERVE, CHARGE),
    faithful=calling_in_order(RESERVE, CHARGE),
    drifting=calling_in_order(CHARGE, RESERVE),
    subject=SUBJECT,
)
OVERLAPPING = calling_in_order(RESERVE, CHARGE, follows=(AT_ONCE, LATER))
TICKS = calling_in_order(CHARGE, RESERVE, follows=(LATER, TOGETHER))


def now_and_then(one: Make, other: Make, share: float) -> Make:
    """The first one in this share of the traces."""
    rng = Random(7)

    def make(number: int) -> Flow:
        return one(number) if rng.random() < share else other(number)

    return make


def says(production: Make, tests: Make, units: int = 8) -> list[tuple[bool, str]]:
    """Of each trait that is watched after a few runs: whether it pages, and its sentence."""
    days = Days()
    for number in range(5_000):
        days.observe(production(number))
    known = Snapshot.take(days, 7 * DAY_MS, LogTime(0))
    detector = PresenceDetector(SEQUENCE)
    for number in range(units):
        tally = Tally()
        for repeat in range(10):
            tally.observe(tests(10 * number + repeat))
        detector.feed([Unit((tally,))], known, Origin(f"ci-{number}", 0), LogTime(number), 1e6)
    return [(signal.firing, signal.says) for signal in detector.signals("ok", known, 1e3)][1:]


def test_reordered() -> None:
    """Charge then reserve is one drift of this dimension and of no other, in words of both calls."""
    auditor = log_of(SCENARIO, drifting=True, traces=2_000).fold()
    [line] = lines(auditor, "sequence")
    assert (line["state"], line["subject"]) == ("drift", SUBJECT)
    assert line["reason"].startswith(
        f"shop calls '{RESERVE}' before '{CHARGE}' in all 2,000 production traces and in 0 of 24 test cases"
    )
    assert found(lines(auditor, "structure")) == {("ok", "")}


RANDOM = now_and_then(SCENARIO.production, SCENARIO.drifting, 0.5)


@pytest.mark.parametrize(
    ("production", "tests"),
    [
        (RANDOM, SCENARIO.drifting),
        (RANDOM, RANDOM),
        (SCENARIO.production, TICKS),
        (TICKS, SCENARIO.production),
        (SCENARIO.production, now_and_then(TICKS, SCENARIO.production, 0.9)),
        (calling(RESERVE, CHARGE), SCENARIO.drifting),
        (SCENARIO.production, calling(CHARGE, RESERVE)),
        (OVERLAPPING, now_and_then(TICKS, OVERLAPPING, 0.5)),
    ],
    ids=[
        "random order in production",
        "random order in both",
        "tests with a clock of ms",
        "production with a clock of ms",
        "a clock of ms that sometimes tells",
        "rows of production without order",
        "rows of tests without order",
        "short calls at the same time",
    ],
)
def test_no_order_is_no_drift(production: Make, tests: Make) -> None:
    """What has no order, or of which nothing is known, is held against nobody."""
    assert [sentence for firing, sentence in says(production, tests) if firing] == []


def test_calls_at_the_same_time_that_tests_make_one_by_one() -> None:
    """Production makes both calls at once, tests wait for the first; and the other way round."""
    [(firing, sentence)] = [each for each in says(OVERLAPPING, SCENARIO.production) if each[0]]
    assert firing
    assert "and 'POST /reserve' at the same time in all 5,000 production traces" in sentence
    [(_, turned)] = [each for each in says(SCENARIO.production, OVERLAPPING) if each[0]]
    assert "and 'POST /reserve' one by one in all 5,000 production traces" in turned


def test_a_call_that_takes_less_time_is_no_other_order() -> None:
    """Production begins the next call while one runs; a quick stub ends before that: nobody waited."""
    quick = calling_in_order(RESERVE, CHARGE, follows=(LATER, LATER))
    assert [sentence for firing, sentence in says(OVERLAPPING, quick) if firing] == []


def test_several_pairs_are_one_finding() -> None:
    """The last of four calls made first is one line that says how many pairs it is."""
    ways = (LATER,) * 4
    known = calling_in_order("a", "b", "c", "d", follows=ways)
    [(firing, sentence)] = says(known, calling_in_order("d", "a", "b", "c", follows=ways))
    assert firing and "in 0 of 8 test runs" in sentence
    assert sentence.endswith("2 more pairs of its calls likewise.")


def test_lost_spans_of_a_loop_are_no_drift() -> None:
    """Where the first span of a loop gets lost now and then, the rest seems to begin with the other call."""
    lossy = now_and_then(SCENARIO.drifting, SCENARIO.production, 0.03)
    assert [sentence for firing, sentence in says(SCENARIO.production, lossy) if firing] == []
