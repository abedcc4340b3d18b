"""Scenario sampling_invariant: however production is sampled, that alone is no drift, at any look."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from monitor.drift.sampling import Sampling
from monitor.wire.span import Kind
from tests.acceptance.replaying import SECOND, Hop, replayed, runs_of, trace
from tests.acceptance.sampled_traffic import (
    CHARGE,
    HOURS,
    ORDERS,
    Sampler,
    rows_of_run,
    sampled,
    tail,
    uniform,
    whole,
)
from tests.acceptance.test_coverage import Fleet
from tests.rows import MINUTE, header
from tests.unit.pipeline.auditing import POLICY, PRODUCTION, TESTS

RUNS = 20


class Case(NamedTuple):
    """traces: that are drawn; setting: what the file says of the sampling; judged: whether outcomes are."""

    traces: int
    sampler: Sampler
    setting: Sampling
    judged: bool


CASES = {
    "all": Case(6_000, whole, "none", True),
    "1 %, stated": Case(4_000, uniform(100), "unknown", True),
    "1 %, not stated": Case(4_000, uniform(1), "unknown", False),
    "1 %, not stated, but set": Case(4_000, uniform(1), "head", True),
    "1 %, stated as a half": Case(4_000, uniform(2), "unknown", True),
    "tail, stated": Case(100_000, tail(1, 20), "tail", True),
    "tail, stated, not set": Case(100_000, tail(1, 20), "unknown", True),
    "tail": Case(100_000, tail(1, 1), "tail", False),
    "tail, not set": Case(100_000, tail(1, 1), "unknown", False),
    "tail after a head that states": Case(100_000, tail(2, 2), "tail", False),
    "tail that keeps what is slow": Case(100_000, tail(1, 1, slow=True), "tail", False),
}


def looks(case: Case, *, without: str = "") -> Iterator[Fleet]:
    """The fleet after each run; from the middle on without one of the calls."""
    fleet = Fleet(POLICY.model_copy(update={"sampling": {"production": case.setting}}))
    rows = list(sampled(case.traces, case.sampler))
    now = HOURS * 60 * MINUTE
    fleet.log.append(header(PRODUCTION, log_time=now, low_times={"production": 0}), *rows)
    out = {"production": now}
    fleet.log.append(header(PRODUCTION, low=case.traces, log_time=now, at_end=True, low_times=out))
    for number in range(RUNS):
        run(fleet, number, without if number >= RUNS // 2 else "")
        fleet.settle()
        yield fleet


def run(fleet: Fleet, number: int, without: str) -> None:
    """One run of all cases; it settles."""
    begin = (HOURS * 60 + 10 + 10 * number) * MINUTE
    runs = {("integration", f"ci-{number}"): (begin, begin)}
    here = header(TESTS, low=number, log_time=begin, low_times={"integration": begin}, runs=runs)
    fleet.log.append(here, *rows_of_run(number, begin, without=without))
    later = begin + 9 * MINUTE
    fleet.log.append(header(TESTS, low=number + 1, log_time=later, low_times={"integration": later}))


@pytest.mark.parametrize("name", CASES)
def test_sampling_alone_is_no_drift(name: str) -> None:
    """However production is sampled, tests that do the same are never suspect, after any run."""
    case = CASES[name]
    for fleet in looks(case):
        report = fleet.report()
        told = [line for line in report.verdicts if line.state in ("suspect", "drift")]
        assert (told, fleet.alerts) == ([], [])
    dimensions = {line.dimension for line in report.verdicts}
    assert ("outcome" in dimensions) is case.judged
    assert ("timing" in dimensions) is (case.setting != "tail")
    ok = {(line.flow, line.dimension) for line in report.verdicts if line.state == "ok"}
    assert (str(ORDERS), "structure") in ok
    hinted = {hint.kind for hint in report.hints}
    assert ("sampling" in hinted) is (case.setting == "unknown" and not case.judged)


@pytest.mark.parametrize("name", CASES)
def test_a_call_that_vanishes_is_told_under_every_sampling(name: str) -> None:
    """The twin: however production is sampled, orders that are not charged any more page."""
    *_, fleet = looks(CASES[name], without=CHARGE)
    report = fleet.report()
    drifting = {(line.flow, line.dimension) for line in report.verdicts if line.state == "drift"}
    assert drifting == {(str(ORDERS), "structure")}
    [line] = [line for line in report.verdicts if line.state == "drift"]
    assert CHARGE in line.subject
    assert {alert.flow for alert in fleet.alerts} == {str(ORDERS)}


ENTRY, PROVIDER = Hop("shop", "POST /orders"), Hop("shop", CHARGE, Kind.CLIENT)
FAILED = Hop("shop", "POST /orders", attributes={"http.response.status_code": 502})
ONE_IN_20 = "ot=th:f333333333333"
TRACES = 1500


def weight(number: int) -> int:
    """Of what a tail sampler keeps: a quarter failed, an eighth had an error inside, the rest was drawn."""
    return 1 if number % 8 in (0, 1, 4) else 20


def kept(state: str) -> Iterator[str]:
    """Lines of these traces; those that were drawn carry this trace state."""
    for number in range(1, TRACES + 1):
        hops = (ENTRY if number % 4 else FAILED, PROVIDER)
        yield from trace(hops, number, number * SECOND, {}, state if weight(number) > 1 else "")


def effective(numbers: Iterable[int]) -> float:
    """The effective size of these traces (Kish)."""
    weights = [weight(number) for number in numbers]
    return sum(weights) ** 2 / sum(each * each for each in weights)


def test_weights_go_all_the_way_from_the_wire(tmp_path: Path) -> None:
    """Stated weights put shares right, and the report counts effective traces."""
    report = replayed(tmp_path, kept(ONE_IN_20), runs_of([[ENTRY, PROVIDER]], runs=30))
    lines = {(line.dimension, line.outcome): line for line in report.verdicts}
    assert {str(line.state) for line in report.verdicts} <= {"ok", "insufficient"}
    assert lines["outcome", ""].reference_n == pytest.approx(effective(range(1, 1025)), rel=0.01)
    ok = [number for number in range(1, TRACES + 1) if number % 4]
    assert lines["structure", "ok"].reference_n == pytest.approx(effective(ok), rel=0.01)
    assert report.hints == ()


def test_without_weights_the_report_asks_how_it_was_sampled(tmp_path: Path) -> None:
    """Without stated weights outcomes are not judged, structure is, and one hint asks about sampling."""
    report = replayed(tmp_path, kept(""), runs_of([[ENTRY, PROVIDER]], runs=30))
    assert {str(line.state) for line in report.verdicts} <= {"ok", "insufficient"}
    assert "outcome" not in {line.dimension for line in report.verdicts}
    [hint] = report.hints
    assert (hint.kind, hint.subject) == ("sampling", "reference")
    assert hint.remedy.endswith("--reference production=FILE")


def test_a_capture_is_sampled_as_the_environment_that_it_is_named_after(tmp_path: Path) -> None:
    """A capture named after a tail-sampled environment is judged by calls and coverage, not by outcomes."""
    settings = {"environments": {"production": {"sampling": "tail"}, "integration": {}}}
    tests = runs_of([[ENTRY, PROVIDER]], runs=30)
    report = replayed(tmp_path, kept(""), tests, settings, named="production")
    assert {line.dimension for line in report.verdicts} == {
        "branches",
        "coverage",
        "dependency",
        "fanout",
        "internals",
        "sequence",
        "structure",
    }
    assert report.hints == ()


@pytest.mark.parametrize("state", [ONE_IN_20, ""])
def test_a_call_that_vanishes_is_told_from_the_wire(tmp_path: Path, state: str) -> None:
    """The twin, from spans: a call that tests lack drifts, with stated weights and without."""
    report = replayed(tmp_path, kept(state), runs_of([[ENTRY]]))
    assert {line.dimension for line in report.verdicts if line.state == "drift"} == {"structure"}
