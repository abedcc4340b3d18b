"""The Collector's examples and the page about telemetry: whole, and in line with what flowdrift reads."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from monitor.flows.ignore import IgnoreSettings
from monitor.settings import Settings, load
from monitor.wire.attribution import CASE_ATTRIBUTES, RUN_ATTRIBUTES, SUITE_ATTRIBUTES
from tests.deploy.documented import COLLECTORS, PAGE, snippets, write

GATEWAYS = [file for file in COLLECTORS if file.name.startswith("gateway")]
SAMPLERS = {"probabilistic_sampler", "tail_sampling"}


def config(file: Path) -> dict[str, Any]:
    """A configuration of the Collector."""
    read: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    return read


@pytest.mark.parametrize("file", COLLECTORS, ids=lambda file: file.stem)
def test_what_is_declared_is_used(file: Path) -> None:
    """Every receiver, processor, exporter and connector stands in a pipeline, and none there is missing."""
    declared = config(file)
    pipelines = declared["service"]["pipelines"].values()
    connectors = set(declared.get("connectors", {}))
    for kind in ("receivers", "processors", "exporters"):
        used = {name for pipeline in pipelines for name in pipeline.get(kind, [])}
        joined = connectors if kind != "processors" else set()
        assert used == set(declared[kind]) | joined, kind


@pytest.mark.parametrize("file", GATEWAYS, ids=lambda file: file.stem)
def test_gateways_write_what_is_read_by_default(file: Path) -> None:
    """Topic and encoding are the defaults of flowdrift, and a trace stays on one partition."""
    kafka = config(file)["exporters"]["kafka"]
    traces = Settings().kafka.traces
    assert kafka["traces"] == {"topic": traces.topics[0], "encoding": traces.encoding}
    assert kafka["partition_traces_by_id"] is True


@pytest.mark.parametrize("file", GATEWAYS, ids=lambda file: file.stem)
def test_only_production_is_sampled(file: Path) -> None:
    """A sampler stands in no other pipeline than production's, which alone gets production's traces."""
    declared = config(file)
    for name, pipeline in declared["service"]["pipelines"].items():
        assert name == "traces/production" or not SAMPLERS & set(pipeline["processors"])
    for routing in declared.get("connectors", {}).values():
        (row,) = routing["table"]
        assert row["pipelines"] == ["traces/production"] and '== "production"' in row["condition"]


def test_the_page_names_every_example() -> None:
    """And no file that is not there."""
    linked = re.findall(r"\((collector/[^)]+)\)", PAGE.read_text(encoding="utf-8"))
    assert sorted(linked) == sorted(f"collector/{file.name}" for file in COLLECTORS)


def test_the_page_names_every_attribute() -> None:
    """Of runs, cases and suites; `tests.case.*` stands for two."""
    page = PAGE.read_text(encoding="utf-8")
    names = (*RUN_ATTRIBUTES, *CASE_ATTRIBUTES, *SUITE_ATTRIBUTES)
    assert [name for name in names if name not in page and not name.startswith("tests.case.")] == []
    assert "tests.case.*" in page


def test_every_snippet_has_a_name() -> None:
    """A snippet without one would not be tested."""
    page = PAGE.read_text(encoding="utf-8")
    assert page.count("```") == 2 * len(snippets())


def test_the_snippet_of_what_to_ignore_is_a_configuration(tmp_path: Path) -> None:
    """It loads, and adds to what is ignored by default."""
    ignored = load(write("ignoring.yaml", tmp_path)).flows.ignore
    assert ignored.keep and ignored.operations and ignored.user_agents
    assert ignored.kinds == IgnoreSettings().kinds
