"""Flows below test runners, pipelines and monitors (telemetry, 'a trace is not a flow')."""

from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import pytest

from monitor.captured import captured
from monitor.fingerprints.units import OpenUnits
from monitor.flows.flow import Flaw, Flow
from monitor.replay import capture, compare
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
    """Cases that are distinguished as evidence."""
    opened = OpenUnits()
    for flow in flows:
        opened.observe(flow)
    return {member.case for member in opened.tallies}


def test_pytest_opentelemetry() -> None:
    """One trace of a whole session gives a flow for each request, two to a case, and a unit to a case."""
    cases = ["tests/test_pay.py::test_card", "tests/test_pay.py::test_cash[1]"]
    flows = observed(tools.pytest_opentelemetry(CI, cases))
    assert told(flows) == [Told(PAY, "integration", "nightly", "ci-7", case) for case in cases for _ in "12"]
    assert units(flows) == set(cases)


def test_pytest_otel() -> None:
    """The session span of pytest-otel is a SERVER, and is no entry."""
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
    """Playwright: the test's span names run and case of flows whose services state nothing."""
    exports = tools.playwright(CI, "paying > by card", 1) + tools.playwright({}, "paying > in cash", 2)
    assert told(observed(exports)) == [
        Told(PAY, "integration", "nightly", "ci-7", "paying > by card"),
        Told(PAY, "test", "", "", "paying > in cash"),
    ]


def test_playwright_that_drops_passing_tests() -> None:
    """Without its test span a flow is complete below the browser's request, and its case is unknown."""
    flows = observed(tools.playwright(CI, "paying > by card", 1, dropped=True))
    assert told(flows) == [Told(PAY, "integration", "nightly", "ci-7", "")]


def test_vitest() -> None:
    """Vitest: spans of workers, modules and callbacks are no part of a flow; the test's name is the case."""
    flows = observed(tools.vitest(CI, ["pays by card", "pays in cash"]))
    assert told(flows) == [
        Told(PAY, "integration", "nightly", "ci-7", f"pays {how}") for how in ("by card", "in cash")
    ]


def test_cucumber() -> None:
    """Cucumber: spans that look like calls of a client are no part of a flow; the scenario is the case."""
    flows = observed(tools.cucumber(CI, "by card", 1) + tools.cucumber(CI, "in cash", 2))
    assert units(flows) == {f"Feature: Paying. Scenario: {name}" for name in ("by card", "in cash")}
    assert {flow.run for flow in flows if told([flow])} == {"ci-7"}


def test_k6() -> None:
    """k6: a server whose parent never arrives is the entry of a complete flow."""
    flows = observed(tools.k6(1, INTEGRATION | {"test.run.id": "load-3"}) + tools.k6(2, INTEGRATION))
    assert told(flows) == [Told(PAY, "integration", "", run, "") for run in ("", "load-3")]


def test_jenkins() -> None:
    """Jenkins: spans of the pipeline belong to no flow; the step is the case."""
    flows = observed(tools.jenkins(), runs={"attributes": ["ci.pipeline.run.number"]})
    assert told(flows) == [Told(PAY, "test", "", "41", "smoke tests")]


def test_github() -> None:
    """GitHub: the workflow's SERVER span is no entry; its resource names run and job."""
    assert told(observed(tools.github())) == [Told(PAY, "test", "smoke", "77", "Run smoke tests")]


def test_gitlab() -> None:
    """GitLab: SERVER spans of pipeline, stage and job are no entries."""
    assert told(observed(tools.gitlab())) == [Told(PAY, "test", "nightly", "77", "smoke")]


def test_a_pipeline_that_reports_when_all_is_over() -> None:
    """Pipeline spans that come after the flows below them change no flow."""
    exports = tools.github(INTEGRATION)
    flows = observed([*exports[:2], *[exports[0]] * 100, *exports[2:]])
    assert told(flows) == [Told(PAY, "integration", "", "", "")]


def test_a_pipeline_that_deploys_does_not_make_production_a_test() -> None:
    """What services state of their environment counts before what spans above them state."""
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
    """Marks in the trace state count only as whole entries, wherever they stand."""
    flows = observed(tools.system(0, first=1, state=state, services=PRODUCTION))
    assert {flow.environment for flow in flows} == {environment}


def test_synthetic_traffic_elsewhere() -> None:
    """A monitor's traffic in a test environment stays there; without an environment it is a test."""
    says = {"user_agent.synthetic.type": "test"}
    assert told(observed(tools.k6(1, INTEGRATION | says))) == [Told(PAY, "integration", "", "", "")]
    assert told(observed(tools.k6(1, says))) == [Told(PAY, "test", "", "", "")]
    assert told(observed(tools.k6(1, PRODUCTION | says))) == [Told(PAY, "production-synthetic", "", "", "")]


def test_replay_of_a_captured_session(tmp_path: Path) -> None:
    """In a replay each case of a captured session is a unit, and the file decides the environment."""
    files = {"production": tools.checkly(1, exported=False, services=PRODUCTION)}
    files["integration"] = tools.pytest_otel(CI, ["test_card", "test_cash"], INTEGRATION)
    for name, exports in files.items():
        (tmp_path / name).write_bytes(b"".join(exports))
    reference = capture("reference", [f"production={tmp_path / 'production'}"])
    candidate = capture("candidate", [f"integration={tmp_path / 'integration'}"])
    report = compare(reference, candidate, Settings(), lambda *_: None, lambda _: None)
    assert report.input.rejected == 0
    assert (report.comparison.units, report.coverage.flows, report.input.flows) == (2, 1.0, 3)


@pytest.mark.realdata
def test_only_roots_say_that_they_are_tests(realdata: Path) -> None:
    """Train Ticket: of each trace only the root carries `test.*`, and yet every flow in it is a test's."""
    recording = realdata / "mepfl-rw" / "f1-pass.jsonl.gz"
    lines = [record.payload for record, _ in islice(captured(recording), 200)]
    flows = observed(lines, "otlp_json", flows={"inner": ["ts-*"]})
    assert len(flows) > 2 * len(lines)
    assert {flow.environment for flow in flows} == {"test"} and all(flow.case for flow in flows)
