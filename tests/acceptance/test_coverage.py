"""Scenarios of coverage on the auditor and the owner: new_endpoint, dead_flow, a flow that a suite lost."""

from typing import Any

import orjson
import pytest

from monitor.drift.policy import Policy
from monitor.drift.records.alert import Alert
from monitor.drift.report import Report, build_report
from monitor.drift.scope import OutOfScope
from monitor.drift.verdict import State
from monitor.flows.flow import FlowId
from monitor.pipeline.audit.auditor import PartitionAuditor
from monitor.pipeline.fleet.owner import Owner
from monitor.pipeline.timeline.commands import numbered
from tests.rows import MINUTE, header, row
from tests.unit.pipeline.auditing import POLICY, PRODUCTION, TESTS, Log
from tests.unit.publish.records import view_of

CART = FlowId("shop", "GET /cart")
ORDERS = FlowId("shop", "POST /orders")
OLD = FlowId("shop", "GET /old")


class Fleet:
    """One auditor partition and the owner, which decides after every record."""

    def __init__(self, policy: Policy = POLICY) -> None:
        self.log = Log(policy)
        self.auditor = PartitionAuditor(0, 4, 1, {})
        self.owner = Owner(1)
        self.owner.receive_command(0, orjson.dumps({"kind": "settings", "policy": policy.model_dump()}))
        self.records: dict[str, Any] = {}
        self.done = 0
        self.alerts: list[Alert] = []

    @property
    def phases(self) -> list[tuple[str, str]]:
        """Name and phase of every event."""
        return [(alert.labels.alertname, alert.phase) for alert in self.alerts]

    def settle(self) -> None:
        """Fold what was appended, hear the owner, forward its commands, until nothing is left."""
        while self.done < len(self.log.entries):
            stamp, value = self.log.entries[self.done]
            self.alerts += self.auditor.apply(self.done, stamp, value)
            self.done += 1
            for key, told in self.auditor.changed().items():
                self.records[key] = orjson.loads(told)
                self.owner.receive(key, told)
            decisions = self.owner.decide()
            self.records |= {key: orjson.loads(told) for key, told in decisions.records.items()}
            for _, command in decisions.commands:
                self.owner.receive_command(self.log.commands, command)
                _, plain = numbered({"number": 0, **orjson.loads(command)})
                self.log.command(plain)

    def report(self) -> Report:
        self.settle()
        records = {key: orjson.loads(told) for key, told in self.auditor.all_records().items()}
        return build_report(view_of(self.records | records), "prod-test")

    def production(self, *flows: FlowId, traces: int = 1200, minute: int = 60, version: str = "") -> None:
        """Traces dealt to the flows in turn, out by `minute`, of a version of the shop if that is stated."""
        versions = (("shop", version),) if version else ()
        time = minute * MINUTE
        rows = [
            row(1_000_000 * minute + n, flow=flows[n % len(flows)], began=time - 1)._replace(
                versions=versions
            )
            for n in range(traces)
        ]
        out = {"production": time}
        begin = {"production": 0}
        self.log.append(header(PRODUCTION, log_time=time, low_times=begin), *rows)
        low = 1_000_000 * minute + traces
        self.log.append(header(PRODUCTION, low=low, log_time=time, at_end=True, low_times=out))

    def run(self, number: int, *flows: FlowId, lacking: FlowId | None = None, suite: str = "nightly") -> None:
        """A run with two traces of each of the flows, one of which may lack its call; it settles."""
        begin, name = (70 + 10 * number) * MINUTE, f"ci-{number}"
        place = {"environment": "integration", "suite": suite, "run": name, "began": begin}
        rows = [
            row(
                100 * number + n,
                flow=flow,
                case=f"case {n}",
                calls=() if flow == lacking else ("POST /charge",),
                **place,  # type: ignore[arg-type]
            )
            for n, flow in enumerate((*flows, *flows))
        ]
        runs = {("integration", name): (begin, begin)}
        at_begin = {"integration": begin}
        self.log.append(
            header(TESTS, low=100 * number, log_time=begin, low_times=at_begin, runs=runs, suite=suite), *rows
        )
        later = begin + 9 * MINUTE
        after = {"integration": later}
        self.log.append(header(TESTS, low=100 * number + 50, log_time=later, low_times=after))


def subjects(report: Report) -> dict[tuple[str, str], str]:
    return {(line.flow, line.subject): str(line.state) for line in report.verdicts if line.subject}


@pytest.mark.parametrize(("until", "holds"), [(None, True), ("1970-01-01", True), ("1969-12-31", False)])
def test_a_flow_that_needs_no_test_is_named_with_the_reason(until: str | None, holds: bool) -> None:
    """It is in no share and no finding, while no test exercises it and until the decision's last day."""
    decision = OutOfScope(match="shop GET /c*", reason="goes away", until=until)
    fleet = Fleet(POLICY.model_copy(update={"out_of_scope": (decision,)}))
    fleet.production(ORDERS, CART, OLD)
    fleet.run(0, ORDERS)
    report = fleet.report()
    aside = [(each.flow, round(each.share, 3), each.reason) for each in report.coverage.out_of_scope]
    assert aside == [("shop GET /cart", 0.333, "goes away")] * holds
    assert [each.flow for each in report.coverage.missing] == ["shop GET /cart", "shop GET /old"][holds:]
    assert report.coverage.traffic == pytest.approx(1 / 2 if holds else 1 / 3, abs=1e-5)
    said = [each.says for each in report.dropped if each.kind == "out_of_scope"]
    assert len(said) == holds
    assert all("1 flow with 33.3 % of the reference's traffic needs no test" in each for each in said)
    fleet.run(1, ORDERS, CART)
    assert fleet.report().coverage.out_of_scope == ()


def test_new_endpoint() -> None:
    """A flow that appears in production and has no test is reported with its share, as soon as it is out."""
    fleet = Fleet()
    fleet.production(ORDERS)
    fleet.run(0, ORDERS)
    assert subjects(fleet.report()) == {(str(ORDERS), "suite nightly"): "insufficient"}
    fleet.production(CART, traces=400, minute=85)
    report = fleet.report()
    assert subjects(report)[str(CART), "never tested"] == "suspect"
    assert [(one.flow, one.share) for one in report.coverage.missing] == [(str(CART), 0.25)]
    assert (report.coverage.flows, report.coverage.traffic) == (0.5, 0.75)
    assert fleet.phases == []


def test_everything_tested() -> None:
    """The quiet twin: with a test of the new flow, nothing is missing."""
    fleet = Fleet()
    fleet.production(ORDERS, CART)
    fleet.run(0, ORDERS, CART)
    report = fleet.report()
    assert report.coverage.missing == ()
    assert (report.coverage.flows, report.coverage.traffic, report.coverage.faithful) == (1.0, 1.0, 1.0)


def test_coverage_is_as_faithful_as_the_flows_that_are_covered() -> None:
    """Traffic of a flow whose tests drifted whole is covered, and not faithfully: two thirds are left."""
    fleet = Fleet()
    fleet.production(ORDERS, CART, CART, traces=6000)
    for number in range(4):
        fleet.run(number, ORDERS, CART, lacking=ORDERS)
    coverage = fleet.report().coverage
    assert coverage.traffic == 1.0
    assert coverage.faithful == pytest.approx(2 / 3, abs=1e-3)


def test_dead_flow() -> None:
    """A flow that production has not had in a week of its own time is dead; before it is not seen."""
    fleet = Fleet()
    fleet.production(ORDERS, minute=60)
    fleet.production(ORDERS, minute=180)
    fleet.run(12, ORDERS, CART)
    report = fleet.report()
    assert [(dead.flow, dead.last_seen) for dead in report.coverage.dead] == [(str(CART), None)]
    assert subjects(report)[str(CART), "not seen in the reference"] == "insufficient"
    [reason] = [line.reason for line in report.verdicts if line.subject == "not seen in the reference"]
    assert reason == (
        "integration exercises it and production has not had it since flowdrift began to watch, 2 h ago; "
        "after 7 days without it, it counts as dead."
    )
    fleet.production(ORDERS, minute=8 * 24 * 60)
    report = fleet.report()
    assert subjects(report)[str(CART), "dead in the reference"] == "suspect"
    [reason] = [line.reason for line in report.verdicts if line.subject == "dead in the reference"]
    assert reason.endswith("production has not had it since flowdrift began to watch, 7 days ago.")


def test_a_flow_that_production_stopped_using_is_dead() -> None:
    """After a week of production's own time without it a flow is dead, and its last sight is reported."""
    fleet = Fleet()
    fleet.production(OLD, ORDERS)
    fleet.run(0, ORDERS, OLD)
    assert fleet.report().coverage.dead == ()
    fleet.production(ORDERS, minute=8 * 24 * 60)
    [dead] = fleet.report().coverage.dead
    assert (dead.flow, dead.last_seen) == (str(OLD), 3_599_999)


def test_release_gap() -> None:
    """A version brings three new flows, tests cover one: two new flows of that release have no test."""
    fleet = Fleet()
    fleet.production(ORDERS, CART, version="1.0.0")
    fleet.run(0, ORDERS, CART)
    assert fleet.report().coverage.releases == ()
    new = [FlowId("shop", f"POST /new-{n}") for n in range(3)]
    fleet.production(ORDERS, CART, *new, minute=600, version="1.1.0")
    fleet.run(60, ORDERS, CART, new[0])
    [release] = fleet.report().coverage.releases
    assert (release.release, release.new, release.tested) == ("shop 1.1.0", 3, 1)
    assert release.missing == tuple(map(str, new[1:]))
    assert release.says == (
        "shop 1.1.0 (since 1970-01-01 09:59 UTC): 3 new flows; tests have had 1 since. "
        "Without a test: shop POST /new-1, shop POST /new-2."
    )
    assert fleet.phases == []


def test_release_without_a_gap() -> None:
    """The quiet twins: a version may bring no flow, and of one whose flows all have tests none is named."""
    fleet = Fleet()
    fleet.production(ORDERS, CART, version="1.0.0")
    fleet.production(ORDERS, CART, minute=600, version="1.1.0")
    assert fleet.report().coverage.releases == ()
    fleet.production(ORDERS, CART, OLD, minute=1200, version="1.2.0")
    fleet.run(120, ORDERS, CART, OLD)
    [release] = fleet.report().coverage.releases
    assert (release.release, release.new, release.tested, release.missing) == ("shop 1.2.0", 1, 1, ())


def test_a_suite_that_loses_a_flow() -> None:
    """A flow that complete runs no longer exercise pages after several runs, as lost coverage."""
    fleet = Fleet()
    flows = [FlowId("shop", f"GET /{n}") for n in range(9)]
    fleet.production(CART, *flows)
    for number in range(20):
        fleet.run(number, CART, *flows)
    fleet.settle()
    assert fleet.phases == []
    for number in range(20, 30):
        fleet.run(number, *flows)
    report = fleet.report()
    assert subjects(report)[str(CART), "suite nightly"] == "drift"
    assert fleet.phases == [("FlowCoverageLost", "pending"), ("FlowCoverageLost", "firing")]
    [line] = [line for line in report.verdicts if line.state == "drift"]
    assert line.reason == "Suite nightly exercised this flow before; 9 of its last 9 complete runs did not."


def test_an_incomplete_run_loses_nothing() -> None:
    """The quiet twin: runs of a small part of a suite are one alert on lost telemetry, and no lost flow."""
    fleet = Fleet()
    flows = [FlowId("shop", f"GET /{n}") for n in range(9)]
    fleet.production(CART, *flows)
    for number in range(20):
        fleet.run(number, CART, *flows)
    for number in range(20, 30):
        fleet.run(number, *flows[:3])
    fleet.settle()
    assert fleet.phases == [("TestTelemetryLost", "firing")]
    complete = [key for key, told in fleet.records.items() if key.startswith("run/") and told["complete"]]
    assert len(complete) == 20


def test_shards_of_a_suite_lose_nothing() -> None:
    """A flow that every other run exercises, from the first on, is one of shards: no loss, and no alert."""
    fleet = Fleet()
    fleet.production(CART, ORDERS, OLD)
    for number in range(40):
        fleet.run(number, CART, ORDERS if number % 2 else OLD)
    lines = [line for line in fleet.report().verdicts if line.dimension == "coverage"]
    assert {line.state for line in lines} <= {State.OK, State.INSUFFICIENT}
    assert fleet.alerts == []


def test_a_shard_that_is_gone_is_told() -> None:
    """What every other run exercised for long, and no run any more, is lost all the same, only later."""
    fleet = Fleet()
    fleet.production(CART, ORDERS, OLD)
    for number in range(120):
        fleet.run(number, CART, OLD if number >= 40 or number % 2 else ORDERS)
    told = [line.flow for line in fleet.report().verdicts if line.state in (State.SUSPECT, State.DRIFT)]
    assert told == [str(ORDERS)]
