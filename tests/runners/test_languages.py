"""The documented snippets for Node and Java, run with the packages that they name."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from monitor.flows.flow import Flow
from tests.deploy.documented import snippets, write
from tests.observed import observed
from tests.runners.collector import collecting
from tests.runners.fetched import HERE, jars, node_modules

BAGGAGE = "test.run.id=ci-7,test.case.name=pays%20by%20card,user.name=Ann"
SECONDS = 60

pytestmark = pytest.mark.languages


def run(command: list[str], directory: Path, **environment: str) -> None:
    """Run a program to its end."""
    said = {name: value for name, value in os.environ.items() if not name.startswith("OTEL_")} | environment
    done = subprocess.run(
        command, cwd=directory, env=said, capture_output=True, text=True, check=False, timeout=SECONDS
    )
    assert done.returncode == 0, done.stdout + done.stderr


def check(bodies: list[bytes]) -> None:
    """One flow, of the run and the case that the baggage named; and what else it held went nowhere."""
    (flow,) = observed(bodies)
    assert isinstance(flow, Flow)
    assert (flow.environment, flow.run, flow.case) == ("test", "ci-7", "pays by card")
    assert b"Ann" not in b"".join(bodies)


def test_node(tmp_path: Path) -> None:
    """The documented snippet for Node copies the run and case of the baggage to spans."""
    (tmp_path / "node_modules").symlink_to(node_modules() / "node_modules")
    shutil.copy(HERE / "node" / "main.mjs", tmp_path)
    write("tracing.mjs", tmp_path)
    with collecting() as collector:
        run(["node", "main.mjs", BAGGAGE], tmp_path, OTEL_EXPORTER_OTLP_ENDPOINT=collector.url)
    check(collector.bodies)


def test_java(tmp_path: Path) -> None:
    """The documented snippet for Java copies the run and case of the baggage to spans."""
    classpath = f"{jars(snippets()['pom.xml'])}/*{os.pathsep}{tmp_path}"
    sources = [str(HERE / "java" / "Main.java"), str(write("Tracing.java", tmp_path))]
    run(["javac", "-cp", classpath, "-d", str(tmp_path), *sources], tmp_path)
    with collecting() as collector:
        run(["java", "-cp", classpath, "Main", collector.url, BAGGAGE], tmp_path)
    check(collector.bodies)
