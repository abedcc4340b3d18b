"""pytest-opentelemetry and pytest-otel as they are, against two instrumented services over HTTP."""

from pathlib import Path

from monitor.fingerprints.units import OpenUnits
from monitor.flows.flow import Flaw, Flow
from tests.observed import observed
from tests.runners import suite
from tests.runners.collector import collecting
from tests.runners.fetched import HERE, python_packages
from tests.runners.shop import open_shop

PAID = ["shop", "shop", "payments"]


def run(directory: Path, *options: str) -> list[Flow]:
    """The flows of the suite, from the bytes that the services and the plug-in sent."""
    plugins = python_packages(HERE / "plugins.txt")
    with collecting() as collector:
        with open_shop(collector.url) as shop:
            suite.run(directory, shop, collector.url, *options, path=plugins)
        return observed(collector.bodies, flows={"ignore": {"keep": ["*"]}})


def check(flows: list[Flow], cases: dict[str, int]) -> None:
    """So many flows of each case; each of the run, complete, and from the entry down."""
    assert {case: sum(flow.case == case for flow in flows) for case in cases} == cases
    assert len(flows) == sum(cases.values())
    assert {(f.environment, f.suite, f.run, f.flaws) for f in flows} == {
        ("integration", "nightly", "ci-7", Flaw.NONE)
    }
    paid = [flow for flow in flows if str(flow.id) == "shop POST /pay"]
    assert [[node.operation.service for node in flow.shape] for flow in paid] == [PAID] * 4
    units = OpenUnits()
    for flow in paid:
        units.observe(flow)
    assert len(units.tallies) == 2


def test_pytest_opentelemetry(tmp_path: Path) -> None:
    """pytest-opentelemetry with one trace a session gives five flows in three cases."""
    flows = run(tmp_path, "-p", "pytest_opentelemetry.plugin", "--export-traces")
    cases = {
        f"test_shop.py::test_{name}": count
        for name, count in (("pay[card]", 2), ("pay[cash]", 2), ("unknown", 1))
    }
    check(flows, cases)
    assert len({flow.trace_id for flow in flows}) == 1


def test_pytest_opentelemetry_with_a_trace_per_test(tmp_path: Path) -> None:
    """pytest-opentelemetry with a trace per test gives the same flows, in three traces."""
    flows = run(tmp_path, "-p", "pytest_opentelemetry.plugin", "--export-traces", "--trace-per-test")
    assert len({flow.trace_id for flow in flows}) == 3 == len({flow.case for flow in flows})


def test_pytest_otel(tmp_path: Path) -> None:
    """pytest-otel's session, a SERVER span, is neither a flow nor the entry of one."""
    options = ("-p", "pytest_otel", "--otel-exporter-protocol=http/protobuf")
    flows = run(tmp_path, *options)
    check(flows, {"test_pay[card]": 2, "test_pay[cash]": 2, "test_unknown": 1})
