"""The verdict on a run, from rows to the record: what a CI job receives."""

from typing import Any

import orjson
import pytest
from msgspec import to_builtins

from monitor.drift.policy import Policy
from monitor.flows.flow import FlowId
from monitor.pipeline.audit.auditor import PartitionAuditor
from monitor.pipeline.fleet.owner import Owner
from tests.acceptance.test_coverage import CART, ORDERS, Fleet
from tests.rows import MINUTE, header, row
from tests.unit.pipeline.auditing import POLICY, TESTS, Log, checkpoints

CHARGE = ("POST /charge",)


def verdicts_of(log: Log, policy: Policy = POLICY) -> dict[str, dict[str, Any]]:
    """The verdict on each run of a log of one partition."""
    owner = Owner(1)
    owner.receive_command(0, orjson.dumps({"kind": "settings", "policy": policy.model_dump()}))
    for key, value in log.fold().all_records().items():
        owner.receive(key, value)
    owner.decide()
    return {key.run: to_builtins(run.verdicts["prod-test"]) for key, run in owner.runs.items()}


def test_a_faithful_run_passes_once_there_is_enough() -> None:
    """With 20,000 traces two units suffice; with 1,000 the first run is not enough, and says so."""
    log = Log()
    log.production(20_000)
    log.run(0, calls=CHARGE)
    told = verdicts_of(log)["ci-0"]
    assert (told["state"], told["traffic"], told["paths"], told["ok"], told["units"]) == (
        "pass",
        1.0,
        1,
        1,
        2,
    )
    small = Log()
    small.production(1000)
    for number in range(3):
        small.run(number, calls=CHARGE)
    assert [verdicts_of(small)[f"ci-{n}"]["state"] for n in range(3)] == ["insufficient", "pass", "pass"]
    [unproven] = verdicts_of(small)["ci-0"]["unproven"]
    assert unproven.startswith("shop POST /orders: 1 more evidence unit would decide")


@pytest.mark.parametrize("traces", [1000, 20_000])
def test_a_call_mocked_away_fails_the_first_run_that_lacks_it(traces: int) -> None:
    """A call mocked away fails the first run without it, by a fact, and pages nobody."""
    log = Log()
    log.production(traces)
    for number in range(4):
        log.run(number, calls=CHARGE if number < 3 else ())
    told = verdicts_of(log)
    assert [told[f"ci-{n}"]["state"] for n in (1, 2, 3)] == ["pass", "pass", "drift"]
    assert told["ci-3"]["facts"] == 1
    assert "in 0 of 2 test cases of run ci-3." in told["ci-3"]["reasons"][0]
    assert "firing" not in [alert.phase for alert in log.alerts]


def test_a_call_that_half_of_the_run_lacks_is_found_by_its_evidence() -> None:
    """A call that some units of a run lack is no fact; e-BH over the run's own bets finds it."""
    log = Log()
    log.production(20_000)
    begin = 70 * MINUTE
    place: dict[str, Any] = {"environment": "integration", "run": "ci", "began": begin}
    rows = [row(n, case=f"case {n}", calls=CHARGE if n < 1 else (), **place) for n in range(40)]
    runs = {("integration", "ci"): (begin, begin)}
    log.append(header(TESTS, log_time=begin, low_times={"integration": begin}, runs=runs), *rows)
    later = begin + 9 * MINUTE
    log.append(header(TESTS, low=50, log_time=later, low_times={"integration": later}))
    told = verdicts_of(log)["ci"]
    assert (told["state"], told["facts"], told["found_by_run"]) == ("drift", 0, 1)


def test_a_run_of_less_than_its_suite_does_not_pass() -> None:
    """A run passes only if it proves half of the traffic that its suite exercised before."""
    fleet = Fleet()
    fleet.production(ORDERS, CART, CART, traces=60_000)
    for number in range(4):
        fleet.run(number, ORDERS, *[CART] * (number < 3))
        fleet.settle()
    told = {n: fleet.records[f"run/integration/ci-{n}"]["verdicts"]["prod-test"] for n in range(4)}
    assert [told[n]["state"] for n in range(4)] == ["pass", "pass", "pass", "insufficient"]
    assert told[3]["traffic"] == pytest.approx(1 / 3, abs=1e-3)
    assert told[3]["unproven"] == ["shop GET /cart: This run did not exercise it."]


def test_a_flow_without_production_proves_nothing() -> None:
    """A run of flows that production does not have neither drifts nor passes."""
    fleet = Fleet()
    fleet.production(ORDERS)
    fleet.run(0, FlowId("shop", "GET /new"))
    fleet.settle()
    told = fleet.records["run/integration/ci-0"]["verdicts"]["prod-test"]
    assert (told["state"], told["traffic"]) == ("insufficient", None)


def test_a_verdict_outlives_a_restart_and_later_runs() -> None:
    """Restored auditors say the same of a settled run, whatever came after it."""
    log = Log()
    log.production(20_000)
    log.run(0, calls=CHARGE)
    early = log.fold()
    log.run(1, calls=())
    late = log.fold(PartitionAuditor(0, 4, 1, checkpoints(early)))
    lines = [orjson.loads(each.all_records()["summary/0"])["runs"][0] for each in (early, late)]
    assert lines[0] == lines[1]
    assert lines[0]["gate"]["prod-test"]["ok"] == 1


def test_a_summary_is_short_on_old_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of runs that settled long ago it has few findings, and still their number."""
    monkeypatch.setattr("monitor.pipeline.audit.run_results.IN_FULL", 1)
    fleet = Fleet()
    flows = [FlowId("shop", f"GET /{n}") for n in range(12)]
    fleet.production(*flows, traces=12_000)
    for number in range(2):
        begin = (70 + 10 * number) * MINUTE
        place: dict[str, Any] = {"environment": "integration", "run": f"ci-{number}", "began": begin}
        rows = [row(100 * number + n, flow=flow, calls=(), **place) for n, flow in enumerate(flows)]
        runs = {("integration", f"ci-{number}"): (begin, begin)}
        fleet.log.append(header(TESTS, low=100 * number, log_time=begin, runs=runs), *rows)
        later = begin + 9 * MINUTE
        fleet.log.append(
            header(TESTS, low=100 * number + 50, log_time=later, low_times={"integration": later})
        )
    fleet.settle()
    gates = [line["gate"]["prod-test"] for line in fleet.records["summary/0"]["runs"]]
    assert [(gate["drift"], len(gate["findings"])) for gate in gates] == [(12, 10), (12, 12)]
    told = fleet.records["run/integration/ci-0"]["verdicts"]["prod-test"]
    assert len(told["reasons"]) == 12
