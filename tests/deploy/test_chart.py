"""The Helm chart: rendered by the real engine, checked against the schemas of Kubernetes."""

from pathlib import Path
from typing import Any

import helm_python
import kubernetes_validate
import pytest

from monitor.service import Role
from monitor.settings import Settings, load
from tests.deploy import chart, files

pytestmark = pytest.mark.slow

KUBERNETES = ("1.29", "1.37")
"""The oldest version that Chart.yaml admits and the newest whose schemas are known."""
CUSTOM = {"ServiceMonitor", "PrometheusRule"}
VALUES = pytest.mark.parametrize("values", [{}, chart.EVERYTHING], ids=["defaults", "everything"])


@VALUES
def test_chart_lints(values: chart.Values) -> None:
    """Helm's own linter has nothing to warn of."""
    report = helm_python.lint(chart.CHART, values, strict=True)
    assert [found for found in report["messages"] if found["severity"] > 1] == []
    assert report["errors"] == []


@pytest.mark.parametrize("version", KUBERNETES)
@VALUES
def test_objects_are_valid(values: chart.Values, version: str) -> None:
    """Every rendered object of Kubernetes' own kinds passes the strict schema of old and new versions."""
    for rendered in chart.objects(values):
        if rendered["kind"] not in CUSTOM:
            kubernetes_validate.validate(rendered, version, strict=True)


def test_names_are_unique() -> None:
    """No two objects of one kind share a name."""
    names = [(found["kind"], found["metadata"]["name"]) for found in chart.objects(chart.EVERYTHING)]
    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize(
    "values",
    [
        {"serviceMonitors": {"enabled": True}},
        {"image": {"tagg": "1"}},
        {"image": {"digest": "latest"}},
        {"roles": {"rekeyer": {"enabled": True}}},
        {"service": {"port": "http"}},
        {"apiToken": {"value": "never in values"}},
        {"networkPolicy": {"from": []}},
        {"prometheusRule": {"defaultRules": {"overrides": {"FlowdriftDown": {"severity": "loud"}}}}},
        {"terminationGracePeriodSeconds": 5},
    ],
)
def test_mistaken_values_fail(values: chart.Values) -> None:
    """A mistyped key, a value of the wrong type or out of range stops the installation."""
    with helm_python.Chart.load(chart.CHART) as loaded, pytest.raises(helm_python.HelmValuesError):
        loaded.validate_schema(values)


@pytest.mark.parametrize(
    ("enabled", "message"),
    [
        ({"all": True, "observer": True}, "runs everything already"),
        ({"all": False, "observer": True, "auditor": True}, "enable observer, auditor and api"),
        ({"all": False}, "enable observer, auditor and api"),
    ],
)
def test_roles_that_do_not_add_up_fail(enabled: dict[str, bool], message: str) -> None:
    """Roles that leave work undone, or do it twice, stop the installation with what to do."""
    values = {"roles": {role: {"enabled": state} for role, state in enabled.items()}}
    with pytest.raises(helm_python.HelmError, match=message):
        chart.objects(values)


@pytest.mark.parametrize(
    ("rekeys", "enabled", "message"),
    [(True, False, "enable rekey, too"), (False, True, "works beside observer, auditor and api")],
)
def test_the_rekey_role_goes_with_its_setting(rekeys: bool, enabled: bool, message: str) -> None:
    """Where roles are split, the setting and the workload come together."""
    split = {role: {"enabled": role != "all"} for role in ("all", "observer", "auditor", "api")}
    values = {
        "config": {"kafka": {"traces": {"rekey": rekeys}}},
        "roles": {**split, "rekey": {"enabled": enabled}},
    }
    with pytest.raises(helm_python.HelmError, match=message):
        chart.objects(values)


def test_one_workload_per_role() -> None:
    """By default one workload does everything; split, each role has its own, told by --role."""
    (alone,) = chart.of_kind("StatefulSet", {})
    assert container(alone)["args"] == ["run", "--config=/etc/flowdrift/flowdrift.yaml"]
    split = chart.of_kind("StatefulSet", chart.EVERYTHING)
    roles = {found["metadata"]["name"]: container(found)["args"][2] for found in split}
    assert roles == {f"flowdrift-{role}": f"--role={role}" for role in Role}


@VALUES
def test_services_select_pods(values: chart.Values) -> None:
    """The service for people selects the one workload that answers the API; the headless one selects all."""
    workloads = chart.of_kind("StatefulSet", values)
    labels = [found["spec"]["template"]["metadata"]["labels"] for found in workloads]
    selected = {
        service["metadata"]["name"]: sum(service["spec"]["selector"].items() <= pod.items() for pod in labels)
        for service in chart.of_kind("Service", values)
    }
    assert selected == {"flowdrift": 1, "flowdrift-headless": len(workloads)}


@pytest.mark.fault("container")
@VALUES
def test_pods_are_restricted(values: chart.Values) -> None:
    """Pods run as a numeric user without privileges, on a read-only root, without a token."""
    for workload in chart.of_kind("StatefulSet", values):
        pod = workload["spec"]["template"]["spec"]
        assert pod["automountServiceAccountToken"] is False
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["runAsUser"] > 0
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert container(workload)["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }


def test_liveness_never_depends_on_kafka() -> None:
    """Liveness asks for progress alone, readiness and start-up for what roles need; none asks the API."""
    (workload,) = chart.of_kind("StatefulSet", {})
    asked = {
        probe: tuple(container(workload)[f"{probe}Probe"]["httpGet"].values())
        for probe in ("startup", "readiness", "liveness")
    }
    ready, alive = ("/readyz", "probes"), ("/livez", "probes")
    assert asked == {"startup": ready, "readiness": ready, "liveness": alive}


@pytest.mark.parametrize(
    ("config", "ports"),
    [
        ({}, (8080, 8081)),
        ({"api": {"port": 9000}}, (9000, 9001)),
        ({"probes": {"port": 9100}}, (8080, 9100)),
        ({"api": {"port": 9000}, "probes": {"port": None}}, (9000, 9001)),
    ],
)
def test_ports_are_those_of_the_process(config: dict[str, Any], ports: tuple[int, int]) -> None:
    """Pods name the ports on which the process listens, and Services and Prometheus go by these names."""
    values = {"config": config, "serviceMonitor": {"enabled": True}}
    (workload,) = chart.of_kind("StatefulSet", values)
    named = {each["name"]: each["containerPort"] for each in container(workload)["ports"]}
    settings = Settings(**config)
    assert ports == (settings.api.port, settings.probes.port_beside(settings.api))
    assert named == {"http": ports[0], "probes": ports[1]}
    services = {each["metadata"]["name"]: each["spec"]["ports"] for each in chart.of_kind("Service", values)}
    targets = {name: [port["targetPort"] for port in each] for name, each in services.items()}
    assert targets == {"flowdrift": ["http"], "flowdrift-headless": ["http", "probes"]}
    (monitor,) = chart.of_kind("ServiceMonitor", values)
    assert [each["port"] for each in monitor["spec"]["endpoints"]] == ["probes"]


def test_the_token_is_a_file_of_a_secret() -> None:
    """It is mounted as a folder, so that a new one arrives without a restart, and named to the process."""
    assert "FLOWDRIFT_API__TOKEN_FILE" not in environment({})
    values = {"apiToken": {"existingSecret": "ci", "key": "flowdrift"}}
    (workload,) = chart.of_kind("StatefulSet", values)
    assert environment(values)["FLOWDRIFT_API__TOKEN_FILE"]["value"] == "/etc/flowdrift-api/flowdrift"
    mounts = {each["name"]: each for each in container(workload)["volumeMounts"]}
    volumes = {each["name"]: each for each in workload["spec"]["template"]["spec"]["volumes"]}
    assert mounts["api-token"] == {"name": "api-token", "mountPath": "/etc/flowdrift-api", "readOnly": True}
    assert volumes["api-token"]["secret"] == {"secretName": "ci"}


def test_notes_say_how_ci_gets_the_token() -> None:
    """Without one, that CI jobs are refused, and how to make one; with one, where it is."""
    with helm_python.Chart.load(chart.CHART) as loaded:
        bare = notes(loaded, {})
        set_up = notes(loaded, {"apiToken": {"existingSecret": "ci"}})
        by_hand = notes(loaded, {"config": {"api": {"token_file": "/more/token"}}})
    assert "no token is set, so that this is refused" in bare
    assert "`token` of the Secret ci" in set_up
    assert "refused" not in set_up + by_hand


@pytest.mark.fault("container")
def test_a_network_policy_names_ports() -> None:
    """Each of the two ports has peers of its own; everybody where none are named."""
    assert chart.of_kind("NetworkPolicy", {}) == []
    peers = chart.EVERYTHING["networkPolicy"]["probesFrom"]
    (policy,) = chart.of_kind("NetworkPolicy", chart.EVERYTHING)
    assert policy["spec"]["ingress"] == [
        {"ports": [{"port": "http"}]},
        {"ports": [{"port": "probes"}], "from": peers},
    ]


def test_secrets_are_references() -> None:
    """User, password and keys of Kafka come from Secrets by reference."""
    for workload in chart.of_kind("StatefulSet", chart.EVERYTHING):
        env = {entry["name"]: entry for entry in container(workload)["env"]}
        for name, key in (("USERNAME", "username"), ("PASSWORD", "password")):
            reference = env[f"FLOWDRIFT_KAFKA__AUTH__SASL__{name}"]["valueFrom"]["secretKeyRef"]
            assert reference == {"name": "kafka-user", "key": key}
        assert env["FLOWDRIFT_KAFKA__TLS__KEY_FILE"]["value"] == "/etc/flowdrift-tls/tls.key"
    assert chart.of_kind("Secret", chart.EVERYTHING) == []


@VALUES
def test_configuration_is_accepted(
    values: chart.Values, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the chart renders, file and environment together, is a configuration without unknown keys."""
    (workload, *_) = chart.of_kind("StatefulSet", values)
    for entry in container(workload)["env"]:
        monkeypatch.setenv(entry["name"], entry.get("value", "from-elsewhere"))
    maps = {found["metadata"]["name"]: found for found in chart.of_kind("ConfigMap", values)}
    file = tmp_path / "flowdrift.yaml"
    file.write_text(maps["flowdrift"]["data"]["flowdrift.yaml"], encoding="utf-8")
    settings = load(file)
    assert settings.kafka.group_instance_id == "from-elsewhere"
    assert settings.kafka.tls.enabled is ("kafka" in values)
    assert (settings.kafka.auth.sasl is not None) is ("kafka" in values)


def test_configuration_change_rolls_the_pods() -> None:
    """Another configuration gives the pods another annotation, so that they are replaced."""
    before, after = (
        chart.of_kind("StatefulSet", values)[0]["spec"]["template"]["metadata"]["annotations"]
        for values in ({}, {"config": {"alerts": {"false_pages_per_30d": 2}}})
    )
    assert before != after


def test_chart_carries_rules_and_dashboards() -> None:
    """The packaged chart brings the rules and dashboards of deploy/ as they stand there."""
    (rule,) = chart.of_kind("PrometheusRule", chart.EVERYTHING)
    rendered = [entry for group in rule["spec"]["groups"] for entry in group["rules"]]
    assert rendered == files.rules()
    maps = {found["metadata"]["name"]: found for found in chart.of_kind("ConfigMap", chart.EVERYTHING)}
    overview = (files.DEPLOY / "grafana" / "overview.json").read_text(encoding="utf-8")
    assert maps["flowdrift-dashboards"]["data"] == {"flowdrift-overview.json": overview}


def test_rules_can_be_changed() -> None:
    """Alerts can be left out, changed one by one, and pointed to a runbook elsewhere."""
    options = {
        "runbookUrl": "https://runbooks.example.org/flowdrift",
        "disabled": {"FlowUncovered": True},
        "overrides": {"FlowdriftLagging": {"for": "30m", "severity": "info"}},
    }
    values = {"prometheusRule": {"enabled": True, "defaultRules": options}}
    (rule,) = chart.of_kind("PrometheusRule", values)
    alerts = {entry.get("alert"): entry for group in rule["spec"]["groups"] for entry in group["rules"]}
    assert "FlowUncovered" not in alerts
    lagging = alerts["FlowdriftLagging"]
    assert (lagging["for"], lagging["labels"]["severity"]) == ("30m", "info")
    assert lagging["annotations"]["runbook_url"] == "https://runbooks.example.org/flowdrift#flowdriftlagging"


def test_package_is_complete(tmp_path: Path) -> None:
    """The packaged archive renders what the directory renders: nothing in it points outside."""
    archive = helm_python.package(chart.CHART, destination=tmp_path)
    with helm_python.Chart.load(archive) as packaged:
        assert chart.parsed(packaged, chart.EVERYTHING) == chart.objects(chart.EVERYTHING)


def test_notes_warn_of_missing_resources() -> None:
    """What is printed after the installation warns of a workload without resource requests."""
    with helm_python.Chart.load(chart.CHART) as loaded:
        bare = notes(loaded, {})
        sized = notes(loaded, {"roles": {"all": {"resources": {"requests": {"cpu": 1}}}}})
    assert "roles.all.resources is empty" in bare
    assert "is empty" not in sized


def environment(values: chart.Values) -> dict[str, Any]:
    """The variables of the only workload, by name."""
    (workload,) = chart.of_kind("StatefulSet", values)
    return {entry["name"]: entry for entry in container(workload)["env"]}


def notes(loaded: helm_python.Chart, values: chart.Values) -> str:
    return loaded.render(values, name="flowdrift", namespace="quality")["flowdrift/templates/NOTES.txt"]


def container(workload: chart.Object) -> dict[str, Any]:
    """The only container of a workload's pods."""
    (found,) = workload["spec"]["template"]["spec"]["containers"]
    return dict(found)
