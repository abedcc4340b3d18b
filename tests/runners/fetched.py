"""What no lock of Python packages can hold, fetched once into build/ by the registry's own client.

Where that cannot be, a test skips with one line; in CI it fails, so that no gate passes because nothing ran.
"""

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path

import pytest

HERE = Path(__file__).parent
BUILD = HERE.parents[1] / "build" / "runners"
COPY_JARS = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"
POM = """<project xmlns="http://maven.apache.org/POM/4.0.0">
<modelVersion>4.0.0</modelVersion><groupId>dev.flowdrift</groupId><artifactId>service</artifactId>
<version>1</version><dependencies>{}</dependencies></project>
"""
SECONDS = 300


def python_packages(requirements: Path) -> Path:
    """The directory that holds the packages of `requirements` (with hashes), and nothing else."""
    options = ["--quiet", "--no-deps", "--require-hashes", "--disable-pip-version-check"]

    def fetch(place: Path) -> None:
        _call(
            [
                sys.executable,
                "-m",
                "pip",
                "install",
                *options,
                "--target",
                str(place),
                "-r",
                str(requirements),
            ]
        )

    return _once(requirements.stem, requirements.read_text(encoding="utf-8"), fetch)


def node_modules() -> Path:
    """A directory with the packages of node/package-lock.json in it."""

    def fetch(place: Path) -> None:
        place.mkdir()
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / "node" / name, place)
        _call(
            ["npm", "ci", "--silent", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(place)]
        )

    _require("node", "npm")
    return _once("node", (HERE / "node" / "package-lock.json").read_text(encoding="utf-8"), fetch)


def jars(dependencies: str) -> Path:
    """The directory of the jars that these `<dependency>` elements ask for."""

    def fetch(place: Path) -> None:
        place.mkdir()
        pom = place / "pom.xml"
        pom.write_text(POM.format(dependencies), encoding="utf-8")
        quietly = ["mvn", "--batch-mode", "--quiet", "--file", str(pom)]
        _call([*quietly, COPY_JARS, "-DincludeScope=runtime", f"-DoutputDirectory={place}"])

    _require("java", "javac", "mvn")
    return _once("java", dependencies, fetch)


def _once(name: str, wanted: str, fetch: Callable[[Path], None]) -> Path:
    """The directory that `fetch` filled for `wanted`, one process at a time."""
    target = BUILD / f"{name}-{sha256(wanted.encode()).hexdigest()[:12]}"
    BUILD.mkdir(parents=True, exist_ok=True)
    with (BUILD / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not target.is_dir():
            with tempfile.TemporaryDirectory(dir=BUILD) as scratch:
                place = Path(scratch) / "fetched"
                fetch(place)
                place.rename(target)
    return target


def _require(*programs: str) -> None:
    for program in programs:
        if shutil.which(program) is None:
            _unavailable(f"{program} is not installed")


def _call(command: Sequence[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=SECONDS)
    if done.returncode:
        said = (done.stderr + done.stdout).strip().splitlines() or ["without a word"]
        _unavailable(f"{Path(command[0]).name} failed: {said[0]}")


def _unavailable(why: str) -> None:
    if os.environ.get("CI") == "true":
        pytest.fail(why, pytrace=False)
    pytest.skip(why)
