"""What a new dimension costs: its file, its test file, and its line in the table."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from monitor import docs
from tests.deploy.files import ROOT

NAME = "publishing"
DIMENSION = '''"""Publishing: which messages a path publishes."""

from collections.abc import Iterator

from monitor.dimensions.dimension import Dimension, Judged, Presence, Seen, Severity
from monitor.dimensions.trait import Trait
from monitor.dimensions.variant import Variant
from monitor.wire.span import Kind


def _published(variant: Variant) -> Iterator[Trait]:
    for call in variant.calls:
        if call.operation.kind is Kind.PRODUCER:
            yield Trait("publishing", None, call.operation.name, call.operation.service, "published")


def _says(trait: Trait, seen: Seen) -> str:
    return f"'{trait}' in {seen.reference:.0%} of production and in {seen.candidate:.0%} of the tests."


def _claims(judged: Judged) -> str:
    return f"All {judged.always} messages are published."


PUBLISHING = Dimension(
    name="publishing",
    asks="does a path publish the same messages?",
    remedy="Give the tests a broker.",
    severity=Severity.PAGES,
    evidence=Presence(extract=_published),
    claims=_claims,
    says=_says,
    blind="What is in a message.",
    decides_gate=True,
)
'''
TEST = '''"""Publishing: a message that tests do not send."""

from monitor.flows.flow import Flow, Node, Operation
from monitor.wire.span import Kind
from tests.dimensions.scenario import Scenario, calling

_silent = calling("POST /charge")


def _publishing(number: int) -> Flow:
    flow = _silent(number)
    message = Node(Operation("shop", Kind.PRODUCER, "send orders"), 0)
    return flow._replace(shape=(*flow.shape, message), self_times=(*flow.self_times, 70))


SCENARIO = Scenario(
    production=_publishing, faithful=_publishing, drifting=_silent, subject="send orders published"
)
'''
IMPORT, TABLE = "from monitor.dimensions.outcome import", "= (STRUCTURE,"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """This checkout with one dimension more."""
    for name in ("monitor", "tests", "deploy", "config"):
        shutil.copytree(
            ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__", "node_modules")
        )
    for name in docs.PARTLY:
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / "monitor" / "dimensions" / f"{NAME}.py").write_text(DIMENSION, encoding="utf-8")
    (tmp_path / "tests" / "dimensions" / f"test_{NAME}.py").write_text(TEST, encoding="utf-8")
    table = tmp_path / "monitor" / "dimensions" / "__init__.py"
    text = table.read_text(encoding="utf-8")
    assert text.count(IMPORT) == text.count(TABLE) == 1
    text = text.replace(IMPORT, f"from monitor.dimensions.{NAME} import {NAME.upper()}\n{IMPORT}")
    table.write_text(text.replace(TABLE, f"{TABLE} {NAME.upper()},"), encoding="utf-8")
    return tmp_path


def run(checkout: Path, *command: str) -> str:
    """What a module of a checkout prints; a failure shows it all. None of it counts as our coverage."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(("COVERAGE", "PYTEST"))}
    env |= {"PYTHONPATH": str(checkout), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=checkout, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_dimension_is_one_file_one_test_file_and_one_line(checkout: Path) -> None:
    """With nothing else it is reported, pages, fails the gate, says who moved, and is documented."""
    run(checkout, "monitor.docs")
    texts = {name: (checkout / name).read_text(encoding="utf-8") for name in docs.PARTLY}
    assert f"| {NAME} | does a path publish the same messages? | critical |" in texts["README.md"]
    assert f"- **{NAME}** (critical): does a path" in texts["deploy/runbook.md"]
    assert f'"monitor.dimensions.{NAME}",' in texts["pyproject.toml"]
    done = run(
        checkout, "pytest", "-v", "-n", "0", "-p", "no:cacheprovider", "-k", f"{NAME} or no_code", *ROOMS
    )
    assert {*re.findall(r"::(\w+)\S* PASSED", done)} >= EVERY


ROOMS = (
    "tests/dimensions/test_every_dimension.py",
    "tests/dimensions/test_names.py",
    "tests/deploy/test_rules.py",
)
EVERY = {
    "test_its_drift_is_found",
    "test_its_twin_is_quiet",
    "test_the_first_run_fails_the_gate",
    "test_an_open_run_shows_its_facts",
    "test_who_moved_is_said",
    "test_a_restart_changes_nothing",
    "test_it_is_documented",
    "test_no_code_names_a_dimension",
    "test_rules_and_events_name_one_drift_alike",
}
"""What the checkout with one dimension more must have shown of it, among others."""
