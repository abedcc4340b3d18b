"""What passes on, and answers by itself more often than in production: read from the records of flows."""

from random import Random

import pytest

from monitor.drift.passed import BY_ITSELF, DRIFT, SUSPECT, Way, ways
from monitor.drift.records.flow import Entered, FlowVerdicts
from monitor.drift.verdict import State

ENTRY = "edge /*"


def flow(
    name: str, reference: int, candidate: int, units: int | None = None, by: str = ENTRY
) -> FlowVerdicts:
    entered = Entered(by, by.split(maxsplit=1)[0], reference, candidate, alone=units is None)
    known = candidate if units is None else units
    return FlowVerdicts(partition=0, offset=0, flow=name, entered=entered, candidate_units=known)


def test_an_entry_that_answers_itself_is_one_line() -> None:
    """Where production does so in 7 % and tests in 47 %, the entry's service differs; its share is said."""
    [line] = ways([flow(ENTRY, 420, 313), flow("shop GET /a", 3549, 84), flow("shop GET /b", 2356, 275)])
    assert (line.flow, line.subject, line.service, line.state) == (ENTRY, BY_ITSELF, "edge", State.DRIFT)
    assert line.severity == "warns"
    assert line.effect == pytest.approx(0.4, abs=0.01)
    assert "6.64 % of the 6,325 production traces" in line.reason
    assert "46.6 % of the tests" in line.reason


def test_a_way_that_production_never_goes_is_one_line() -> None:
    """A fault that cuts traces short looks like a flow of its own: the line says where they end."""
    [line] = ways([flow("shop GET /a", 3549, 300), flow("shop POST /pay", 0, 49)])
    assert (line.subject, line.state) == ("passed on to shop POST /pay", State.DRIFT)


def test_other_ways_are_the_choice_of_the_tests() -> None:
    """Tests may ask for some things more often than production does, or never."""
    assert not list(ways([flow("shop GET /a", 3500, 5), flow("shop GET /b", 500, 500), flow("shop c", 9, 0)]))


def test_twice_as_often_is_tolerated() -> None:
    """The odds may be three times production's."""
    assert not list(ways([flow(ENTRY, 400, 120), flow("shop GET /a", 5600, 880)]))


def test_flows_that_name_themselves_are_no_gateways() -> None:
    """Without another flow of the same entry, and of few production traces, nothing is said."""
    assert not list(
        ways([flow("shop GET /a", 0, 500, by="shop GET /a"), flow("shop b", 900, 0, by="shop b")])
    )
    assert not list(ways([flow(ENTRY, 5, 90), flow("shop GET /a", 100, 10)]))


def test_units_of_runs_share_causes() -> None:
    """Ten thousand traces in twelve units are twelve pieces of evidence, whatever the number of flows."""
    few = [flow(ENTRY, 420, 5000, units=12), flow("shop GET /a", 5900, 5000, units=12)]
    assert [line.candidate_n for line in ways(few)] == []
    many = [flow(ENTRY, 420, 5000, units=60), flow("shop GET /a", 5900, 5000, units=60)]
    assert [line.candidate_n for line in ways(many)] == [60]


def test_tests_that_are_as_production_allows_are_hardly_ever_suspect() -> None:
    """At the tolerated rate itself, looked at after every unit: at most one stream in a thousand."""
    dice, alarms = Random(4), 0
    high = Way(67, 1000, 0.0, 0)
    assert high.evidence == 1.0
    rate = 0.17
    for _ in range(200):
        seen = 0
        for n in range(1, 200):
            seen += dice.random() < rate
            alarms += n % 10 == 0 and Way(67, 1000, float(seen), n).evidence >= SUSPECT
    assert alarms == 0
    assert DRIFT > SUSPECT
