"""slow_test_machine, one_slow_operation: timing is reported relative to the flow, and never pages."""

from collections.abc import Mapping, Sequence
from math import exp, log
from random import Random
from typing import Any

import pytest

from monitor.flows.flow import Flow
from monitor.stats.histogram import bin_of
from tests.rows import MINUTE, header, row
from tests.unit.pipeline.auditing import PRODUCTION, TESTS, Log, verdicts

MEDIANS_NS = {"GET /stock": 3e6, "POST /charge": 2e7, "db SELECT orders": 1e6, "db INSERT orders": 5e6}
ENTRY_NS = 2e5
CALLS = tuple(MEDIANS_NS)
TRACES = 4000
RUNS = 20


def timed(flow: Flow, dice: Random, factors: Mapping[str, float], speed: float) -> Flow:
    """The row with self times: lognormal around the medians, times factors of the machine and the call."""
    calls = [node.operation.name for node in flow.shape[1:]]
    medians = (ENTRY_NS, *(MEDIANS_NS[call] * factors.get(call, 1.0) for call in calls))
    times = tuple(bin_of(round(speed * dice.lognormvariate(log(median), 0.6))) for median in medians)
    return flow._replace(self_times=times)


def production(log_: Log, dice: Random, factors: Mapping[str, float] | None = None) -> None:
    """Four hours of production."""
    rows = [
        timed(row(n, calls=CALLS, began=n * 240 * MINUTE // TRACES), dice, factors or {}, 1.0)
        for n in range(TRACES)
    ]
    now = 240 * MINUTE
    log_.append(header(PRODUCTION, log_time=now, low_times={"production": 0}), *rows)
    log_.append(header(PRODUCTION, low=TRACES, log_time=now, at_end=True, low_times={"production": now}))


def run(
    log_: Log,
    dice: Random,
    number: int,
    factors: Mapping[str, float],
    speed: float,
    calls: Sequence[str] = CALLS,
) -> None:
    """A run of four cases on a machine whose speed varies by 15 % from run to run."""
    begin, name = (250 + 10 * number) * MINUTE, f"ci-{number}"
    speed *= exp(dice.gauss(0.0, 0.15))
    rows = [
        timed(
            row(
                10 * number + n,
                calls=calls,
                environment="integration",
                run=name,
                case=f"case {n}",
                began=begin,
            ),
            dice,
            factors,
            speed,
        )
        for n in range(4)
    ]
    out = {("integration", name): (begin, begin)}
    now = begin + 9 * MINUTE
    log_.append(header(TESTS, log_time=begin, low_times={"integration": begin}, runs=out), *rows)
    log_.append(header(TESTS, low=10 * number + 4, log_time=now, low_times={"integration": now}))


def told(factors: Mapping[str, float], speed: float, runs: int = RUNS) -> tuple[list[dict[str, Any]], Log]:
    """Lines about timing after some runs with these factors on a machine so much slower."""
    log_, dice = Log(), Random(7)
    production(log_, dice)
    for number in range(runs):
        run(log_, dice, number, factors, speed)
    return verdicts(log_.fold(), {"timing"}), log_


@pytest.mark.parametrize("speed", [0.5, 1.0, 3.0])
def test_slow_test_machine(speed: float) -> None:
    """A test machine that is slower (or quicker) at everything is no drift, and after 80 units that is ok."""
    [line], log_ = told({}, speed)
    assert (line["state"], line["subject"]) == ("ok", "")
    assert log_.alerts == []


@pytest.mark.parametrize(("factor", "words"), [(2.5, "slower than"), (0.2, "faster than")])
def test_one_slow_operation(factor: float, words: str) -> None:
    """One call that takes longer (or is mocked), on a slow machine, is reported: this call, and no other."""
    [line], log_ = told({"POST /charge": factor}, 1.8)
    assert line["subject"] == "shop POST /charge"
    assert line["state"] in ("suspect", "drift")
    assert f"'shop POST /charge' is {words}" in line["reason"]
    assert 0 < line["lower_bound"] <= line["effect"]
    assert {alert.severity for alert in log_.alerts} == {"warning"}


def test_few_units_say_how_many_are_missing() -> None:
    """After one run nothing is known of timing, and it says how much more would decide."""
    [line], _ = told({}, 1.0, runs=1)
    assert line["state"] == "insufficient"
    assert "more evidence units would decide" in line["reason"]


def test_an_operation_that_production_itself_varies_in_is_no_drift() -> None:
    """The noise floor: what is slow in every other hour of production may be slow in tests."""
    states = []
    for varies in (False, True):
        log_, dice = Log(), Random(7)
        rows = [
            timed(
                row(n, calls=CALLS, began=n * 480 * MINUTE // TRACES),
                dice,
                {"POST /charge": 2.5 if varies and n * 8 // TRACES % 2 else 1.0},
                1.0,
            )
            for n in range(TRACES)
        ]
        log_.append(header(PRODUCTION, log_time=240 * MINUTE, low_times={"production": 0}), *rows)
        now = 240 * MINUTE
        out = {"production": now}
        log_.append(header(PRODUCTION, low=TRACES, log_time=now, at_end=True, low_times=out))
        for number in range(RUNS):
            run(log_, dice, number, {"POST /charge": 2.5}, 1.0)
        states.append({line["state"] for line in verdicts(log_.fold(), {"timing"})})
    assert states[0] & {"suspect", "drift"}
    assert not states[1] & {"suspect", "drift"}


@pytest.mark.parametrize(("calls", "dimensions"), [(CALLS[:3], {"structure"}), (CALLS, {"timing"})])
def test_what_a_path_does_otherwise_is_not_slow_as_well(calls: Sequence[str], dimensions: set[str]) -> None:
    """Where tests lack a call, and another one takes longer instead, the report says the first alone."""
    log_, dice = Log(), Random(7)
    production(log_, dice)
    for number in range(RUNS):
        run(log_, dice, number, {"POST /charge": 2.5}, 1.0, calls)
    lines = verdicts(log_.fold(), {"structure", "timing"})
    assert {line["dimension"] for line in lines if line["state"] in ("suspect", "drift")} == dimensions
