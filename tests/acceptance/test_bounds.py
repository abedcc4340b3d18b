"""Whatever telemetry does, what is remembered of it and named in answers is bounded, and the rest goes on."""

from typing import Any, NamedTuple

import pytest

from monitor.flows.flow import FlowId
from tests.acceptance.test_coverage import CART, Fleet
from tests.rows import MINUTE, header, row
from tests.unit.pipeline.auditing import PRODUCTION, Log, checkpoints, verdicts

CHARGE = ("POST /charge",)
FLOWS = tuple(FlowId("shop", f"GET /{number:03}") for number in range(110))


class Said(NamedTuple):
    """A command, as it stands in the topic."""

    fields: dict[str, Any]

    def plain(self) -> dict[str, Any]:
        """Its fields."""
        return self.fields


def complete(run: str, suite: str) -> Any:
    """The command that a run of a suite is complete."""
    return Said({"kind": "complete", "environment": "integration", "run": run, "suite": suite, "at": 1})


def test_a_gate_names_the_first_of_many_paths() -> None:
    """Of 110 paths that a run does not prove, its verdict names 10 to 100, the busiest first."""
    fleet = Fleet()
    fleet.production(FLOWS[0], *FLOWS, traces=12 * (1 + len(FLOWS)))
    for number, count in ((0, len(FLOWS)), (5, len(FLOWS)), (10, 0)):
        fleet.run(number, *FLOWS[:count], CART)
        fleet.settle()
    unproven = fleet.records["run/integration/ci-10"]["verdicts"]["prod-test"]["unproven"]
    assert 10 <= len(unproven) <= 100
    assert unproven[0] == "shop GET /000: This run did not exercise it."


@pytest.mark.fault(10)
def test_the_suites_that_are_followed_per_flow_are_bounded() -> None:
    """Of 70 suites that exercised a flow, the 64 whose runs came last are in the report."""
    log = Log()
    log.production(10)
    for number in range(70):
        log.run(number, calls=CHARGE, cases=1)
        log.command(complete(f"ci-{number}", f"suite-{number}"))
    lines = [line for line in verdicts(log.fold()) if line["dimension"] == "coverage"]
    assert {line["subject"] for line in lines} == {f"suite suite-{number}" for number in range(6, 70)}


@pytest.mark.fault(10)
def test_the_calls_of_a_path_that_are_judged_are_bounded() -> None:
    """Of 1,100 calls that only tests make, and one that they lack, 1,000 are judged: that one, too."""
    log = Log()
    log.production(1000)
    log.run(0, calls=tuple(f"GET /{each}" for each in range(1100)))
    subjects = {line["subject"] for line in verdicts(log.fold()) if line["dimension"] == "structure"}
    assert len(subjects) == 1000
    assert "shop POST /orders -> POST /charge" in subjects


def test_rows_below_the_low_offset_are_not_remembered() -> None:
    """Once the low offset has passed them, 10,000 rows leave a checkpoint as small as 200 rows do."""
    small, large = (stored(traces, passed=True) for traces in (200, 10_000))
    assert large < 1.5 * small
    assert stored(10_000, passed=False) > 5 * small


def stored(traces: int, *, passed: bool) -> int:
    """Bytes of the checkpoints after so many rows, before or after the low offset passed them."""
    log = Log()
    log.production(traces)
    if not passed:
        log.entries.pop()
    return sum(map(len, checkpoints(log.fold()).values()))


def test_a_row_that_comes_again_is_dropped_wherever_the_low_offset_stands() -> None:
    """Copies of rows below the low offset, and of rows above it, count as duplicates and change nothing."""
    log = Log()
    log.production(200)
    above = [row(1000 + place, began=place) for place in range(50)]
    here = {"production": 60 * MINUTE}
    log.append(header(PRODUCTION, low=200, log_time=60 * MINUTE, low_times=here), *above)
    before = log.fold()
    log.append(header(PRODUCTION, low=200, log_time=60 * MINUTE, low_times=here), *above, row(7, began=7))
    after = log.fold()
    assert (before.duplicates, after.duplicates) == (0, 51)
    assert [state.pack() for state in after.states()] == [state.pack() for state in before.states()]
