"""The demo shows what its script announces, and nothing else."""

import pytest

from tests.evaluation.rehearsal import SECONDS, Rehearsal, unrehearsed


@pytest.mark.slow
def test_a_performance_shows_what_is_rehearsed() -> None:
    """Five minutes of the demo find what the script changes, page for nothing else, and gate as it says."""
    rehearsal = Rehearsal(seed=7)
    rehearsal.play(SECONDS)
    assert unrehearsed(rehearsal) == []
