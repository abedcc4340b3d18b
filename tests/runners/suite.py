"""A suite of three tests of the shop, run by a pytest of its own with one plug-in."""

import os
import subprocess
import sys
from pathlib import Path

from tests.deploy.documented import write

CONFTEST = """
from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor

HTTPXClientInstrumentor().instrument()
"""
TESTS = """
import os
import httpx, pytest

@pytest.fixture
def shop():
    with httpx.Client(base_url=os.environ["SHOP"]) as client:
        yield client

@pytest.mark.parametrize("how", ["card", "cash"])
def test_pay(shop, how):
    for _ in range(2):
        assert shop.post("/pay").status_code == 200

def test_unknown(shop):
    assert shop.post("/pay/nothing").status_code == 404
"""
SECONDS = 60


def run(
    directory: Path,
    shop: str,
    collector: str,
    *options: str,
    path: Path | None = None,
    conftest: str = CONFTEST,
) -> None:
    """Run the suite against `shop`, its plug-in given by `options`; `path` holds further packages.

    It exports to `collector`, and says which run it is as the documentation tells CI jobs to.
    """
    (directory / "conftest.py").write_text(conftest, encoding="utf-8")
    (directory / "test_shop.py").write_text(TESTS, encoding="utf-8")
    (directory / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("OTEL_")} | {
        "SHOP": shop,
        "BUILD_ID": "ci-7",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "PYTEST_ADDOPTS": "",
        "PYTHONPATH": str(path or ""),
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector,
        "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
        "OTEL_TRACES_EXPORTER": "otlp_proto_http",
        "OTEL_METRICS_EXPORTER": "none",
        "OTEL_LOGS_EXPORTER": "none",
    }
    job = f'. "{write("environment.sh", directory)}"; exec "$@"'
    command = [
        "sh",
        "-c",
        job,
        "sh",
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        *options,
    ]
    done = subprocess.run(
        command, cwd=directory, env=environment, capture_output=True, text=True, check=False, timeout=SECONDS
    )
    assert done.returncode == 0, done.stdout + done.stderr
