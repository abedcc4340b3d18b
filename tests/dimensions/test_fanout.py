"""Fan-out: n_plus_one: production calls the database eleven times, tests once."""

import pytest

from monitor.base.units import DAY_MS, LogTime
from monitor.dimensions.fanout import FANOUT
from monitor.drift.detectors.presence import PresenceDetector
from monitor.fingerprints.days import Days
from monitor.fingerprints.snapshot import Snapshot
from monitor.fingerprints.tally import Tally
from monitor.fingerprints.units import Origin, Unit
from monitor.flows.flow import Flow
from tests.acceptance.test_who_moved import DEPLOYED, NEW, OLD, produce
from tests.dimensions.scenario import Scenario, calling, found, lines, log_of
from tests.rows import row
from tests.unit.pipeline.auditing import Log, summary_of

CALL = "db SELECT items"
LEVELS_OF_11 = 3
"""At least twice, four and eight times."""
SUBJECT = f"shop POST /orders -> {CALL} repeated"
SCENARIO = Scenario(
    production=calling(*[CALL] * 11), faithful=calling(*[CALL] * 11), drifting=calling(CALL), subject=SUBJECT
)


@pytest.mark.parametrize(("traces", "units"), [(20_000, 3), (1_000, 6)])
def test_n_plus_one(traces: int, units: int) -> None:
    """It passes the threshold of pages within 3 units at 20,000 production traces, and 6 at 1,000."""
    days = Days()
    for number in range(traces):
        days.observe(SCENARIO.production(number))
    known = Snapshot.take(days, 7 * DAY_MS, LogTime(0))
    tally = Tally()
    tally.observe(SCENARIO.drifting(0))
    detector = PresenceDetector(FANOUT)
    for number in range(units):
        detector.feed([Unit((tally,))], known, Origin(f"ci-{number}", 0), LogTime(number), 1e6)
    assert [stream.firing for stream in detector.streams.values()] == [True] * LEVELS_OF_11


def test_a_loop_is_one_finding() -> None:
    """Twice, four and eight times missing is one line, which names the most times that production has."""
    [line] = lines(log_of(SCENARIO, drifting=True).fold(), "fanout")
    assert (line["state"], line["subject"]) == ("drift", SUBJECT)
    assert f"'shop POST /orders -> {CALL}' is made 8 times or more in all 2,000 production" in line["reason"]


def test_tests_that_loop_where_production_does_not() -> None:
    """The other way round it is found as well: sixteen calls in every test, one in production."""
    turned = SCENARIO._replace(production=SCENARIO.drifting, drifting=calling(*[CALL] * 16))
    [line] = lines(log_of(turned, drifting=True).fold(), "fanout")
    assert (line["state"], line["subject"]) == ("drift", SUBJECT)
    assert "16 times or more in 0 of 2,000 production traces" in line["reason"]


def test_a_number_within_a_doubling_is_none() -> None:
    """Eleven calls and fifteen are alike: data differ by that much."""
    near = SCENARIO._replace(drifting=calling(*[CALL] * 15))
    assert found(lines(log_of(near, drifting=True).fold(), "fanout")) == {("ok", "")}


def test_a_loop_over_production_s_own_data_is_no_finding() -> None:
    """Where production repeats a call now and then, tests may or may not."""

    def some(number: int) -> Flow:
        return row(number, calls=[CALL] * (1 + number % 11))

    varied = SCENARIO._replace(production=some)
    assert found(lines(log_of(varied, drifting=True).fold(), "fanout")) == {("ok", "")}


def test_a_call_that_is_not_made_has_no_number() -> None:
    """Without the call structure speaks, and fan-out has nothing to say of it."""
    gone = SCENARIO._replace(drifting=calling("other"))
    auditor = log_of(gone, drifting=True).fold()
    assert ("drift", f"shop POST /orders -> {CALL}") in found(lines(auditor, "structure"))
    assert SUBJECT not in {subject for _, subject in found(lines(auditor, "fanout"))}


def test_it_is_a_fact_of_one_run() -> None:
    """The first run already says so for the gate, once, with the run's units."""
    log = log_of(SCENARIO, drifting=True, runs=1)
    [run] = summary_of(log.fold())["runs"]
    [fact] = [says for _, _, _, _, says, *_ in run["gate"]["prod-test"]["findings"] if "of run ci-0" in says]
    assert f"'shop POST /orders -> {CALL}' is made 8 times or more in all" in fact


def test_a_deployment_that_loops_moved_the_reference() -> None:
    """Production calls eleven times from a version on, tests go on to call once: the version is named."""
    log = Log()
    log.production(20_000, calls=(CALL,))
    for number in range(6):
        log.run(number, calls=(CALL,))
    first = produce(log, range(DEPLOYED - 2, DEPLOYED), (CALL,), OLD, 20_000)
    produce(log, range(DEPLOYED, DEPLOYED + 20), (CALL,) * 11, NEW, first)
    for number in range(8, 13):
        log.run(number, calls=(CALL,))
    [line] = lines(log.fold(), "fanout")
    assert (line["state"], line["subject"]) == ("drift", SUBJECT)
    assert (line["moved"], line["began_with"]) == ("reference", "shop 2.0")
