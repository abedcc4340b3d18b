"""Renders the chart with the real Helm engine, in this process."""

from typing import Any

import helm_python
import yaml

from tests.deploy import files

CHART = files.ROOT / "helm" / "flowdrift"
Object = dict[str, Any]
Values = dict[str, Any]

EVERYTHING: Values = {
    "kafka": {
        "sasl": {"existingSecret": "kafka-user"},
        "tls": {"enabled": True, "existingSecret": "kafka-tls", "certKey": "tls.crt", "keyKey": "tls.key"},
    },
    "apiToken": {"existingSecret": "flowdrift-api"},
    "networkPolicy": {
        "enabled": True,
        "probesFrom": [{"namespaceSelector": {"matchLabels": {"name": "monitoring"}}}],
    },
    "config": {"kafka": {"traces": {"rekey": True}}},
    "roles": {role: {"enabled": role != "all"} for role in ("all", "rekey", "observer", "auditor", "api")},
    "image": {"registry": "registry.example.org", "digest": "sha256:" + "0" * 64},
    "imagePullSecrets": [{"name": "pull"}],
    "commonLabels": {"team": "quality"},
    "extraArgs": ["--verbose"],
    "extraEnvs": [{"name": "TZ", "value": "UTC"}],
    "extraEnvsFrom": [{"secretRef": {"name": "more"}}],
    "extraVolumes": [{"name": "more", "emptyDir": {}}],
    "extraVolumeMounts": [{"name": "more", "mountPath": "/more"}],
    "extraManifests": [
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "{{ .Release.Name }}-more"}}
    ],
    "nodeSelector": {"kubernetes.io/os": "linux"},
    "tolerations": [{"key": "dedicated", "operator": "Exists"}],
    "priorityClassName": "high",
    "podAnnotations": {"note": "1"},
    "podLabels": {"tier": "quality"},
    "serviceMonitor": {"enabled": True, "additionalLabels": {"release": "prometheus"}},
    "prometheusRule": {"enabled": True, "additionalLabels": {"release": "prometheus"}},
    "grafana": {"dashboards": {"enabled": True}},
}
"""Every option used, in a release of one workload per role."""


def objects(values: Values) -> list[Object]:
    """All rendered Kubernetes objects of a release named `flowdrift`."""
    with helm_python.Chart.load(CHART) as chart:
        return parsed(chart, values)


def parsed(chart: helm_python.Chart, values: Values) -> list[Object]:
    """All objects that a loaded chart renders."""
    rendered = chart.render(values, name="flowdrift", namespace="quality")
    manifests = (text for name, text in rendered.items() if not name.endswith("NOTES.txt"))
    return [found for text in manifests for found in yaml.safe_load_all(text) if found]


def of_kind(kind: str, values: Values) -> list[Object]:
    """The rendered objects of one kind."""
    return [found for found in objects(values) if found["kind"] == kind]
