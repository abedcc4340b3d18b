"""A package that no lock can hold, fetched once by pip into build/ with its hash."""

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from hashlib import sha256
from pathlib import Path

import pytest

BUILD = Path(__file__).parents[2] / "build" / "runners"
SECONDS = 120


def fetched(requirements: Path) -> Path:
    """The directory that holds what `requirements` names, and nothing that those want.

    Skips the test, with one line, where no package index can be reached; in CI it fails.
    """
    target = BUILD / f"{requirements.stem}-{sha256(requirements.read_bytes()).hexdigest()[:12]}"
    BUILD.mkdir(parents=True, exist_ok=True)
    with (BUILD / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not target.is_dir():
            _install(requirements, target)
    return target


def _install(requirements: Path, target: Path) -> None:
    options = ["--quiet", "--no-deps", "--require-hashes", "--disable-pip-version-check"]
    with tempfile.TemporaryDirectory(dir=BUILD) as scratch:
        place = Path(scratch) / "packages"
        command = [
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
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=SECONDS)
        if done.returncode == 0:
            shutil.move(place, target)
            return
    missing = (
        f"{requirements.stem} cannot be fetched here: {(done.stderr.splitlines() or ['pip failed'])[-1]}"
    )
    if os.environ.get("CI") == "true":
        pytest.fail(missing, pytrace=False)
    pytest.skip(missing)
