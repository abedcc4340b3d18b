"""What every test shares: how much Hypothesis tries, where the captured telemetry is, what was left out.

FLOWDRIFT_REALDATA   directory of captured telemetry (default: ../shared/data beside the checkout)
FLOWDRIFT_EXAMPLES   examples per law (default: 15; in CI 50)
CI                   true: Hypothesis draws the same examples in every run
"""

import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

DEFAULT_REALDATA = Path(__file__).resolve().parents[2] / "shared" / "data"
REALDATA = Path(os.environ.get("FLOWDRIFT_REALDATA", DEFAULT_REALDATA))
LEFT_TO_CHECK = ("slow", "kafka", "languages")
"""Markers of what `make test` leaves to `make check`."""
LEFT = pytest.StashKey[Counter[str]]()
IN_CI = os.environ.get("CI") == "true"

# A shared machine makes deadlines a test of the machine.
settings.register_profile(
    "flowdrift",
    deadline=None,
    max_examples=int(os.environ.get("FLOWDRIFT_EXAMPLES", "50" if IN_CI else "15")),
    derandomize=IN_CI,
    print_blob=IN_CI,
)
settings.load_profile("flowdrift")


@pytest.fixture(scope="session")
def realdata() -> Path:
    """Directory of captured telemetry, for tests marked `realdata`."""
    return REALDATA


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip the tests marked `realdata`, with one reason, where the captured telemetry is not."""
    if REALDATA.is_dir():
        return
    skip = pytest.mark.skip(reason="no captured telemetry here (set FLOWDRIFT_REALDATA to its directory)")
    for item in items:
        if item.get_closest_marker("realdata"):
            item.add_marker(skip)


def pytest_configure(config: pytest.Config) -> None:
    """Nothing is left out yet."""
    config.stash[LEFT] = Counter()


def pytest_deselected(items: list[pytest.Item]) -> None:
    """Count what is left to `make check`, each test under its first marker."""
    for item in items:
        name = next((name for name in LEFT_TO_CHECK if item.get_closest_marker(name)), None)
        if name and item.config.getoption("markexpr"):
            item.config.stash[LEFT][name] += 1


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker of pytest-xdist says what it left out; all leave out the same."""
    left = session.config.stash[LEFT]
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["left"] = dict(left)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take what a worker of pytest-xdist left out."""
    left: Counter[str] = Counter(getattr(node, "workeroutput", {}).get("left", {}))
    node.config.stash[LEFT] = left


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say in one line how many tests were left out, so that nobody takes the rest for all."""
    left = terminalreporter.config.stash[LEFT]
    if left:
        counts = ", ".join(f"{number} {name}" for name, number in left.items())
        terminalreporter.write_line(f"{left.total()} tests are left to `make check`: {counts}")
