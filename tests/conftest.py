"""What every test shares: Hypothesis profiles, and where the captured telemetry is.

FLOWDRIFT_REALDATA   directory of captured telemetry (default: ../shared/data beside the checkout)
CI                   true: Hypothesis draws the same examples in every run
"""

import os
from pathlib import Path

import pytest
from hypothesis import settings

DEFAULT_REALDATA = Path(__file__).resolve().parents[2] / "shared" / "data"
REALDATA = Path(os.environ.get("FLOWDRIFT_REALDATA", DEFAULT_REALDATA))

# A shared machine makes deadlines a test of the machine.
settings.register_profile("default", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") == "true" else "default")


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
