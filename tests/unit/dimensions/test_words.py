"""The words of findings: which share of production's traces and of which tests."""

import pytest

from monitor.base.units import LogTime
from monitor.dimensions.dimension import Cases, Seen
from monitor.dimensions.words import among, in_production, in_runs, in_tests

SINCE = LogTime(1_795_943_640_000)


@pytest.mark.parametrize(
    ("rate", "number", "says"),
    [
        (1.0, 1426, "all 1,426 traces"),
        (1.0, 1, "the only trace"),
        (0.0, 6, "0 of 6 traces"),
        (0.0, 1, "0 of 1 trace"),
        (0.5, 6, "50 % of 6 traces"),
        (0.00001, 20_000, "under 0.1 % of 20,000 traces"),
        (0.99999, 20_000, "over 99.9 % of 20,000 traces"),
    ],
)
def test_a_share_of_a_number_of_things(rate: float, number: int, says: str) -> None:
    """All and none are said as such, and nothing is rounded to them."""
    assert among(rate, number, "trace") == says


@pytest.mark.parametrize(
    ("cases", "says"),
    [
        (Cases(6, 3, SINCE), "0 of 6 test cases (3 runs since 2026-11-29 09:14 UTC)"),
        (Cases(6, 1), "0 of 6 test cases (1 run)"),
        (Cases(3, 3, SINCE), "0 of 3 test runs since 2026-11-29 09:14 UTC"),
        (Cases(12, 12, SINCE, known=False), "0 of 12 test periods since 2026-11-29 09:14 UTC"),
        (Cases(40, 12, known=False), "0 of 40 test traces"),
        (Cases(6, 1, run="ci-1"), "0 of 6 test cases of run ci-1"),
        (Cases(1, 1, run="ci-1"), "no trace of run ci-1"),
    ],
)
def test_which_tests_are_meant(cases: Cases, says: str) -> None:
    """Test cases and runs, since when; without run ids periods of time; or one run, by its id."""
    assert in_tests(Seen(1.0, 1426, 0.0, 3, cases)) == says
    assert in_production(Seen(1.0, 1426, 0.0, 3, cases)) == "all 1,426 production traces"


def test_a_run_of_one_case_speaks_of_its_traces() -> None:
    """Where spans name no case, the run is one: it may do something in a part of its traces."""
    one = Cases(1, 1, run="ci-1")
    shares = [in_tests(Seen(1.0, 10, rate, 1, one)) for rate in (1.0, 0.25)]
    assert shares == ["all traces of run ci-1", "25 % of the traces of run ci-1"]


def test_what_is_no_rate_of_cases_speaks_of_runs() -> None:
    """Such as how requests end; before anything is found no onset is named."""
    assert in_runs(Cases(6, 3, SINCE)) == "3 test runs since 2026-11-29 09:14 UTC"
    assert in_runs(Cases(9, 9, SINCE, known=False)) == "9 test periods since 2026-11-29 09:14 UTC"
    assert in_runs(Cases(6, 3)) == "the tests so far"
