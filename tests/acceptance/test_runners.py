"""Flows below test runners, pipelines and monitors (telemetry, 'a trace is not a flow')."""

from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import pytest

from monitor.fingerprints.units import OpenUnits
from monitor.flows.flow import Flaw, Flow
from monitor.replay import capture, compare, payloads
from monitor.settings import Settings
from tests import runner_telemetry as tools
from tests.observed import observed

PAY = "shop POST /pay"
CI = {
    "service.name": "shop-tests",
    "deployment.environment.name": "integration",
    "cicd.pipeline.run.id": "ci-7",
    "cicd.pipeline.name": "nightly",
}
INTEGRATION = {"deployment.environment.name": "integration"}
PRODUCTION = {"deployment.environment.name": "production"}


class Told(NamedTuple):
    """What a flow says about where it comes from."""

    flow: str
    environment: str
    suite: str
    run: str
    case: str


def told(flows: Iterable[Flow]) -> list[Told]:
    """What complete flows say, sorted; every one is of the system under test, from its entry down."""
    for flow in flows:
        services = [node.operation.service for node in flow.shape]
        assert flow.flaws == Flaw.NONE and services == ["shop", "shop", "payments"]
    return sorted(Told(str(f.id), f.environment, f.suite, f.run, f.case) for f in flows)


def units(flows: Iterable[Flow]) -> set[str]:
    """Cases that are told apart as evidence."""
    opened = OpenUnits()
    for flow in flows:
        opened.observe(flow)
    return {member.case for member in opened.tallies}


def test_pytest_opentelemetry() -> None:
    """One trace for the whole session: a flow for each request, two to a case, one unit to a case."""
    cases = ["tests/test_pay.py::test_card", "tests/test_pay.py::test_cash[1]"]
    flows = observed(tools.pytest_opentelemetry(CI, cases))
    assert told(flows) == [Told(PAY, "integration", "nightly", "ci-7", case) for case in cases for _ in "12"]
    assert units(flows) == set(cases)


def test_pytest_otel() -> None:
    """Its session span is a SERVER, and yet no entry."""
    flows = observed(tools.pytest_otel(CI, ["test_card", "test_cash"], INTEGRATION))
    assert told(flows) == [
        Told(PAY, "integration", "nightly", "ci-7", case) for case in ("test_card", "test_cash")
    ]
    assert units(flows) == {"test_card", "test_cash"}


def test_a_test_longer_than_the_wait_for_its_span() -> None:
    """The runner's span comes when the test ends: without it the test's own call is an orphan."""
    exports = tools.pytest_otel(CI, ["test_card"], INTEGRATION)
    seconds = [0, 1, 2, 90, 91]
    (orphan,) = observed(exports, seconds=seconds)
    assert (orphan.flaws, orphan.run, orphan.case) == (Flaw.ORPHANED, "ci-7", "")
    waiting = observed(exports, seconds=seconds, assembly={"orphan_wait_ms": 110_000})
    assert told(waiting) == [Told(PAY, "integration", "nightly", "ci-7", "test_card")]


def test_playwright() -> None:
    """A trace per test; what it says of a test outlives that its services say nothing."""
    exports = tools.playwright(CI, "paying > by card", 1) + tools.playwright({}, "paying > in cash", 2)
    assert told(observed(exports)) == [
        Told(PAY, "integration", "nightly", "ci-7", "paying > by card"),
        Told(PAY, "test", "", "", "paying > in cash"),
    ]


def test_playwright_that_drops_passing_tests() -> None:
    """The browser's own request is left: the flow is complete, and its case is not known."""
    flows = observed(tools.playwright(CI, "paying > by card", 1, dropped=True))
    assert told(flows) == [Told(PAY, "integration", "nightly", "ci-7", "")]


def test_vitest() -> None:
    """Worker, module and callback spans are context; the test's name is the case."""
    flows = observed(tools.vitest(CI, ["pays by card", "pays in cash"]))
    assert told(flows) == [
        Told(PAY, "integration", "nightly", "ci-7", f"pays {how}") for how in ("by card", "in cash")
    ]


def test_cucumber() -> None:
    """Its spans look like calls of a client; the scenario is the case, not the step."""
    flows = observed(tools.cucumber(CI, "by card", 1) + tools.cucumber(CI, "in cash", 2))
    assert units(flows) == {f"Feature: Paying. Scenario: {name}" for name in ("by card", "in cash")}
    assert {flow.run for flow in flows if told([flow])} == {"ci-7"}


def test_k6() -> None:
    """A parent that never arrives is no missing one: its child is the entry of a whole flow."""
    flows = observed(tools.k6(1, INTEGRATION | {"test.run.id": "load-3"}) + tools.k6(2, INTEGRATION))
    assert told(flows) == [Told(PAY, "integration", "", run, "") for run in ("", "load-3")]


def test_jenkins() -> None:
    """Pipeline spans are above everything; the step is the case, a configured attribute the run."""
    flows = observed(tools.jenkins(), runs={"attributes": ["ci.pipeline.run.number"]})
    assert told(flows) == [Told(PAY, "test", "", "41", "smoke tests")]


def test_github() -> None:
    """The run and the job say what they are on their resource only; the run is a SERVER."""
    assert told(observed(tools.github())) == [Told(PAY, "test", "smoke", "77", "Run smoke tests")]


def test_gitlab() -> None:
    """Pipeline, stage and job are SERVER spans; those of the stage carry nothing."""
    assert told(observed(tools.gitlab())) == [Told(PAY, "test", "nightly", "77", "smoke")]


def test_a_pipeline_that_reports_when_all_is_over() -> None:
    """Its spans come when the flows below it were told long ago: they change and spoil nothing."""
    exports = tools.github(INTEGRATION)
    flows = observed([*exports[:2], *[exports[0]] * 100, *exports[2:]])
    assert told(flows) == [Told(PAY, "integration", "", "", "")]


def test_a_pipeline_that_deploys_does_not_make_production_a_test() -> None:
    """What services say about themselves comes before what is above them."""
    assert {flow.environment for flow in observed(tools.gitlab(PRODUCTION))} == {"production"}


def test_checkly() -> None:
    """Synthetic traffic in production is an environment of its own, with the check as its case."""
    flows = observed(
        tools.checkly(1, services=PRODUCTION) + tools.checkly(2, exported=False, services=PRODUCTION)
    )
    assert told(flows) == [Told(PAY, "production-synthetic", "", "", case) for case in ("", "pay")]


@pytest.mark.parametrize(
    ("state", "environment"),
    [
        ("checkly=true", "production-synthetic"),
        ("ot=th:8, checkly=true", "production-synthetic"),
        ("dd=s:1;o:synthetics-browser;t.dm:-4", "production-synthetic"),
        ("dd=s:1;o:synthetics", "production-synthetic"),
        ("dd=s:1;o:rum,ot=th:8", "production"),
        ("checkly=false", "production"),
        ("xcheckly=true", "production"),
    ],
)
def test_synthetic_monitors_mark_the_trace_state(state: str, environment: str) -> None:
    """Entries of the trace state count whole, wherever they stand."""
    flows = observed(tools.system(0, first=1, state=state, services=PRODUCTION))
    assert {flow.environment for flow in flows} == {environment}


def test_synthetic_traffic_elsewhere() -> None:
    """In a test environment it is what it is there for; without an environment it is a test."""
    says = {"user_agent.synthetic.type": "test"}
    assert told(observed(tools.k6(1, INTEGRATION | says))) == [Told(PAY, "integration", "", "", "")]
    assert told(observed(tools.k6(1, says))) == [Told(PAY, "test", "", "", "")]
    assert told(observed(tools.k6(1, PRODUCTION | says))) == [Told(PAY, "production-synthetic", "", "", "")]


def test_replay_of_a_captured_session(tmp_path: Path) -> None:
    """Each case is a unit; the files are what the caller says, synthetic traffic included."""
    files = {"production": tools.checkly(1, exported=False, services=PRODUCTION)}
    files["integration"] = tools.pytest_otel(CI, ["test_card", "test_cash"], INTEGRATION)
    for name, exports in files.items():
        (tmp_path / name).write_bytes(b"".join(exports))
    reference = capture("reference", [f"production={tmp_path / 'production'}"])
    candidate = capture("candidate", [f"integration={tmp_path / 'integration'}"])
    report = compare(reference, candidate, Settings(), lambda *_: None, pytest.fail)
    assert (report.comparison.units, report.coverage.flows, report.input.flows) == (2, 1.0, 3)


@pytest.mark.realdata
def test_only_roots_say_that_they_are_tests(realdata: Path) -> None:
    """Train Ticket: of each trace only the root carries `test.*`, and yet every flow in it is a test's."""
    recording = realdata / "mepfl-rw" / "f1-pass.jsonl.gz"
    lines = [payload for payload, _, _ in islice(payloads(recording), 200)]
    flows = observed(lines, "otlp_json", flows={"inner": ["ts-*"]})
    assert len(flows) > 2 * len(lines)
    assert {flow.environment for flow in flows} == {"test"} and all(flow.case for flow in flows)
