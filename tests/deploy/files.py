"""Reads the files of deploy/ and says which metrics their expressions use."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from monitor.telemetry.catalogue import BY_NAME
from monitor.telemetry.metric import Scope

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
RULES = DEPLOY / "prometheus" / "rules.yaml"
DASHBOARDS = sorted((DEPLOY / "grafana").glob("*.json"))

_METRIC = re.compile(r"(?<![\w:])flowdrift_\w+")
_SUMMED = re.compile(r"\bsum\b(?: by)?(?: ?\([\w, ]*\))? ?\(\s*(?:\w+\()?(flowdrift_\w+)")

Rule = dict[str, Any]


def rules() -> list[Rule]:
    """All recording rules and alerts."""
    groups = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def alerts() -> list[Rule]:
    """The alerts; several rules may share a name."""
    return [rule for rule in rules() if "alert" in rule]


def recorded() -> set[str]:
    """Names that the recording rules make."""
    return {rule["record"] for rule in rules() if "record" in rule}


def metrics_in(expression: str) -> set[str]:
    """Names of our own metrics in a PromQL expression."""
    return set(_METRIC.findall(expression))


def undeclared(expression: str) -> set[str]:
    """Those that the catalogue of metrics does not know."""
    return metrics_in(expression) - BY_NAME.keys()


def counted_twice(expression: str) -> set[str]:
    """Metrics that an expression sums over replicas although every replica says the same."""
    return {name for name in _SUMMED.findall(expression) if BY_NAME[name].scope is Scope.FLEET}


def dashboard(path: Path) -> dict[str, Any]:
    """A dashboard as Grafana reads it."""
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def panels(path: Path) -> Iterator[dict[str, Any]]:
    """The panels of a dashboard that show something."""
    return (panel for panel in dashboard(path)["panels"] if panel["type"] != "row")
