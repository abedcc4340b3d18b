"""The documented way for a suite without a tracing plug-in: baggage, copied to attributes by the services."""

import runpy
from pathlib import Path

from opentelemetry import baggage, context
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider

from monitor.flows.flow import Flaw
from tests.deploy.documented import snippets, write
from tests.observed import observed
from tests.runners import suite
from tests.runners.collector import collecting
from tests.runners.shop import open_shop

CASES = [
    f"test_shop.py::test_{name}" for name in ("pay[card]", "pay[card]", "pay[cash]", "pay[cash]", "unknown")
]


def test_services_copy_the_baggage_of_tests(tmp_path: Path) -> None:
    """No test sends a span; each span of the services says which run and case it is of."""
    prepare = runpy.run_path(str(write("tracing.py", tmp_path)))["copy_test_baggage"]
    with collecting() as collector:
        with open_shop(collector.url, prepare) as shop:
            suite.run(tmp_path, shop, collector.url, conftest=snippets()["conftest.py"])
        flows = observed(collector.bodies, flows={"ignore": {"keep": ["*"]}})
    assert sorted(flow.case for flow in flows) == CASES
    assert {(f.environment, f.run, f.flaws) for f in flows} == {("test", "ci-7", Flaw.NONE)}
    inner = observed(collector.bodies, flows={"inner": ["payments *"]})
    charged = [flow.case for flow in inner if flow.id.service == "payments"]
    assert sorted(charged) == CASES[:4]


def test_only_baggage_of_tests_is_copied(tmp_path: Path) -> None:
    """Services copy no baggage but that of tests to their spans."""
    provider = TracerProvider()
    runpy.run_path(str(write("tracing.py", tmp_path)))["copy_test_baggage"](provider)
    said = baggage.set_baggage(
        "user.name", "Ann", baggage.set_baggage("test.run.id", "ci-7", context.Context())
    )
    span = provider.get_tracer("shop").start_span("GET /cart", said)
    assert isinstance(span, ReadableSpan) and span.attributes == {"test.run.id": "ci-7"}
