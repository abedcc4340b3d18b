"""A producer with a wrong clock, in a partition that others write to: no call looks as if it were missing."""

import pytest

from tests.evaluation.clocks import observed, scenarios

LOGS = {(pace, name): log for pace in (20, 200) for name, log in scenarios(pace).items()}
LONGEST_SECONDS = 150.0
"""No trace waits longer, whatever the clocks do: no longer than `orphan_wait` and two rows of records."""


@pytest.mark.parametrize("log", LOGS.values(), ids=map(str, LOGS))
def test_no_trace_is_split_without_a_flaw(log: list[object]) -> None:
    """Whatever one producer's clock says, each flow is whole or has a flaw, and evidence goes on."""
    seen = observed(log)  # type: ignore[arg-type]
    assert seen.split == 0 and seen.waited[1] < LONGEST_SECONDS


def test_the_greatest_timestamp_alone_splits_traces() -> None:
    """The rule that was used before splits what is open when a producer that is 200 s ahead joins."""
    assert observed(LOGS[20, "200 s ahead, joins with 10%"], "maximum").split > 20
