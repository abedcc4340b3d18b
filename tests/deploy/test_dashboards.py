"""Dashboards: the rules of Grafana's own dashboard linter, and queries that parse and name real metrics."""

import re
from pathlib import Path
from typing import Any

import promql_parser
import pytest

from monitor.telemetry.catalogue import BY_NAME
from monitor.telemetry.metric import Kind
from tests.deploy import files

EACH = pytest.mark.parametrize("path", files.DASHBOARDS, ids=lambda path: path.stem)
VARIABLES = {"$__rate_interval": "5m", "$job": "x", "$instance": "x", "$comparison": "x"}


def queries(path: Path) -> list[str]:
    """All PromQL expressions of a dashboard's panels."""
    return [target["expr"] for panel in files.panels(path) for target in panel["targets"]]


def variables(path: Path) -> dict[str, dict[str, Any]]:
    """The dashboard's variables by name."""
    return {variable["name"]: variable for variable in files.dashboard(path)["templating"]["list"]}


@EACH
def test_dashboard_is_provisioned(path: Path) -> None:
    """A dashboard has an id that links can name, and cannot be edited in place."""
    found = files.dashboard(path)
    assert found["uid"] == f"flowdrift-{path.stem}"
    assert found["editable"] is False
    assert found["title"]


@EACH
def test_variables_follow_the_convention(path: Path) -> None:
    """One data source is chosen by `datasource`; `job` and `instance` may be many, and all means `.+`."""
    found = variables(path)
    sources = [name for name, variable in found.items() if variable["type"] == "datasource"]
    assert sources == ["datasource"]
    for name in ("job", "instance"):
        assert (found[name]["multi"], found[name]["allValue"]) == (True, ".+")
        assert found[name]["datasource"]["uid"] == "${datasource}"
    assert {name for v in found.values() for name in files.undeclared(str(v.get("query", "")))} == set()


@EACH
def test_panels_explain_themselves(path: Path) -> None:
    """Every panel has a title of its own, a description, a unit, and the chosen data source."""
    panels = list(files.panels(path))
    titles = [panel["title"] for panel in panels]
    assert len(set(titles)) == len(titles)
    for panel in panels:
        assert panel["description"].endswith("."), panel["title"]
        assert panel["fieldConfig"]["defaults"]["unit"], panel["title"]
        assert {target["datasource"]["uid"] for target in panel["targets"]} == {"${datasource}"}


@EACH
def test_panels_do_not_overlap(path: Path) -> None:
    """No two panels share a cell of the grid, and none leaves its 24 columns."""
    cells: set[tuple[int, int]] = set()
    for panel in files.dashboard(path)["panels"]:
        place = panel["gridPos"]
        own = {
            (place["x"] + column, place["y"] + line)
            for column in range(place["w"])
            for line in range(place["h"])
        }
        assert place["x"] + place["w"] <= 24
        assert not own & cells, panel["title"]
        cells |= own


@EACH
def test_queries_parse(path: Path) -> None:
    """Every query is PromQL once the variables are filled in."""
    for query in queries(path):
        for name, value in VARIABLES.items():
            query = query.replace(name, value)
        assert "$" not in query
        promql_parser.parse(query)


@EACH
def test_queries_name_real_metrics(path: Path) -> None:
    """Queries use only metrics of the catalogue, each selected by the chosen jobs and instances."""
    for query in queries(path):
        assert files.undeclared(query) == set(), query
        assert files.counted_twice(query) == set(), query
        selectors = re.findall(r"flowdrift_\w+\{([^}]*)\}", query)
        assert len(selectors) == len(re.findall(r"flowdrift_\w+", query)), query
        for selector in selectors:
            assert 'job=~"$job", instance=~"$instance"' in selector


@EACH
def test_counters_are_rates(path: Path) -> None:
    """A counter stands only inside rate or increase over $__rate_interval; nothing else does."""
    for query in queries(path):
        for function, name in re.findall(r"(\w+)\s*\((flowdrift_\w+)\{", query):
            counter = BY_NAME[name].kind is Kind.COUNTER
            assert counter is (function in {"rate", "increase"}), query
        rates = re.findall(r"(?:rate|increase)\([^\[]*\[([^\]]*)\]", query)
        assert set(rates) <= {"$__rate_interval"}
