"""Structure asks one-sided questions: what production nearly always has, tests may have always."""

from collections.abc import Sequence
from typing import Any

from tests.rows import MINUTE, header, row
from tests.unit.pipeline.auditing import PRODUCTION, Log, verdicts

CHARGE, COUPON = ("POST /charge",), ("POST /charge", "GET /coupon")
TRACES = 5000


def production(log: Log, usual: Sequence[str], other: Sequence[str], share: float) -> None:
    """An hour of production, in which this share of the traces makes the other calls."""
    every = round(1 / share)
    rows = [row(n, calls=usual if n % every else other, began=n) for n in range(TRACES)]
    log.append(header(PRODUCTION, log_time=60 * MINUTE, low_times={"production": 0}), *rows)
    out = {"production": 60 * MINUTE}
    log.append(header(PRODUCTION, low=TRACES, log_time=60 * MINUTE, at_end=True, low_times=out))


def structure(log: Log) -> list[dict[str, Any]]:
    return [line for line in verdicts(log.fold()) if line["dimension"] == "structure"]


def test_tests_that_always_make_a_usual_call_are_ok() -> None:
    """A call that 99.4 % of production makes may be in every trace of the tests."""
    log = Log()
    production(log, CHARGE, (), 0.006)
    for number in range(12):
        log.run(number, calls=CHARGE)
    assert [(line["state"], line["subject"]) for line in structure(log)] == [("ok", "")]
    assert log.alerts == []


def test_tests_that_no_longer_make_a_rare_call_are_ok() -> None:
    """A call that .6 % of production makes may be in one run of the tests and in none after it."""
    log = Log()
    production(log, CHARGE, COUPON, 0.006)
    for number in range(40):
        log.run(number, calls=CHARGE if number else COUPON)
    assert [(line["state"], line["subject"]) for line in structure(log)] == [("ok", "")]
    assert log.alerts == []


def test_the_other_side_of_each_question_is_a_drift() -> None:
    """The twins: tests that never make the usual call, and tests that always make the rare one, page."""
    for usual, other, calls in ((CHARGE, (), ()), (CHARGE, COUPON, COUPON)):
        log = Log()
        production(log, usual, other, 0.006)
        for number in range(8):
            log.run(number, calls=calls)
        assert {line["state"] for line in structure(log)} == {"drift"}
