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
from tests.dimensions.added import NAME, TEST, add_to


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """This checkout with one dimension more."""
    for name in ("monitor", "tests", "deploy", "config"):
        shutil.copytree(
            ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__", "node_modules")
        )
    for name in docs.PARTLY:
        shutil.copy(ROOT / name, tmp_path / name)
    add_to(tmp_path)
    (tmp_path / "tests" / "dimensions" / f"test_{NAME}.py").write_text(TEST, encoding="utf-8")
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
