"""Recording rules and alerts: parsed, tied to the catalogue and the runbook, tried with promtool."""

import os
import re
import shutil
import subprocess

import promql_parser
import pytest
import yaml
from msgspec.structs import asdict

from monitor.base.units import LogTime
from monitor.dimensions.dimension import Severity
from monitor.drift.judge import About, Episode, judge
from monitor.drift.policy import Policy
from monitor.drift.records.alert import Alert
from monitor.drift.verdict import Examples, State, Verdict
from monitor.ledgers import QUESTIONS
from monitor.pipeline.timeline.commands import Lost
from monitor.pipeline.timeline.runs import Runs
from monitor.pipeline.timeline.sources import Sources
from monitor.pipeline.timeline.telemetry_lost import LostTelemetry
from tests.deploy import files

RUNBOOK = (files.DEPLOY / "runbook.md").read_text(encoding="utf-8")
HEADINGS = re.findall(r"^## (.+)$", RUNBOOK, re.MULTILINE)


def test_expressions_parse() -> None:
    """Every expression is PromQL."""
    for rule in files.rules():
        promql_parser.parse(rule["expr"])


def test_metrics_are_declared() -> None:
    """Rules use only metrics of the catalogue, and record only names of the form level:metric:operation."""
    assert {name for rule in files.rules() for name in files.undeclared(rule["expr"])} == set()
    assert [name for name in files.recorded() if not re.fullmatch(r"\w+:\w+:\w+", name)] == []


def test_replicas_count_once() -> None:
    """No rule sums over replicas what each of them knows in full."""
    assert {name for rule in files.rules() for name in files.counted_twice(rule["expr"])} == set()
    assert files.counted_twice("sum by (job) (rate(flowdrift_evidence_units_total[5m]))")
    assert not files.counted_twice("sum (max by (flow) (flowdrift_drift_state))")


def test_recorded_names_exist() -> None:
    """Every recorded series that a rule reads is recorded here."""
    read = {name for rule in files.rules() for name in re.findall(r"\b\w+:\w+:\w+", rule["expr"])}
    assert read <= files.recorded()


@pytest.mark.parametrize("alert", files.alerts(), ids=lambda alert: alert["alert"])
def test_alerts_are_complete(alert: files.Rule) -> None:
    """Every alert says for how long, how severe, what happened, and where to read on."""
    assert alert["for"]
    assert alert["keep_firing_for"]
    assert alert["labels"]["severity"] in {"critical", "warning", "info"}
    assert alert["annotations"].keys() == {"summary", "description", "runbook_url", "dashboard_url"}
    assert alert["annotations"]["runbook_url"] == f"deploy/runbook.md#{alert['alert'].lower()}"
    assert alert["annotations"]["dashboard_url"].startswith("/d/flowdrift-overview")


def test_runbook_has_a_heading_for_each_alert() -> None:
    """The runbook's headings are the alerts' names: none is missing, none is left over."""
    assert sorted(HEADINGS) == sorted({alert["alert"] for alert in files.alerts()})


def test_runbook_says_what_to_do() -> None:
    """Under each heading stands what the alert means, what to look at and what to do."""
    sections = re.split(r"^## .+$", RUNBOOK, flags=re.MULTILINE)[1:]
    assert [re.findall(r"^\*\*(.+)\.\*\*", section, re.MULTILINE) for section in sections] == (
        [["Means", "Look at", "Do"]] * len(HEADINGS)
    )


def test_runbook_names_declared_metrics() -> None:
    """The runbook mentions only metrics that exist."""
    assert files.undeclared(RUNBOOK) == set()


def drifted(dimension: str) -> Alert:
    """The event on the alerts topic when a flow drifts in `dimension`."""
    verdict = Verdict(
        flow="shop GET /",
        outcome="ok",
        dimension=dimension,
        severity=QUESTIONS[dimension].severity,
        subject="",
        service="",
        state=State.DRIFT,
        effect=1.0,
        noise_floor=0.0,
        lower_bound=0.0,
        evidence_log10=6.0,
        reference_n=1000,
        candidate_n=4,
        onset=None,
        moved="unknown",
        began_with="",
        reason="",
        examples=Examples(),
    )
    about = About("c", "shop GET /", dimension)
    _, (event,) = judge(about, QUESTIONS[dimension], [verdict], Episode(), LogTime(0))
    return event


ALERTING = [name for name, each in QUESTIONS.items() if each.severity is not Severity.REPORTS]


@pytest.mark.parametrize("dimension", ALERTING)
def test_rules_and_events_name_one_drift_alike(dimension: str) -> None:
    """A drift raises one rule, with the name, severity and labels of its event: it pages once."""
    event = drifted(dimension)
    (rule,) = (alert for alert in files.alerts() if raised_by(alert, dimension))
    (labels,) = re.findall(r"max by \(([^)]*)\)", rule["expr"])
    assert rule["alert"] == event.labels.alertname
    assert rule["labels"] == {"severity": event.severity}
    assert {"alertname", *labels.split(", ")} == asdict(event.labels).keys()


def test_rule_and_event_name_lost_telemetry_alike() -> None:
    """Lost telemetry raises one rule, with the name, severity and labels of its event."""
    lost = LostTelemetry()
    command = Lost("test", "ci-1", "nightly", LogTime(5), 3, 10)
    (event,) = lost.fold(command, (), Runs(), Sources(), Policy())
    (rule,) = (alert for alert in files.alerts() if alert["alert"] == event.labels.alertname)
    (labels,) = re.findall(r"max by \(([^)]*)\)", rule["expr"])
    assert rule["labels"] == {"severity": event.severity}
    assert {"alertname", *labels.split(", ")} == asdict(event.labels).keys()


def raised_by(alert: files.Rule, dimension: str) -> bool:
    """Whether a drift of `dimension` meets the alert's condition."""
    asked = QUESTIONS[dimension]
    info = {"alert": asked.alert, "severity": asked.severity.of_alert}
    joined = re.findall(r"(and|unless) on \(dimension\) flowdrift_dimension_info{(.*)}", alert["expr"])
    matched = [
        all((info[label] == value) is (operator == "=") for label, operator, value in _MATCHER.findall(said))
        for _, said in joined
    ]
    return bool(joined) and matched == [join == "and" for join, _ in joined]


_MATCHER = re.compile(r'(\w+)(!?=)"(\w+)"')


def test_rules_and_dashboards_name_no_dimension() -> None:
    """None of them selects a dimension by its name: a new one has its alert and its panel at once."""
    for file in (files.RULES, *files.DASHBOARDS):
        assert re.findall(r"dimension\W{0,2}[=!]~?(?!%q)", file.read_text(encoding="utf-8")) == []


def test_each_alert_has_its_case() -> None:
    """Every alert is seen firing in at least one case of promtool, and quiet in another."""
    cases = yaml.safe_load((files.DEPLOY / "prometheus" / "tests.yaml").read_text(encoding="utf-8"))
    seen: dict[bool, set[str]] = {True: set(), False: set()}
    for test in cases["tests"]:
        for case in test["alert_rule_test"]:
            seen[bool(case.get("exp_alerts"))].add(case["alertname"])
    names = {alert["alert"] for alert in files.alerts()}
    assert seen == {True: names, False: names}


@pytest.mark.parametrize("arguments", [["check", "rules", "rules.yaml"], ["test", "rules", "tests.yaml"]])
def test_promtool_agrees(arguments: list[str]) -> None:
    """Prometheus' own tool finds no fault in the rules, and every case comes out as written."""
    promtool = shutil.which("promtool")
    if promtool is None:
        assert os.environ.get("CI") != "true", "promtool is required: Debian's package `prometheus` has it"
        pytest.skip("promtool is not installed (Debian: package prometheus)")
    done = subprocess.run(
        [promtool, *arguments], cwd=files.RULES.parent, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
