"""Parity: what services run on in production and in the tests, from the wire to the report."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from monitor.drift.report import Report
from tests.acceptance.replaying import RUN_SECONDS, SECOND, Hop, replayed, trace

TRACES = 1500
Said = Mapping[str, str]
NOTHING: Said = {}


def pay(said: Said = NOTHING) -> list[Hop]:
    """A request whose span has these attributes."""
    return [Hop("payments", "POST /pay", attributes=said)]


def flag(variant: str) -> list[Hop]:
    """A request that evaluates a flag."""
    return pay({"feature_flag.key": "new-checkout", "feature_flag.result.variant": variant})


def mixed(on: float, number: int = TRACES) -> list[list[Hop]]:
    """So many requests, of which a share has the flag on."""
    return [flag("on" if place < round(on * number) else "off") for place in range(number)]


def production(requests: Sequence[Sequence[Hop]], of: Said = NOTHING) -> Iterator[str]:
    """A trace a second."""
    for number, each in enumerate(requests, 1):
        yield from trace(each, number, number * SECOND, of)


def runs_of(cases: Sequence[Sequence[Hop]], of: Said = NOTHING, runs: int = 2) -> Iterator[str]:
    """Test runs with a case for each of the requests."""
    for run in range(runs):
        for case, each in enumerate(cases):
            ids = {"cicd.pipeline.run.id": f"ci-{run}", "test.case.name": f"case {case}"}
            at = (run * RUN_SECONDS + case * 5) * SECOND
            yield from trace(each, 1_000_000 + 100 * run + case, at, {**of, **ids})


def found(report: Report) -> set[tuple[str, str, str]]:
    """State, severity and reason of each line about parity."""
    return {
        (line.state.value, line.severity.value, line.reason)
        for line in report.verdicts
        if line.dimension == "parity"
    }


def compared(path: Path, live: Said, tests: Said, settings: Mapping[str, Any] = NOTHING) -> Report:
    """The report where resources say this of themselves."""
    return replayed(path, production([pay()] * 200, live), runs_of([pay()] * 2, tests), settings)


def test_flag_mismatch(tmp_path: Path) -> None:
    """A flag that is on in most of production and off in all tests is found, with both sides in words."""
    report = replayed(tmp_path, production(mixed(0.988)), runs_of([flag("off")] * 3))
    says = (
        "Flag 'new-checkout' of 'payments' is on in 1,482 of 1,500 reference requests and off in all 6 test "
        "cases of candidate."
    )
    assert found(report) == {("suspect", "warns", says)}
    assert [(line.flow, line.service, line.subject) for line in report.verdicts if line.reason == says] == [
        ("payments", "payments", "flag new-checkout")
    ]


@pytest.mark.parametrize(
    ("on", "cases"),
    [(0.988, ["on"]), (1.0, ["on", "off"]), (0.4, ["on", "off"]), (0.4, ["off"]), (0.03, ["off"])],
    ids=["as most of production", "both where production has one", "both", "one of two, few cases", "rare"],
)
def test_flags_that_stand_for_production_are_quiet(tmp_path: Path, on: float, cases: list[str]) -> None:
    """Nothing is said where tests have what production has, or have not had the time to."""
    report = replayed(tmp_path, production(mixed(on)), runs_of([flag(each) for each in cases]))
    assert found(report) == set()


def test_a_variant_that_no_test_has_is_reported(tmp_path: Path) -> None:
    """Where production has two variants and many cases have only one of them, that is a report."""
    report = replayed(tmp_path, production(mixed(0.4)), runs_of([flag("off")] * 10))
    says = (
        "Flag 'new-checkout' of 'payments' is on in 600 of 1,500 reference requests and off in all 20 test "
        "cases of candidate."
    )
    assert found(report) == {("insufficient", "reports", says)}


def test_few_test_cases_are_not_enough(tmp_path: Path) -> None:
    """After two test cases a flag that is off may be chance: the line says how many more would decide."""
    report = replayed(tmp_path, production(mixed(1.0)), runs_of([flag("off")], runs=2))
    [(state, _, reason)] = found(report)
    assert (state, reason.count("1 more test case")) == ("insufficient", 1)


JAVA = {"telemetry.sdk.language": "java", "process.runtime.version": "21.0.4", "service.version": "1.4.0"}


@pytest.mark.parametrize(
    ("changed", "state", "says"),
    [
        (
            {"process.runtime.version": "17.0.9"},
            "insufficient",
            "'payments' runs Java 21.0.4 in reference and Java 17.0.9 in candidate.",
        ),
        (
            {"service.version": "1.5.0"},
            "accepted",
            "'payments' is version 1.4.0 in reference and 1.5.0 in candidate. It may differ (parity.allow).",
        ),
        ({}, "", ""),
    ],
    ids=["runtime", "version", "nothing"],
)
def test_what_a_service_runs_on(tmp_path: Path, changed: Said, state: str, says: str) -> None:
    """A difference of what both sides state is a line, accepted where it may differ."""
    assert found(compared(tmp_path, JAVA, {**JAVA, **changed})) == (
        {(state, "reports", says)} if state else set()
    )


def test_what_one_side_does_not_state_is_not_compared(tmp_path: Path) -> None:
    """A side that says nothing of its runtime differs in nothing."""
    report = compared(tmp_path, JAVA, {"service.version": "1.4.0"})
    assert (found(report), report.parity.compared, report.parity.services) == (set(), 1, 1)


def test_what_may_differ_is_declared(tmp_path: Path) -> None:
    """A glob on service and aspect accepts the difference, and the list replaces the one by default."""
    old = {**JAVA, "process.runtime.version": "17.0.9", "service.version": "1.5.0"}
    report = compared(tmp_path, JAVA, old, {"parity": {"allow": ["pay* runtime"]}})
    assert {(state, reason.split(" in ")[0]) for state, _, reason in found(report)} == {
        ("accepted", "'payments' runs Java 21.0.4"),
        ("insufficient", "'payments' is version 1.4.0"),
    }


def test_a_system_in_the_place_of_another(tmp_path: Path) -> None:
    """Another database system warns; a second one that no test comes to says nothing."""
    post, h2, redis = (pay({"db.system.name": name}) for name in ("postgresql", "h2database", "redis"))
    other = replayed(tmp_path, production([post, redis] * 100), runs_of([h2, redis]))
    live = "postgresql (50 %) and redis (50 %) in reference"
    tests = "h2database (50 %) and redis (50 %) in candidate"
    assert found(other) == {("suspect", "warns", f"'payments' uses {live} and {tests}.")}
    assert found(replayed(tmp_path, production([post, redis] * 100), runs_of([redis] * 3))) == set()


def test_the_same_of_several_services_is_one_line(tmp_path: Path) -> None:
    """Services that all run on another runtime are named in one line; so are SDKs, whatever they are."""
    both = [Hop("orders", "POST /orders"), Hop("payments", "POST /pay")]
    old = {**JAVA, "process.runtime.version": "17.0.9"}
    report = replayed(tmp_path, production([both] * 200, JAVA), runs_of([both], old))
    runs = "'orders' runs Java 21.0.4 in reference and Java 17.0.9 in candidate"
    says = f"The runtime of 'orders', 'payments' differs: {runs}."
    assert found(report) == {("insufficient", "reports", says)}
